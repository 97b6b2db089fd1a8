import Events
import Foundation
import Operations
import Testing

@Suite struct PatternLintTests {
  /// The rows of a table in `Tests/Vectors`.
  private static func rows(_ name: String) throws -> [Row] {
    let file = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .appending(path: "Vectors/\(name).json")
    return (try JSON(parsing: Array(try Data(contentsOf: file))).elements ?? []).map { Row(json: $0) }
  }

  struct Row: Sendable, CustomStringConvertible {
    let json: JSON

    var description: String { "\(json["id"]?.string ?? "") (\(json["source"]?.string ?? ""))" }
    subscript(key: String) -> JSON { json[key] ?? .null }
  }

  private func rule(_ name: String, _ pattern: JSON, to targets: [String] = ["t"]) -> Lint.RuleDraft {
    let targets = targets.map {
      Lint.TargetDraft(arn: $0, input: nil, paths: [:], hasRetryPolicy: true, hasDeadLetters: true)
    }
    return Lint.RuleDraft(name: name, pattern: pattern, schedule: nil, targets: targets)
  }

  private func findings(
    _ rules: [Lint.RuleDraft], region: String? = nil, recorded: RecordedEvents? = nil
  ) -> [Lint.Finding] {
    Lint(rules: rules, alarms: [], at: Room.start, region: region, recorded: recorded).findings()
  }

  @Test(arguments: try rows("lint-patterns"))
  func `what is wrong with a pattern is told with its code`(_ row: Row) {
    let found = findings([rule("r", row["pattern"])], region: row["region"].string)
    let told = found.map { JSON.array([.string($0.code.rawValue), .string($0.sentence)]) }
    #expect(JSON.array(told) == row["findings"])
    #expect(found.allSatisfy { $0.subject == "r" })
  }

  @Test(arguments: try rows("lint-overlaps"))
  func `two rules of one target are told of if they share events, and how`(_ row: Row) {
    let found = findings([rule("l", row["left"]), rule("r", row["right"])]).filter { $0.code == .rulesOverlap }
    #expect(found.map(\.sentence) == (row["sentence"].string.map { [$0] } ?? []))
    #expect(found.allSatisfy { $0.subject == "l, r" })
    // The other way round the same is found, of the other one.
    let turned = findings([rule("r", row["right"]), rule("l", row["left"])]).filter { $0.code == .rulesOverlap }
    #expect(turned.count == found.count)
    #expect(
      findings([rule("l", row["left"]), rule("r", row["right"], to: ["u"])]).allSatisfy { $0.code != .rulesOverlap })
  }

  @Test(arguments: try rows("lint-recorded"))
  func `a leaf that no recorded event had is told, with how many were looked at`(_ row: Row) throws {
    var recorded = RecordedEvents()
    for kind in row["events"].elements ?? [] {
      for number in 0..<(kind["count"]?.int ?? 0) {
        let event = Event(
          id: "e-\(number)", source: kind["source"]?.string ?? "", detailType: kind["detail-type"]?.string ?? "",
          account: "123456789012", region: "us-east-1", time: Room.start, resources: [], detail: kind["detail"] ?? [:])
        recorded.add(event, at: Room.start + .seconds(number))
      }
    }
    let found = findings([rule("r", row["pattern"])], recorded: recorded).filter { $0.code == .leafUnseen }
    #expect(JSON(found.map(\.sentence)) == row["sentences"])
    #expect(findings([rule("r", row["pattern"])]).allSatisfy { $0.code != .leafUnseen })
  }

  @Test func `of recorded events no more are looked at than lint says`() {
    var recorded = RecordedEvents()
    for number in 0..<RecordedEvents.eventsMax + 5 {
      let event = Event(
        id: "e-\(number)", source: "s", detailType: "t", account: "1", region: "r", time: Room.start, resources: [],
        detail: ["k": 1])
      recorded.add(event, at: Room.start)
    }
    #expect(recorded.isFull)
    let sentences = findings([rule("r", ["source": ["s"], "detail": ["x": [1]]])], recorded: recorded).map(\.sentence)
    #expect(sentences.count == 1)
    #expect(sentences.first?.hasPrefix("of the \(RecordedEvents.eventsMax) events of source \"s\"") == true)
  }

  @Test func `events with more leaves than are kept say nothing of those that lack`() {
    var recorded = RecordedEvents()
    let many = (0..<3_000).map { JSON.Member("k\($0)", 1) }
    for number in 0..<5 {
      let event = Event(
        id: "e-\(number)", source: "s", detailType: "t", account: "1", region: "r", time: Room.start, resources: [],
        detail: .object(many))
      recorded.add(event, at: Room.start)
    }
    #expect(findings([rule("r", ["source": ["s"], "detail": ["x": [1]]])], recorded: recorded).isEmpty)
  }

  @Test func `three hundred rules of one target are looked at in bounds, and what is left out is counted`() throws {
    let overlapping = (0..<300).map { rule("r\($0)", ["source": ["s"], "detail": ["k": [["prefix": "a"]]]]) }
    let found = findings(overlapping)
    #expect(found.count == 51)
    let rest = try #require(found.last)
    #expect(rest.code == .rulesOverlap)
    #expect(rest.subject == "\(300 * 299 / 2 - 50) further pairs")
    let apart = (0..<300).map { rule("r\($0)", ["source": [.string("s\($0)")], "detail": ["k": [["prefix": "a"]]]]) }
    #expect(findings(apart).isEmpty)
    // They cannot be told apart by their sources, so each pair is compared, up to the bound.
    let close = (0..<300).map { rule("r\($0)", ["source": ["s"], "detail": ["k": [.string("v\($0)")]]]) }
    #expect(findings(close).map(\.subject) == ["\(300 * 299 / 2 - 10_000) further pairs"])
  }
}
