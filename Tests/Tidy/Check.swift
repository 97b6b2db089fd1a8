/// One rule that every source file keeps; `Tests/Vectors/tidy.json` holds what each must find and must leave alone.
enum Check: String, CaseIterable, Codable {
  case importsPointDown
  case noSwallowedErrors
  case noCrashes
  case noPrinting
  case noWallClock
  case noFreeDice
  case noSleeping
  case unsafetyIsExplained
  case tasksAreExplained
  case filesAreShort
  case functionsAreShort
  case nothingIsUnfinished
  case noPathsOfOneMachine

  static let fileLinesMax = 400
  static let functionLinesMax = 70

  /// Everything in the file that breaks the rule.
  func findings(in file: SourceFile) throws -> [Finding] {
    switch self {
    case .importsPointDown: try ImportTable.shipped().findings(in: file)
    case .noSwallowedErrors:
      code(file, ["try?"], "swallows an error", asWord: true) + Check.emptyCatches(file)
    case .noCrashes: code(file, ["fatalError("], "crashes; use preconditionFailure with a sentence, or throw")
    case .noPrinting:
      file.module.hasPrefix("Apps/") ? [] : code(file, ["print("], "prints outside Apps", asWord: true)
    case .noWallClock:
      Check.hostModules.contains(file.module)
        ? [] : code(file, Check.clocks, "reads a clock outside ClockPorts", asWord: true)
    case .noFreeDice: Check.freeDice(file)
    case .noSleeping:
      Check.hostModules.contains(file.module)
        ? [] : code(file, ["Task.sleep", "usleep(", "Thread.sleep"], "sleeps outside ClockPorts", asWord: true)
    case .unsafetyIsExplained:
      unexplained(file, ["@unchecked Sendable", "nonisolated(unsafe)"])
    case .tasksAreExplained: unexplained(file, ["Task {", "Task.detached"])
    case .filesAreShort:
      file.lines.count - 1 > Check.fileLinesMax
        ? [Finding(path: file.path, line: Check.fileLinesMax + 1, words: "is longer than \(Check.fileLinesMax) lines")]
        : []
    case .functionsAreShort: Check.longFunctions(file)
    case .nothingIsUnfinished:
      lines(file.lines, file, ["TODO", "FIXME", "XXX", "HACK"], "is unfinished", asWord: true)
    case .noPathsOfOneMachine:
      lines(file.lines, file, ["/work/", "/tmp/", "/home/", "/Users/"], "names a path of one machine")
    }
  }

  /// Where the machine's own clock and dice are ports.
  private static let hostModules: Set<String> = ["Adapters/ClockPorts"]

  private static let clocks = [
    "Date()", "Date.now", "ContinuousClock", "SuspendingClock", "DispatchTime", "clock_gettime(", "gettimeofday(",
  ]

  // MARK: Searching lines

  private func code(
    _ file: SourceFile, _ needles: [String], _ words: String, asWord: Bool = false
  ) -> [Finding] {
    lines(file.codeLines, file, needles, words, asWord: asWord)
  }

  private func lines(
    _ lines: [Substring], _ file: SourceFile, _ needles: [String], _ words: String, asWord: Bool = false
  ) -> [Finding] {
    lines.enumerated().flatMap { index, line in
      needles.filter { Check.holds(line, $0, asWord: asWord) }
        .map { Finding(path: file.path, line: index + 1, words: "\($0) \(words)") }
    }
  }

  /// `asWord`: what comes before it is no part of a longer name.
  private static func holds(_ line: Substring, _ needle: String, asWord: Bool) -> Bool {
    line.ranges(of: needle).contains { range in
      guard asWord, range.lowerBound > line.startIndex else { return true }
      let before = line[line.index(before: range.lowerBound)]
      return !before.isLetter && !before.isNumber && before != "_" && before != "."
    }
  }

  /// A comment stands on the line itself, or right above it.
  private func unexplained(_ file: SourceFile, _ needles: [String]) -> [Finding] {
    let lines = file.lines
    return code(file, needles, "has no comment that says why it is safe", asWord: true).filter { finding in
      let here = lines[finding.line - 1]
      let above = finding.line > 1 ? lines[finding.line - 2] : ""
      return !here.contains("//") && !above.drop { $0 == " " }.hasPrefix("//")
    }
  }

  // MARK: Looking at structure

  private static func emptyCatches(_ file: SourceFile) -> [Finding] {
    file.codeLines.indices.filter { file.codeLines[$0].contains("catch") }.flatMap { index in
      let rest = file.codeLines[index...].prefix(emptyCatchLinesMax).joined(separator: "\n")
      return rest.prefix { $0 != "\n" }.ranges(of: "catch").compactMap { range in
        rest[range.lowerBound...].prefixMatch(of: /catch[^{}\n]*\{\s*\}/).map { _ in
          Finding(path: file.path, line: index + 1, words: "an empty catch swallows an error")
        }
      }
    }
  }

  /// Lines over which an empty catch is noticed, comments included.
  private static let emptyCatchLinesMax = 10

  /// Dice that are not handed in cannot be seeded.
  private static func freeDice(_ file: SourceFile) -> [Finding] {
    let needles = [".random(", ".randomElement(", ".shuffled(", ".shuffle(", "SystemRandomNumberGenerator", "UUID()"]
    guard !Check.hostModules.contains(file.module) else { return [] }
    return file.codeLines.enumerated().flatMap { index, line in
      needles.filter { line.contains($0) && !line.contains("using:") }
        .map { Finding(path: file.path, line: index + 1, words: "\($0) rolls dice that were not handed in") }
    }
  }

  private static let starters = ["func ", "init", "subscript", "deinit"]

  /// Counts braces from `func`, `init`, `subscript` or `deinit` to the line on which they close again.
  private static func longFunctions(_ file: SourceFile) -> [Finding] {
    var findings: [Finding] = []
    var open: (name: String, line: Int, depth: Int)?
    var depth = 0
    for (index, line) in file.codeLines.enumerated() {
      if open == nil || open?.depth == depth, starters.contains(where: { line.contains($0) }),
        let start = line.firstMatch(of: /^ *(?:[@\w()]+ )*(func +\S+|init[?(<]|deinit|subscript)/)
      {
        open = (String(start.1), index + 1, depth)
      }
      depth += line.count { $0 == "{" } - line.count { $0 == "}" }
      guard let begun = open, depth <= begun.depth, line.contains("}") else { continue }
      let length = index + 2 - begun.line
      if length > functionLinesMax {
        findings.append(Finding(path: file.path, line: begun.line, words: "\(begun.name) has \(length) lines"))
      }
      open = nil
    }
    return findings
  }
}
