import Deliveries
import Engine
import Events
import Extraction
import Ingestion
import Patterns
import Rules
import Schedules
import Simulation
import Telemetry
import Testing

/// `why` and `why-not` with the state of then, and the tree of what led to what.
@Suite struct ExplainerTests {
  private func whyNot(_ world: World, _ rule: String, at moment: Timestamp) async throws -> JSON {
    try #require(try await Explainer(world.engine).whyNot(rule, at: moment))
  }

  private func gate(_ name: String, _ answer: JSON) throws -> JSON {
    try #require((answer["gates"]?.elements ?? []).first { $0["gate"]?.string == name }, "\(answer.text)")
  }

  private func publish(_ world: World, _ id: String, source: String = "ops.manual", _ detail: JSON = [:]) async throws {
    _ = try await world.engine.publisher.publish([
      Event(
        id: id, source: source, detailType: "Adhoc Ingestion", account: "123456789012", region: "us-east-1",
        time: world.clock.now(), resources: [], detail: detail)
    ])
    _ = try await world.engine.settle()
  }

  @Test func `a slot that ran is answered by its run`() async throws {
    let world = try await World(at: World.start.after(-600))
    try await world.live(until: World.start.after(120))
    let answer = try await whyNot(world, world.names.scheduleRule, at: World.start)
    #expect(answer["ran"] == true)
    #expect(answer["headline"]?.string?.hasPrefix("dispatched: ") == true)
  }

  @Test func `a disabled slot names who disabled the rule, though it is enabled again`() async throws {
    let world = try await World(at: World.start.after(-600))
    let control = ScheduleControl(world.engine)
    let note = ChangeNote(operation: "DisableRule", who: "mallory", why: "quiet please")
    _ = try await control.set(world.names.scheduleRule, .disabled, note)
    try await world.live(until: World.start.after(120))
    _ = try await control.set(world.names.scheduleRule, .enabled, .testing)
    let answer = try await whyNot(world, world.names.scheduleRule, at: World.start)
    #expect(answer["stopped_at"]?.string == "enabled")
    #expect(answer["command"]?.string == "bellcrank rules enable \(world.names.scheduleRule)")
    let cause = try #require(answer["causes"]?.elements?.first)
    #expect(cause["rule_then"]?["state"]?.string == "DISABLED")
    #expect(cause["rule_changed_since"]?.elements?.first?.string == "state DISABLED → ENABLED")
  }

  @Test func `a moment that is no slot names the slots beside it and the schedule that would fire`() async throws {
    let world = try await World(at: World.start.after(-600))
    try await world.live(until: World.start.after(7_200))
    let answer = try await whyNot(world, world.names.scheduleRule, at: World.start.after(3_600))
    #expect(answer["code"]?.string == "NO_SLOT")
    #expect(answer["stopped_at"]?.string == "match")
    #expect(answer["headline"]?.string?.contains("2025-09-09T22:00:00Z before") == true)
    #expect(answer["command"]?.string == "bellcrank schedule run \(world.names.scheduleRule)")
    #expect(answer["would_let_it_through"]?.string?.contains("cron(0 23 * * ? *)") == true)
  }

  @Test func `a slot to come is said to come`() async throws {
    let world = try await World(at: World.start.after(-600))
    let answer = try await whyNot(world, world.names.scheduleRule, at: World.start)
    #expect(answer["code"]?.string == "NOT_YET_DUE")
    #expect(answer["headline"]?.string?.contains("fires in 600 s") == true)
  }

  @Test func `before a rule was made, and after it was removed, it was not there`() async throws {
    let world = try await World(at: World.start.after(-600))
    let before = try await whyNot(world, world.names.opsManualRule, at: World.start.after(-86_400))
    #expect(before["headline"]?.string?.contains("did not exist yet") == true)
    _ = try await world.engine.book.remove(world.names.opsManualRule, .testing)
    world.clock.advance(by: .minutes(5))
    let after = try await whyNot(world, world.names.opsManualRule, at: world.clock.now())
    #expect(after["headline"]?.string?.contains("had been removed: PutRule by") == true)
    #expect(try await Explainer(world.engine).whyNot("no-such-rule", at: World.start) == nil)
  }

  @Test func `of events that all missed, the closest is named with its leaf`() async throws {
    let world = try await World()
    try await publish(world, "e-far", source: "somebody.else")
    try await publish(world, "e-near", source: "ops.manuel")
    world.clock.advance(by: .minutes(2))
    let answer = try await whyNot(world, world.names.opsManualRule, at: World.start.after(60))
    #expect(answer["code"]?.string == "NO_RULE_MATCHED")
    #expect(
      answer["headline"]?.string?.contains("source, which wanted [\"ops.manual\"] and had") == true, "\(answer.text)")
    #expect(answer["would_let_it_through"]?.string?.hasPrefix("source within [\"ops.manual\"]") == true)
  }

  @Test func `of a run and a near miss, the one that is nearer to the moment counts`() async throws {
    let world = try await World()
    try await publish(world, "e-ran", ["symbols": ["AAPL"]])
    world.clock.advance(by: .seconds(30))
    try await publish(world, "e-missed", source: "ops.manuel")
    world.clock.advance(by: .minutes(5))
    let name = world.names.opsManualRule
    #expect(try await whyNot(world, name, at: World.start.after(5))["ran"] == true)
    #expect(try await whyNot(world, name, at: World.start.after(29))["closest"] != nil)
    #expect(try await whyNot(world, name, at: World.start.after(300))["closest"] != nil)
  }

  @Test func `what retention has let go of is said to be gone`() async throws {
    let world = try await World(try World.settings(schedule: "cron(0 * * * ? *)"))
    try await world.live(until: World.start.after(5 * 86_400))
    _ = try #require(try await world.store.retain(Retention(days: 2, ledgerMiB: 100), at: world.clock.now()))
    for name in [world.names.scheduleRule, world.names.opsManualRule] {
      #expect(try await whyNot(world, name, at: World.start.after(3_600))["code"]?.string == "BEYOND_RETENTION")
    }
  }

  @Test func `whose hand it was that disabled a rule is told, not whose was the last on it`() async throws {
    let world = try await World()
    let control = ScheduleControl(world.engine)
    let name = world.names.scheduleRule
    _ = try await control.set(name, .disabled, ChangeNote(operation: "DisableRule", who: "mallory", why: nil))
    world.clock.advance(by: .minutes(1))
    _ = try await control.change(name, to: "cron(0 3 * * ? *)", ChangeNote(operation: "PutRule", who: "ana", why: nil))
    world.clock.advance(by: .minutes(1))
    let answer = try await whyNot(world, name, at: world.clock.now())
    #expect(answer["headline"]?.string?.contains("DisableRule by mallory") == true, "\(answer.text)")
  }

  @Test func `where no event came, the last one before is named`() async throws {
    let world = try await World()
    try await publish(world, "e-1", source: "nobody")
    world.clock.advance(by: .hours(2))
    try await world.store.heartbeat(of: world.engine.startedAt, at: world.clock.now())
    let answer = try await whyNot(world, world.names.opsManualRule, at: World.start.after(7_200))
    #expect(answer["code"]?.string == "NO_EVENT")
    #expect(answer["headline"]?.string?.contains("the last one before was e-1") == true, "\(answer.text)")
  }

  @Test func `an answer goes by the pattern of then`() async throws {
    let world = try await World()
    try await publish(world, "e-1", source: "new.name")
    world.clock.advance(by: .minutes(2))
    _ = try await world.engine.book.change(world.names.opsManualRule, .testing) { old in
      var rule = try #require(old)
      rule.pattern = try EventPattern(#"{"source":["new.name"]}"#)
      return rule
    }
    let why = try #require(try await Explainer(world.engine).why("e-1"))
    let missed = try #require(
      why["missed_rules"]?.elements?.first { $0["rule"]?.string == world.names.opsManualRule })
    #expect(missed["failures"]?.elements?.first?["wanted"]?.string == "[\"ops.manual\"]")
  }

  @Test func `a slot that passed while no engine ran says from when to when`() async throws {
    let world = try await World(at: World.start.after(-600))
    try await world.store.heartbeat(of: world.engine.startedAt, at: World.start.after(-300))
    world.clock.advance(to: World.start.after(2 * 3_600))
    let engine = try await world.restarted()
    _ = try await engine.settle()
    let answer = try #require(
      try await Explainer(engine).whyNot(world.names.scheduleRule, at: World.start))
    #expect(answer["stopped_at"]?.string == "misfire")
    #expect(
      answer["headline"]?.string?.contains(
        "the engine was not running: last heard of at 2025-09-09T21:55:00Z, started again at 2025-09-10T00:00:00Z")
        == true, "\(answer.text)")
  }

  @Test func `gates say what they stood on then: breaker, rate, lease`() async throws {
    let world = try await World()
    world.source.outage = SourceError(.unavailable, reason: "down")
    for number in 0..<5 {
      try await publish(world, "bad-\(number)", ["correlation_id": .string("bad-\(number)"), "symbols": ["AAPL"]])
      try await world.live(until: world.clock.now() + .minutes(5))
    }
    let breaker = try #require(try await world.store.state(.breaker, "market.prices", at: world.clock.now()))
    #expect(breaker.json["state"]?.string == "open")
    let opened = breaker.at
    world.source.outage = nil
    try await world.live(until: world.clock.now() + .hours(3))
    let urgent = try await world.invoke(#"{"symbols":["AAPL"],"urgent":true}"#, request: "later")
    #expect(urgent["decision"]?.string == "dispatched")
    try await world.live(until: world.clock.now() + .minutes(5))
    #expect(try await world.store.state(.breaker, "market.prices", at: world.clock.now())?.json["state"] == "closed")
    let answer = try await whyNot(world, world.names.scheduleRule, at: opened + .minutes(2))
    #expect(
      try gate("breaker", answer)["detail"]?.string?.hasPrefix("the breaker of market.prices was open since") == true)
    let before = try await whyNot(world, world.names.scheduleRule, at: World.start.after(1))
    #expect(try gate("breaker", before)["detail"]?.string == "the breaker of market.prices was closed")
    #expect(try gate("lease", before)["detail"]?.string == "nobody held market.prices")
  }

  @Test func `a setting that is another one now is named with what it was`() async throws {
    let world = try await World()
    let changed = try World.settings(.init(manualMax: 3))
    try await world.store.note(StateRecord(.configuration, "dev", at: World.start, changed.json))
    _ = try await world.run(["AAPL"])
    let why = try #require(try await Explainer(world.engine).why("request-1"))
    let cause = try #require(why["causes"]?.elements?.first)
    #expect(cause["settings_changed_since"] == ["limits.manual_per_hour 3 → 10"])
    #expect(try gate("rate", cause)["detail"]?.string == "0 of 3 manual runs were used")
  }

  @Test func `the tree goes from the event to the object and what Transform asked for because of it`() async throws {
    let world = try await World()
    try await publish(world, "e-1", ["symbols": ["AAPL"]])
    try await world.live(until: world.clock.now() + .minutes(2))
    let object = try #require(try await world.store.events(limit: 5).first { $0.event.source == "aws.s3" })
    _ = try await world.engine.publisher.publish([
      Event(
        id: "t-1", source: "transform.pipeline", detailType: "Processing Complete", account: "123456789012",
        region: "us-east-1", time: world.clock.now(), resources: [],
        detail: [
          "domain": "market", "table_name": "prices", "partition": "ds=2025-09-09", "trigger_reingestion": true,
          "symbols": ["AAPL"], "reason": "quality", "causation_id": .string(object.event.id),
        ])
    ])
    try await world.live(until: world.clock.now() + .minutes(2))
    for id in ["e-1", "t-1", object.event.id] {
      let tree = try #require(try await CausalTree(world.engine).tree(of: id))
      #expect(tree["id"]?.string == "e-1", "every place of the tree leads to its root")
      let path = ["decision", "run", "chunk", "object", "event", "event", "decision", "run"]
      var node = tree
      for kind in path {
        let children = node["children"]?.elements ?? []
        node = try #require(
          children.last { $0["kind"]?.string == kind }, "no \(kind) under \(node["label"]?.text ?? "")")
      }
      #expect(node["state"]?.string == "succeeded")
    }
    #expect(try await CausalTree(world.engine).tree(of: "nobody") == nil)
  }
}
