import Testing

/// Source that a check must find, or must leave alone.
private struct Sample: Decodable, Sendable, CustomTestStringConvertible {
  let check: Check
  let path: String
  let source: String
  let text: String
  /// Lines that break the rule; none in a good sample.
  let lines: [Int]

  var testDescription: String { "\(check.rawValue), \(source)" }

  static func all() throws -> [Sample] { try Repository.vectors("tidy", as: Sample.self) }
}

@Suite struct CheckTests {
  @Test(arguments: try Sample.all())
  fileprivate func `a check finds what it forbids and nothing else`(_ sample: Sample) throws {
    let found = try sample.check.findings(in: SourceFile(path: sample.path, text: sample.text))
    #expect(found.map(\.line) == sample.lines, "\(found)")
  }

  @Test(arguments: Check.allCases)
  func `every check has a sample that breaks it and one that does not`(_ check: Check) throws {
    let samples = try Sample.all().filter { $0.check == check }
    #expect(samples.contains { !$0.lines.isEmpty } || Check.grown.contains(check))
    #expect(samples.contains { $0.lines.isEmpty })
  }

  @Test func `a file of one line too many is found`() throws {
    let text = String(repeating: "let a = 1\n", count: Check.fileLinesMax + 1)
    #expect(try Check.filesAreShort.findings(in: SourceFile(path: "Sources/Engine/A.swift", text: text)).count == 1)
  }

  @Test(arguments: [(Check.functionLinesMax, 0), (Check.functionLinesMax + 1, 1)])
  func `a function of one line too many is found`(_ lines: Int, _ findings: Int) throws {
    let body = String(repeating: "    if a { b() }\n", count: lines - 2)
    let file = SourceFile(path: "Sources/Engine/A.swift", text: "struct A {\n  func a() {\n\(body)  }\n}\n")
    #expect(try Check.functionsAreShort.findings(in: file).count == findings)
  }

  @Test(arguments: [
    ("let a = \"try? // b\" // c", "let a = \"         \"     "),
    (#"f("\(g("x") + y) z")"#, #"f("\(g(" ") + y)  ")"#),
    (##"let a = #"\("b")"# + "\"""##, ##"let a = #"      "# + "  ""##),
    ("/* a /* b */ c */ d", "                  d"),
    ("let a = \"\"\"\n  b \"c\"\n  \"\"\" + d", "let a = \"\"\"\n       \n  \"\"\" + d"),
  ])
  func `comments and texts are blanked, code is kept`(_ source: String, _ code: String) {
    #expect(SwiftText.code(of: source) == code)
  }
}

extension Check {
  /// Their bad samples are long, so tests make them.
  fileprivate static let grown: Set<Check> = [.filesAreShort, .functionsAreShort]
}
