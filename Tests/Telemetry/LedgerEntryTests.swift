import Events
import Telemetry
import Testing

@Suite struct LedgerEntryTests {
  private let moment = Timestamp(milliseconds: 1_757_455_200_123)

  @Test func `a full row survives its JSON`() throws {
    var about = LedgerEntry.Subject(triggerType: "event")
    about.eventID = "event"
    about.parentID = "parent"
    about.rule = "rule"
    about.ruleVersion = 4
    about.runID = "run"
    about.correlationID = "correlation"
    about.idempotencyKey = "market:prices:2025-09-09:correlation"
    about.domain = "market"
    about.tableName = "prices"
    about.ds = "2025-09-09"
    about.slot = moment.wholeSecond
    about.hops = 2
    try expectSurvival(of: entry(.rateLimited, facts: ["count": 10, "nested": ["a": [1.5, true]]], about))
  }

  @Test func `a bare row survives its JSON and has no empty members`() throws {
    let entry = entry(.unmatched, facts: .object([]), LedgerEntry.Subject(triggerType: "event"))
    try expectSurvival(of: entry)
    #expect(entry.json["rule"] == nil)
    #expect(entry.json["run_id"] == nil)
    #expect(!entry.json.text.contains("null"))
  }

  @Test(arguments: ["cause_id", "decision", "gate", "code", "summary", "at", "took_ms", "trigger_type"])
  func `a row without one of its necessary members is no row`(_ member: String) {
    var json = entry(.invalid, facts: .object([]), LedgerEntry.Subject(triggerType: "manual")).json
    json.remove(member)
    #expect(LedgerEntry(json: json) == nil)
    json.set(member, "no such word")
    if member != "cause_id", member != "summary", member != "trigger_type" { #expect(LedgerEntry(json: json) == nil) }
  }

  @Test func `only a deferred cause is still open`() {
    #expect(Decision.allCases.filter { !$0.isTerminal } == [.deferred])
  }

  @Test func `decisions are the words of D32, and one for what operators change`() {
    #expect(
      Set(Decision.allCases.map(\.rawValue)) == [
        "changed",
        "dispatched", "dry_run", "duplicate", "conflict", "invalid", "rejected", "rate_limited", "breaker_open",
        "loop_stopped", "disabled", "missed", "skipped", "unmatched", "undeliverable", "deferred",
      ])
  }

  @Test func `gates stand in the order of D10`() {
    let order: [Gate] = [
      .enabled, .match, .shape, .structure, .values, .symbols, .plan, .causation, .duplicate, .breaker, .rate, .lease,
      .claim, .dispatch,
    ]
    #expect(Gate.allCases.filter { order.contains($0) } == order)
  }

  @Test(arguments: ReasonCode.allCases)
  func `each reason is an upper-case word with a meaning of its own`(_ code: ReasonCode) {
    #expect(code.rawValue.utf8.allSatisfy { (65...90).contains($0) || $0 == 95 })
    #expect(!code.meaning.isEmpty)
    #expect(code.remedy?.isEmpty != true)
    #expect(ReasonCode.allCases.filter { $0.meaning == code.meaning } == [code])
  }

  private func entry(_ decision: Decision, facts: JSON, _ about: LedgerEntry.Subject) -> LedgerEntry {
    LedgerEntry(
      causeID: "cause", decision: decision, gate: .rate, code: .rateLimited, summary: "10 of 10 \"runs\" sind benutzt",
      facts: facts, at: moment, took: Span(milliseconds: 12), about: about)
  }

  private func expectSurvival(of entry: LedgerEntry) throws {
    let text = entry.json.text
    let read = try #require(LedgerEntry(json: try JSON(parsing: text)))
    #expect(read == entry)
    #expect(read.json.text == text)
  }
}
