import Engine
import Events
import Operations
import Rules
import Schedules
import Testing

/// What the doctor says of time zones, and of rules that a `put-rule` enabled again.
@Suite struct DoctorTests {
  struct Case: Sendable {
    let release: String?
    let health: Doctor.Health

    init(_ release: String?, _ health: Doctor.Health) {
      self.release = release
      self.health = health
    }
  }

  /// Universal time, and a name for the data's release.
  private struct Released: Zones {
    let release: String?

    func zone(_ name: String) throws(ZoneError) -> ZoneRules { .utc }
  }

  @Test(arguments: [Case("2025b", .fine), Case("2024a", .fine), Case("2023d", .warning), Case(nil, .warning)])
  func `time zone data has a release, and one of the year before last is old`(_ wanted: Case) async throws {
    let (release, health) = (wanted.release, wanted.health)
    let room = try await Room(zones: Released(release: release))  // In 2025.
    let checks = try await Doctor(room.room).examine(asksSources: false)
    let check = try #require(checks.first { $0.name == "time zones" })
    #expect(check.health == health)
    #expect((check.fix == nil) == (health == .fine))
    if let release { #expect(check.sentence.contains(release)) }
  }

  @Test func `a pause that put-rule ended is flagged, with who had paused and why, until the rule is changed again`()
    async throws
  {
    let room = try await Room()
    let name = room.names.scheduleRule
    let control = ScheduleControl(room.engine)
    _ = try await control.pause(
      name, until: nil, ChangeNote(operation: "pause", who: "ann", why: "maintenance"))
    let put = ChangeNote(operation: "PutRule", who: "bob", why: nil)
    _ = try await room.engine.book.change(name, put) { old in
      var rule = try #require(old)
      rule.state = .enabled
      return rule
    }
    func flagged() async throws -> Doctor.Check? {
      try await Doctor(room.room).examine(asksSources: false).first { $0.name == "rules" && $0.health == .warning }
    }
    let check = try #require(try await flagged())
    #expect(check.sentence.contains("it was disabled (by ann since"))
    #expect(check.sentence.contains("maintenance"))
    #expect(check.fix == "bellcrank schedule pause \(name) --reason WORDS")
    _ = try await control.change(name, to: "cron(0 23 * * ? *)", put)
    #expect(try await flagged() == nil)
  }
}
