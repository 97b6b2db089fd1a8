import Engine
import Events
import Ingestion
import Rules
import Schedules
import Simulation
import Telemetry
import Testing

@Suite struct SchedulerTests {
  @Test func `a slot fires once, however often it is looked at`() async throws {
    let world = try await World(at: World.start.after(-60))
    #expect(try await world.engine.scheduler.tick() == 0)
    #expect(world.engine.scheduler.nextDue() == World.start)
    world.clock.advance(to: World.start)
    #expect(try await world.engine.scheduler.tick() == 1)
    #expect(try await world.engine.scheduler.tick() == 0)
    #expect(try await world.restarted().scheduler.tick() == 0)
    let event = try #require(try await world.store.events(limit: 10).first?.event)
    #expect(event == Scheduler.event(world.settings.names.rule(world.names.scheduleRule), World.start))
    #expect(event.json["detail-type"] == "Scheduled Event")
    #expect(event.detail == .object([]))
    _ = try await world.engine.settle()
    let entry = try await world.entry(slot(world))
    #expect(entry.decision == .dispatched)
    #expect(entry.about.slot == World.start)
    #expect(entry.about.triggerType == "schedule")
    let run = try #require(try await world.store.runs(limit: 10).first)
    #expect(run.request.triggerTime == World.start)
    #expect(run.request.correlationID == slot(world))
    #expect(run.symbols == ["AAPL", "MSFT", "GOOGL"])
  }

  @Test func `a slot of up to a minute ago is late, not missed`() async throws {
    let settings = try World.settings(misfire: MisfirePolicy(kind: .skip, window: .hours(1)))
    let world = try await World(settings, at: World.start.after(-60))
    world.clock.advance(to: World.start.after(60))
    #expect(try await world.engine.scheduler.tick() == 1)
    #expect(try await world.store.events(limit: 10).count == 1)
  }

  @Test(arguments: [
    (MisfirePolicy.Kind.skip, 0), (.latest, 1), (.all, 6),
  ])
  func `slots that passed while nobody looked are decided by the misfire policy, each with a row`(
    _ kind: MisfirePolicy.Kind, _ fires: Int
  ) async throws {
    let policy = MisfirePolicy(kind: kind, window: .hours(1))
    let world = try await World(try World.settings(schedule: "rate(10 minutes)", misfire: policy))
    // Twelve slots at ten-minute steps, all more than a minute ago; the last six are within the hour.
    world.clock.advance(to: World.start.after(125 * 60))
    let engine = try await world.restarted()
    #expect(try await engine.scheduler.tick() == 12)
    #expect(try await world.store.events(limit: 100).count == fires)
    var query = LedgerQuery()
    query.decision = .skipped
    let rows = try await world.store.entries(query)
    #expect(rows.count == 12 - fires)
    #expect(rows.allSatisfy { $0.code == .misfireSkipped && $0.gate == .misfire })
    #expect(rows.last?.facts["late_seconds"] == JSON(115 * 60))
    #expect(try await engine.scheduler.tick() == 0)
  }

  @Test func `after a downtime that ends just after a slot, latest fires that slot and no missed one`() async throws {
    let policy = MisfirePolicy(kind: .latest, window: .hours(1))
    let world = try await World(try World.settings(schedule: "rate(10 minutes)", misfire: policy))
    world.clock.advance(to: World.start.after(30 * 60 + 20))
    #expect(try await world.restarted().scheduler.tick() == 3)
    #expect(try await world.store.events(limit: 10).map(\.event.time) == [World.start.after(30 * 60)])
  }

  @Test func `a disabled schedule's slots get their rows and nothing else, and none comes back later`() async throws {
    let world = try await World(at: World.start.after(-60))
    _ = try await world.engine.book.change(world.names.scheduleRule, .testing) { old in
      var rule = try #require(old)
      rule.state = .disabled
      return rule
    }
    world.clock.advance(to: World.start.after(30))
    #expect(try await world.engine.scheduler.tick() == 1)
    let entry = try await world.entry(slot(world))
    #expect(entry.decision == .disabled)
    #expect(entry.code == .ruleDisabled)
    _ = try await world.engine.book.change(world.names.scheduleRule, .testing) { old in
      var rule = try #require(old)
      rule.state = .enabled
      return rule
    }
    #expect(try await world.engine.scheduler.tick() == 0)
    #expect(try await world.store.nextDue() == nil)
  }

  @Test func `a schedule without targets is undeliverable`() async throws {
    let world = try await World(at: World.start.after(-60))
    _ = try await world.engine.book.change(world.names.scheduleRule, .testing) { old in
      var rule = try #require(old)
      rule.targets = []
      return rule
    }
    world.clock.advance(to: World.start)
    _ = try await world.engine.scheduler.tick()
    #expect(try await world.entry(slot(world)).code == .noTargets)
  }

  @Test func `an edited expression opens a new epoch: no slot before the edit is visited`() async throws {
    let world = try await World(at: World.start.after(-60))
    world.clock.advance(to: World.start.after(3_600))
    let edited = try await world.engine.book.change(world.names.scheduleRule, .testing) { old in
      var rule = try #require(old)
      rule.schedule = try ScheduleExpression("cron(30 * * * ? *)", dialect: .rules)
      return rule
    }
    #expect(edited.anchor == World.start.after(3_600))
    #expect(try await world.engine.scheduler.tick() == 0)
    #expect(world.engine.scheduler.nextDue() == World.start.after(5_400))
    let described = try await world.engine.book.change(world.names.scheduleRule, .testing) { old in
      var rule = try #require(old)
      rule.description = "no new epoch"
      return rule
    }
    #expect(described.anchor == edited.anchor)
    world.clock.advance(to: World.start.after(5_400))
    #expect(try await world.engine.scheduler.tick() == 1)
  }

  @Test func `a clock that steps back never fires a slot again, in this process or the next`() async throws {
    let world = try await World(try World.settings(schedule: "rate(1 minute)"))
    world.clock.advance(by: .minutes(3))
    #expect(try await world.engine.scheduler.tick() == 3)
    let fired = try await world.store.events(limit: 100).map(\.event.id)
    world.clock.set(to: World.start.after(60))
    #expect(try await world.engine.scheduler.tick() == 0)
    let engine = try await world.restarted()
    #expect(try await engine.scheduler.tick() == 0)
    #expect(engine.scheduler.nextDue() == World.start.after(240))
    #expect(try await world.store.events(limit: 100).map(\.event.id) == fired)
  }

  @Test func `a removed and recreated schedule fires no slot of its former life again`() async throws {
    let world = try await World(at: World.start.after(-60))
    world.clock.advance(to: World.start)
    _ = try await world.engine.scheduler.tick()
    let old = try #require(world.engine.book.bus.rule(world.names.scheduleRule))
    #expect(try await world.engine.book.remove(old.name, .testing))
    world.clock.set(to: World.start.after(-600))
    _ = try await world.engine.book.change(old.name, .testing) { _ in old }
    world.clock.advance(to: World.start.after(10))
    _ = try await world.restarted().scheduler.tick()
    #expect(try await world.store.events(limit: 10).count == 1)
    #expect(try await world.store.due(at: World.start.after(10), limit: 10).count == 1)
  }

  private func slot(_ world: World) -> String { Cause.slotID(rule: world.names.scheduleRule, at: World.start) }
}

extension Timestamp {
  /// That many seconds later, or earlier if negative.
  func after(_ seconds: Int) -> Timestamp { self + .seconds(seconds) }
}
