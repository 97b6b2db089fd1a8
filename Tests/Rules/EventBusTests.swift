import Deliveries
import Events
import Matchers
import Patterns
import Schedules
import Testing

@testable import Rules

@Suite struct EventBusTests {
  private static let names = ResourceNames(account: "123456789012", region: "us-east-1")

  @Test func `an event reaches the rules that want it, in the order of their names`() throws {
    let bus = EventBus(rules: [
      try rule("c", #"{"source":["ops.manual"]}"#), try rule("a", #"{"detail-type":["Adhoc Ingestion"]}"#),
      try rule("b", #"{"source":["elsewhere"]}"#), try rule("d", nil),
    ])
    let routing = bus.route(event("ops.manual", "Adhoc Ingestion", [:]))
    #expect(routing.matched.map(\.name) == ["a", "c"])
    #expect(routing.disabled.isEmpty)
  }

  @Test func `a disabled rule that would have matched is told apart`() throws {
    let bus = EventBus(rules: [
      try rule("off", #"{"source":["ops.manual"]}"#, .disabled), try rule("on", #"{"source":["ops.manual"]}"#),
      try rule("other", #"{"source":["elsewhere"]}"#, .disabled),
    ])
    let routing = bus.route(event("ops.manual", "Adhoc Ingestion", [:]))
    #expect(routing.matched.map(\.name) == ["on"])
    #expect(routing.disabled.map(\.name) == ["off"])
  }

  @Test func `a schedule without a pattern gets no events, one with a pattern gets both`() throws {
    var both = try rule("both", #"{"source":["ops.manual"]}"#)
    both.schedule = try ScheduleExpression("rate(1 hour)", dialect: .rules)
    var only = try rule("only", nil)
    only.schedule = both.schedule
    let bus = EventBus(rules: [both, only])
    #expect(bus.scheduled.map(\.name) == ["both", "only"])
    #expect(bus.route(event("ops.manual", "Adhoc Ingestion", [:])).matched.map(\.name) == ["both"])
    #expect(bus.rule("only") == only)
    #expect(bus.rule("none") == nil)
  }

  @Test func `an event that misses a rule by one leaf names the leaf, the closest rule first`() throws {
    let bus = EventBus(rules: [
      try rule("far", #"{"source":["elsewhere"],"detail-type":["Nothing"]}"#),
      try rule(
        "near",
        #"{"source":["transform.pipeline"],"detail-type":["Processing Complete"],"detail":{"trigger_reingestion":[true]}}"#
      ),
    ])
    let vetoed = event("transform.pipeline", "Processing Complete", ["trigger_reingestion": false])
    #expect(bus.route(vetoed).matched.isEmpty)
    let near = bus.nearMisses(vetoed, EventText(vetoed), in: MatchWorkspace(), max: 5)
    #expect(near.map(\.rule) == ["near"])
    #expect(near.first?.failures.map(\.path) == ["detail.trigger_reingestion"])
    #expect(near.first?.failures.map(\.wanted) == ["[true]"])
    #expect(near.first?.failures.map(\.had) == ["false"])
    #expect(bus.misses(vetoed).map(\.rule) == ["near", "far"])
    #expect(bus.misses(vetoed).map(\.failures.count) == [1, 2])
  }

  @Test func `no more near misses are named than were asked for`() throws {
    let bus = EventBus(rules: try (0..<9).map { try rule("r\($0)", #"{"source":["elsewhere"]}"#) })
    let missed = event("ops.manual", "Adhoc Ingestion", [:])
    let near = bus.nearMisses(missed, EventText(missed), in: MatchWorkspace(), max: 5)
    #expect(near.count == 5)
    #expect(near.map(\.rule) == near.map(\.rule).sorted())
  }

  @Test(arguments: [
    (#"{"source":["x"],"detail-type":["Sold"]}"#, true), (#"{"source":["x"],"detail":{"n":[1],"m":[2]}}"#, false),
    (#"{"$or":[{"source":["x"]},{"detail":{"m":[2]}}],"detail-type":["Sold"]}"#, true),
    (#"{"$or":[{"source":["x"]},{"detail":{"m":[2],"o":[3]}}]}"#, false),
    (#"{"$or":[{"source":["x"],"detail-type":["Sold"]},{"detail":{"m":[2]}}]}"#, true),
  ])
  func `a rule of which another leaf passed is told before those that share nothing with the event`(
    _ pattern: String, _ isClose: Bool
  ) throws {
    let lone = try (0..<9).map { try rule("a\($0)", #"{"source":["s\#($0)"]}"#) }
    let bus = EventBus(rules: lone + [try rule("b", pattern)])
    let missed = event("shop", "Sold", ["n": 1])
    let near = bus.nearMisses(missed, EventText(missed), in: MatchWorkspace(), max: 5).map(\.rule)
    #expect(near == (isClose ? ["b"] : ["a0", "a1", "a2", "a3", "a4"]))
  }

  /// Names, states and patterns of a seed's rules; few of each, so that they meet.
  @Test func `a bus that was changed rule by rule routes as one that is made of the same rules`() throws {
    let patterns = [#"{"source":["a"]}"#, #"{"source":["b"]}"#, #"{"detail":{"n":[1]}}"#, nil]
    let events = [event("a", "x", ["n": 1]), event("b", "x", ["n": 2]), event("c", "x", ["n": 1])]
    for seed in 0..<40 as Range<UInt64> {
      var dice = SplitMix64(seed: seed)
      var bus = EventBus(rules: [])
      var rules: [String: Rule] = [:]
      for change in 1...60 {
        let name = "r\(dice.next() % 8)"
        let state = dice.next() % 3 == 0 ? Rule.State.disabled : .enabled
        let pattern = patterns[Int(dice.next() % 4)]
        rules[name] = dice.next() % 4 == 0 ? nil : try rule(name, pattern, state)
        bus.replace(rules[name], named: name)
        #expect(bus.edition == change)
        let made = EventBus(rules: Array(rules.values))
        #expect(bus.rules == made.rules, "seed \(seed), change \(change)")
        for name in (0..<8).map({ "r\($0)" }) { #expect(bus.rule(name) == rules[name], "seed \(seed)") }
        for event in events { #expect(bus.route(event) == made.route(event), "seed \(seed), change \(change)") }
      }
    }
  }

  @Test func `a copy of a bus that is changed leaves the one before as it was`() throws {
    let before = EventBus(rules: [try rule("r", #"{"source":["a"]}"#)])
    var after = before
    after.replace(nil, named: "r")
    #expect(before.route(event("a", "x", [:])).matched.map(\.name) == ["r"])
    #expect(after.route(event("a", "x", [:])).isEmpty)
  }

  @Test func `what a rule was before takes no place among the near misses`() throws {
    var bus = EventBus(rules: [try rule("r", #"{"source":["a"]}"#)])
    bus.replace(try rule("r", #"{"source":["b"]}"#), named: "r")
    let missed = event("c", "x", [:])
    let near = bus.nearMisses(missed, EventText(missed), in: MatchWorkspace(), max: 1)
    #expect(near.first?.failures.map(\.wanted) == [#"["b"]"#])
  }

  @Test func `a rule that is changed for ever leaves nothing behind that grows`() throws {
    var bus = EventBus(rules: [try rule("other", #"{"source":["a"]}"#)])
    let (one, two) = (try rule("r", #"{"source":["a"]}"#), try rule("r", #"{"source":["b"]}"#))
    for _ in 0..<EventBus.freeNumbersMax * 3 {
      bus.replace(one, named: "r")
      bus.replace(two, named: "r")
      #expect(bus.numbersGiven <= EventBus.freeNumbersMax + 2 * bus.rules.count + 1)
    }
    #expect(bus.route(event("a", "x", [:])).matched.map(\.name) == ["other"])
    #expect(bus.route(event("b", "x", [:])).matched.map(\.name) == ["r"])
  }

  @Test func `a matching event misses nothing`() throws {
    let bus = EventBus(rules: [try rule("a", #"{"source":["ops.manual"]}"#)])
    #expect(bus.misses(event("ops.manual", "Adhoc Ingestion", [:])).isEmpty)
  }

  @Test func `a rule survives its JSON with every kind of target input`() throws {
    var rule = try rule("full", #"{"source":["ops.manual"]}"#, .disabled)
    rule.description = "모든 것"
    rule.schedule = try ScheduleExpression("cron(0 22 * * ? *)", dialect: .rules)
    rule.misfire = MisfirePolicy(kind: .all, window: .minutes(90))
    let queue = EventBusTests.names.queue("q")
    rule.targets = [
      Target(id: "whole", arn: queue, input: .whole, retry: .none, deadLetter: queue, role: "arn:aws:iam::1:role/r"),
      Target(id: "constant", arn: queue, input: .constant(#"{"a": 1.0}"#), deadLetter: nil),
      Target(id: "path", arn: queue, input: .path(try EventPath("$.detail")), deadLetter: nil),
      Target(
        id: "transformer", arn: queue,
        input: .transformer(try InputTransformer(paths: [("t", "$.time")], template: #"{"at":<t>}"#)), deadLetter: nil),
    ]
    #expect(try Rule(json: try JSON(parsing: rule.json.text)) == rule)
  }

  @Test(arguments: ["name", "arn", "state", "version", "anchor", "misfire", "misfire_window_seconds", "targets"])
  func `a stored rule without a member is refused, not guessed`(_ member: String) throws {
    var json = try rule("r", nil).json
    json.remove(member)
    #expect(throws: RuleReadError.self) { try Rule(json: json) }
  }

  private func rule(_ name: String, _ pattern: String?, _ state: Rule.State = .enabled) throws -> Rule {
    Rule(
      name: name, arn: EventBusTests.names.rule(name), description: nil, state: state,
      pattern: try pattern.map { try EventPattern($0) }, schedule: nil, misfire: .standard, targets: [], version: 1,
      anchor: Timestamp(seconds: 1_757_455_200))
  }

  private func event(_ source: String, _ detailType: String, _ detail: JSON) -> JSON {
    Event(
      id: "e", source: source, detailType: detailType, account: EventBusTests.names.account, region: "us-east-1",
      time: Timestamp(seconds: 1_757_455_200), resources: [], detail: detail
    ).json
  }
}
