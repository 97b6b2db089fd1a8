/// The lower half of every `--help`: what more there is to say, examples to copy, and the exit codes.
enum Help {
  /// Columns of a line at most; longer ones would be broken anywhere.
  static let columnsMax = 78

  /// The text for `CommandConfiguration.discussion`.
  ///
  /// - Parameters:
  ///   - words: sentences before the examples; each paragraph is filled to `columnsMax`.
  ///   - examples: whole command lines, as they are typed.
  ///   - exits: what each code means for this command; `usage` is added, every command has it.
  static func text(
    _ words: String = "", examples: [String], exits: KeyValuePairs<ExitStatus, String> = [.done: "done"]
  ) -> String {
    var parts: [String] = []
    if !words.isEmpty { parts.append(filled(words)) }
    parts.append("Examples:\n" + examples.map { "  \($0)" }.joined(separator: "\n"))
    let lines = (exits.map { ($0.key, $0.value) } + [(.usage, "the command line is wrong")])
      .sorted { $0.0.rawValue < $1.0.rawValue }.map { line($0.0, $0.1) }
    parts.append("Exit codes:\n" + lines.joined(separator: "\n"))
    return parts.joined(separator: "\n\n")
  }

  /// The codes of a command that asks a server for something that may not be there.
  static let serverExits: KeyValuePairs<ExitStatus, String> = [
    .done: "answered", .refused: "refused, or there is no such thing",
    .unavailable: "no server answers, or it is in trouble", .invalidInput: "the server cannot read the request",
  ]

  /// The words with their lines broken anew; an empty line divides paragraphs.
  private static func filled(_ words: String) -> String {
    var lines = [""]
    for source in words.split(separator: "\n", omittingEmptySubsequences: false) {
      if source.isEmpty { lines += ["", ""] }
      for word in source.split(separator: " ") {
        let line = lines.removeLast()
        if line.isEmpty {
          lines.append(String(word))
        } else if line.count + 1 + word.count <= columnsMax {
          lines.append("\(line) \(word)")
        } else {
          lines += [line, String(word)]
        }
      }
    }
    return lines.joined(separator: "\n")
  }

  private static func line(_ status: ExitStatus, _ meaning: String) -> String {
    let code = String(status.rawValue)
    return "  " + code + String(repeating: " ", count: 4 - code.count) + meaning
  }
}
