import Engine
import Extraction
import Events
import Ingestion
import Rules
import Schedules
import Simulation
import Telemetry
import Testing

@Suite struct ScheduleControlTests {
  private let note = ChangeNote(operation: "RecoverSlot", who: "ana", why: "the source was down")

  @Test func `a change says who, when, why and what in the ledger`() async throws {
    let world = try await World(at: World.start.after(-60))
    let name = world.names.scheduleRule
    let control = ScheduleControl(world.engine)
    let paused = try await control.set(
      name, .disabled, ChangeNote(operation: "DisableRule", who: "ana", why: "maintenance"))
    #expect(!paused.isEnabled)
    let entry = try await world.entry("\(name)#\(paused.version)")
    #expect(entry.decision == .changed)
    #expect(entry.code == .ruleChanged)
    #expect(entry.facts["who"] == "ana")
    #expect(entry.facts["why"] == "maintenance")
    #expect(entry.at == world.clock.now())
    #expect(
      entry.facts["changes"] == [
        "state ENABLED → DISABLED", "paused by ana since 2025-09-09T21:59:00Z: maintenance",
      ])
    let moved = try await control.change(name, to: "cron(0 23 * * ? *)", note)
    #expect(!moved.isEnabled, "a changed time does not enable a paused schedule")
    #expect(world.engine.book.bus.rule(name)?.description == paused.description)
    #expect(try await world.store.brokenLinks().isEmpty)
  }

  @Test func `put-rule that enables a disabled rule again is flagged`() async throws {
    let world = try await World(at: World.start.after(-60))
    let name = world.names.scheduleRule
    _ = try await ScheduleControl(world.engine).set(name, .disabled, .testing)
    let replaced = try await world.engine.book.change(name, .testing) { old in
      var rule = try #require(old)
      rule.state = .enabled
      rule.description = nil
      return rule
    }
    let entry = try await world.entry("\(name)#\(replaced.version)")
    #expect(entry.code == .ruleReset)
    let who = ChangeNote.testing.who
    #expect(
      entry.facts["lost"] == [
        .string("it was disabled (by \(who) since 2025-09-09T21:59:00Z: a test) and is enabled again"),
        "its description is gone",
      ])
  }

  @Test func `a missed slot is run by hand with its own date, once`() async throws {
    let world = try await World(at: World.start.after(-600))
    let name = world.names.scheduleRule
    world.clock.advance(to: World.start.after(86_400 * 2))
    _ = try await world.engine.watchdog.look()
    let control = ScheduleControl(world.engine)
    let answer = try await control.recover(name, slot: World.start, note)
    #expect(answer["decision"] == "dispatched")
    let run = try #require(try await world.store.runs(limit: 10).first)
    #expect(run.request.ds == World.start.dateText)
    #expect(run.request.triggerType == .backfill)
    #expect(run.request.correlationID == Cause.slotID(rule: name, at: World.start))
    let action = try await world.entry("operator/\(Cause.slotID(rule: name, at: World.start))/recovery-1")
    #expect(action.facts["who"] == "ana")
    #expect(action.summary == "recovery of 2025-09-09T22:00:00Z by ana: the source was down")
    let again = try await control.recover(name, slot: World.start, note)
    #expect(again["decision"] == "duplicate")
    #expect(again["run_id"]?.string == run.id)
  }

  @Test func `a slot whose run failed may be recovered`() async throws {
    let world = try await World(at: World.start.after(-600))
    world.source.outage = SourceError(.refused, reason: "closed")
    world.clock.advance(to: World.start)
    _ = try await world.engine.settle()
    try await world.live(until: World.start.after(3_600))
    #expect(try await world.store.runs(limit: 1).first?.status == .failed)
    let answer = try await ScheduleControl(world.engine).recover(world.names.scheduleRule, slot: World.start, note)
    #expect(answer["decision"] == "dispatched")
  }

  @Test func `what is no slot, or has not come, is refused with its reason`() async throws {
    let world = try await World(at: World.start.after(-600))
    world.clock.advance(to: World.start.after(90))
    let control = ScheduleControl(world.engine)
    func code(_ rule: String, _ slot: Timestamp) async throws -> ControlError.Code? {
      do {
        _ = try await control.recover(rule, slot: slot, note)
        return nil
      } catch let error as ControlError {
        return error.code
      }
    }
    #expect(try await code("nobody", World.start) == .noSuchRule)
    #expect(try await code(world.names.opsManualRule, World.start) == .notScheduled)
    #expect(try await code(world.names.scheduleRule, World.start.after(-60)) == .invalidSlot)
    #expect(try await code(world.names.scheduleRule, World.start.after(86_400)) == .invalidSlot)
    #expect(try await code(world.names.scheduleRule, World.start) == .slotPending)
  }

  @Test func `run now is a manual run of what the schedule would run`() async throws {
    let world = try await World(at: World.start.after(-600))
    let answer = try await ScheduleControl(world.engine).run(world.names.scheduleRule, requestID: "r-1", note)
    #expect(answer["decision"] == "dispatched")
    let run = try #require(try await world.store.runs(limit: 1).first)
    #expect(run.request.triggerType == .manual)
    #expect(run.request.triggerTime == world.clock.now())
  }
}
