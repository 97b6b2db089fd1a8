import Events
import Foundation
import Schedules
import Testing

/// The examples of the articles on the language: every block of text, after a line that says what it shows.
///
/// `Fires in ZONE after INSTANT:`, with `, gap shift` or `, fold both` before the colon, is followed by an expression
/// and its next instants; `Never fires:` and ``Refused: `reason` `` by expressions alone.
enum ScheduleExamples {
  struct Firing: Sendable, CustomTestStringConvertible {
    let label: String
    let expression: String
    let instants: [String]

    var testDescription: String { "\(expression): \(label)" }

    func timetable() throws -> Timetable {
      let words = label.dropLast().split(separator: ",").map { $0.split(separator: " ").map(String.init) }
      let named = { (word: String) in words.dropFirst().first { $0[0] == word }?[1] }
      let changes = ClockChangeRule(
        gap: try #require(ClockChangeRule.Gap(rawValue: named("gap") ?? "skip")),
        fold: try #require(ClockChangeRule.Fold(rawValue: named("fold") ?? "first")))
      let after = try #require(Timestamp(words[0][4]))
      return Timetable(
        try ScheduleExpression(expression, dialect: .scheduler), zone: try Zones.load(words[0][2]), changes: changes,
        anchor: after, epoch: after)
    }
  }

  struct Refusal: Sendable, CustomTestStringConvertible {
    let expression: String
    let dialect: ScheduleDialect
    let reason: String

    var testDescription: String { expression }
  }

  private static func blocks() throws -> [(label: String, lines: [String])] {
    let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().appending(path: "Sources/Domain/Schedules/Schedules.docc")
    let files = try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
    var blocks: [(label: String, lines: [String])] = []
    for file in files.filter({ $0.pathExtension == "md" }).sorted(by: { $0.path < $1.path }) {
      var label = ""
      var isInside = false
      for line in try String(contentsOf: file, encoding: .utf8).components(separatedBy: "\n") {
        if isInside {
          isInside = line != "```"
          if isInside { blocks[blocks.count - 1].lines.append(line) }
        } else if line == "```text" {
          isInside = true
          blocks.append((label, []))
        } else if !line.isEmpty {
          label = line
        }
      }
    }
    return blocks
  }

  static func firings() throws -> [Firing] {
    try blocks().filter { $0.label.hasPrefix("Fires in ") }.map { label, lines in
      Firing(label: label, expression: lines[0], instants: Array(lines.dropFirst()))
    }
  }

  static func never() throws -> [String] { try blocks().filter { $0.label == "Never fires:" }.flatMap(\.lines) }

  static func refusals() throws -> [Refusal] {
    try blocks().filter { $0.label.hasPrefix("Refused") }.flatMap { label, lines in
      let parts = label.components(separatedBy: "`")
      let dialect: ScheduleDialect = parts[0].contains("by rules") ? .rules : .scheduler
      return lines.map { Refusal(expression: $0, dialect: dialect, reason: parts.dropFirst().dropLast().joined()) }
    }
  }

  static func count() throws -> Int { try blocks().count }
}

@Suite struct ScheduleExampleTests {
  @Test(arguments: try ScheduleExamples.firings())
  func `an example of the documentation fires when it says`(_ example: ScheduleExamples.Firing) throws {
    let table = try example.timetable()
    let found = table.instants(after: table.anchor, count: example.instants.count)
    #expect(found.map(\.description) == example.instants)
    #expect(!found.isEmpty)
  }

  @Test(arguments: try ScheduleExamples.never())
  func `an example that never fires does not`(_ text: String) throws {
    let expression = try ScheduleExpression(text, dialect: .scheduler)
    #expect(expression.next(after: .epoch - .days(9), anchor: .epoch, zone: .utc) == nil)
  }

  @Test(arguments: try ScheduleExamples.refusals())
  func `an example of a refusal is refused for its reason, in AWS's words`(_ refusal: ScheduleExamples.Refusal) {
    let error = #expect(throws: ScheduleError.self) {
      try ScheduleExpression(refusal.expression, dialect: refusal.dialect)
    }
    #expect(error?.reason == refusal.reason)
    switch refusal.dialect {
    case .rules: #expect(error?.message == "Parameter ScheduleExpression is not valid.")
    case .scheduler: #expect(error?.message == "Invalid Schedule Expression \(refusal.expression).")
    }
  }

  @Test func `no block is left out, and every operator and ruling that refuses has an example`() throws {
    let firings = try ScheduleExamples.firings().map(\.expression)
    let refusals = try ScheduleExamples.refusals().map(\.expression)
    let blocks = Set(try ScheduleExamples.refusals().map { $0.reason + $0.dialect.rawValue }).count
    #expect(try ScheduleExamples.count() == firings.count + blocks + ScheduleExamples.never().count)
    for mark in [",", "-", "*", "/", "?", "L", "LW", "15W", "#", "rate(", "at("] {
      #expect(firings.contains { $0.contains(mark) }, "\(mark)")
    }
    for silent in SilentCase.allCases where !silent.ruling.accepted && silent != .atInGap {
      #expect(refusals.contains(silent.ruling.example), "\(silent)")
    }
  }
}
