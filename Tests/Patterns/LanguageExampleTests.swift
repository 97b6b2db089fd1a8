import Events
import Foundation
import Matchers
import Patterns
import Testing

/// The examples of the articles on the language: every block of JSON, after a line that says what it shows.
///
/// `Pattern:` is followed by one pattern, `Matches:` and `No match:` by events of it, each on a line of its own, and
/// ``Refused: `reason` `` by patterns that are refused for that reason.
enum LanguageExamples {
  struct Example: Sendable, CustomTestStringConvertible {
    let article: String
    let pattern: String
    var matching: [String] = []
    var missing: [String] = []

    var testDescription: String { "\(article): \(pattern)" }
  }

  struct Refusal: Sendable, CustomTestStringConvertible {
    let article: String
    let pattern: String
    let reason: String

    var testDescription: String { "\(article): \(pattern)" }
  }

  private static let refused = "Refused: `"

  static func articles() throws -> [(name: String, text: String)] {
    let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().appending(path: "Sources/Domain/Patterns/Patterns.docc")
    let files = try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
    return try files.filter { $0.pathExtension == "md" }.sorted { $0.path < $1.path }.map { file in
      (file.lastPathComponent, try String(contentsOf: file, encoding: .utf8))
    }
  }

  static func all() throws -> (examples: [Example], refusals: [Refusal]) {
    var examples: [Example] = []
    var refusals: [Refusal] = []
    for article in try articles() {
      for (label, lines) in try blocks(article.text) {
        switch label {
        case "Pattern:": examples.append(Example(article: article.name, pattern: lines.joined(separator: "\n")))
        case "Matches:": examples[examples.count - 1].matching += lines
        case "No match:": examples[examples.count - 1].missing += lines
        default:
          try #require(label.hasPrefix(refused) && label.hasSuffix("`"), "\(article.name) shows JSON after: \(label)")
          let reason = String(label.dropFirst(refused.count).dropLast())
          refusals += lines.map { Refusal(article: article.name, pattern: $0, reason: reason) }
        }
      }
    }
    return (examples, refusals)
  }

  /// The blocks of JSON, each with the last line before it that is not empty.
  private static func blocks(_ text: String) throws -> [(label: String, lines: [String])] {
    var blocks: [(label: String, lines: [String])] = []
    var label = ""
    var isInside = false
    for line in text.components(separatedBy: "\n") {
      if isInside {
        isInside = line != "```"
        if isInside { blocks[blocks.count - 1].lines.append(line) }
      } else if line == "```json" {
        isInside = true
        blocks.append((label, []))
      } else if !line.isEmpty {
        label = line
      }
    }
    try #require(!isInside, "every block ends")
    return blocks
  }
}

@Suite struct LanguageExampleTests {
  @Test(arguments: try LanguageExamples.all().examples)
  func `an example of the documentation matches what it says`(_ example: LanguageExamples.Example) throws {
    let pattern = try EventPattern(example.pattern)
    var matcher = PatternMatcher()
    let number = matcher.add(pattern)
    try #require(!example.matching.isEmpty && !example.missing.isEmpty, "there is one of either kind")
    for (text, isMatched) in example.matching.map({ ($0, true) }) + example.missing.map({ ($0, false) }) {
      #expect(pattern.matches(try JSON(parsing: text)) == isMatched, "\(text)")
      #expect(try matcher.matches(EventText(Array(text.utf8))) == (isMatched ? [number] : []), "\(text)")
    }
  }

  @Test(arguments: try LanguageExamples.all().refusals)
  func `a pattern that the documentation calls unsound is refused for its reason`(
    _ refusal: LanguageExamples.Refusal
  ) {
    let error = #expect(throws: PatternError.self) { try EventPattern(refusal.pattern) }
    #expect(error?.reason == refusal.reason)
  }

  @Test func `every operator has an example`() throws {
    let examples = try LanguageExamples.all().examples
    let operators = [
      "exactly", "prefix", "suffix", "equals-ignore-case", "wildcard", "numeric", "cidr", "exists", "anything-but",
      "$or",
    ]
    for name in operators {
      #expect(examples.contains { $0.pattern.contains("\"\(name)\": ") }, "\(name)")
    }
  }

  @Test func `the documentation states the limits that hold`() throws {
    let text = try #require(try LanguageExamples.articles().first { $0.name == "Limits.md" }?.text)
    for limit in [
      "| characters of a pattern | 4,096 |", "| fields of one alternative | 256 |", "| combinations of `$or` | 1,000 |",
      "| objects and lists inside each other | 1,000 |", "| complexity of a field's wildcards | 10 |",
      "| attempts at choosing array elements, for an event and an alternative | 100,000 |",
    ] {
      #expect(text.contains(limit))
    }
    let limits = [
      PatternLimits.sizeMax, PatternLimits.fieldsMax, PatternLimits.subRulesMax, PatternLimits.depthMax,
      PatternLimits.wildcardComplexityMax, PatternLimits.joinsMax,
    ]
    #expect(limits == [4_096, 256, 1_000, 1_000, 10, 100_000])
  }
}
