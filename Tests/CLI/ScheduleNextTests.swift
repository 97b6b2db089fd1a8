import ArgumentParser
import Events
import Schedules
import SystemPorts
import Testing

@testable import bellcrank

@Suite struct ScheduleNextTests {
  @Test func `cases get the instants of the schedule tables`() throws {
    for row in try Vectors.load("schedules") where row["anchor"] == nil {
      let dialect = try #require(ScheduleDialect(rawValue: row.text("dialect")))
      var cases = ScheduleCases(now: Scene.now, dialect: dialect, zones: ZoneFiles())
      let line = JSON(present: [
        "expr": row["expr"], "timezone": row["timezone"], "after": row["after"],
        "count": JSON(max(1, row["count"]?.int ?? 1)),
      ])
      let answer = cases.answer(.bytes(line.bytes))
      #expect(answer["valid"] == row["valid"], "\(line.text): \(answer.text)")
      if row["count"]?.int ?? 0 > 0 { #expect(answer["next"] == row["next"], "\(line.text)") }
    }
  }

  @Test(arguments: try Vectors.load("cli-schedule-cases"))
  func `whatever a line holds, it has one answer`(_ row: Vectors.Row) throws {
    let dialect = row["dialect"]?.string.flatMap { ScheduleDialect(rawValue: $0) }
    var cases = ScheduleCases(now: Scene.now, dialect: dialect, zones: ZoneFiles())
    let answer = cases.answer(.bytes(Array(row.text("line").utf8)))
    #expect(answer.members?.map(\.key) == ["expr", "valid", "next", "message"])
    #expect(answer["valid"] == .bool(row["message"] == ""))
    #expect(answer["next"] == row["next"])
    #expect(answer["message"] == row["message"])
  }

  @Test func `a file of cases is answered line by line, in order`() async throws {
    let file = try TemporaryFile("{\"expr\":\"rate(1 day)\"}\n\n{\"expr\":\"cron(0 22 * * ? *)\"}")
    let scene = Scene()
    #expect(try await scene.perform("schedule", "next", "--cases", file.path) == .done)
    let answers = try scene.printer.lines.map { try JSON(parsing: $0) }
    #expect(answers.map { $0.cell("valid") } == ["true", "false", "true"])
    #expect(answers.map { $0["expr"] } == ["rate(1 day)", .null, "cron(0 22 * * ? *)"])
  }

  @Test func `instants stand in UTC and on the wall of the zone`() async throws {
    let scene = Scene()
    let status = try await scene.perform(
      "schedule", "next", "cron(0 22 * * ? *)", "--dialect", "rules", "--timezone", "Asia/Seoul", "--count", "2")
    #expect(status == .done)
    #expect(
      scene.printer.text == """
        every day at 22:00 UTC, 07:00 KST
        UTC                   Asia/Seoul
        2025-09-10T22:00:00Z  2025-09-11 07:00:00 KST
        2025-09-11T22:00:00Z  2025-09-12 07:00:00 KST

        """)
  }

  @Test func `clocks asked for are shown, with their changes ahead and what these do`() async throws {
    let scene = Scene()
    let status = try await scene.perform(
      "schedule", "next", "cron(30 2 * * ? *)", "--timezone", "America/New_York", "--zone", "Asia/Seoul", "--gap",
      "shift",
      "--after", "2026-03-07T12:00:00Z", "--count", "2")
    #expect(status == .done)
    #expect(
      scene.printer.text == """
        every day at 02:30 New York, 16:30 KST / 15:30 KST
        UTC                   America/New_York         Asia/Seoul
        2026-03-08T07:30:00Z  2026-03-08 03:30:00 EDT  2026-03-08 16:30:00 KST
        2026-03-09T06:30:00Z  2026-03-09 02:30:00 EDT  2026-03-09 15:30:00 KST
        clock change          zone              clock                   schedule
        2026-03-08T07:00:00Z  America/New_York  02:00 EST to 03:00 EDT  2026-03-08 02:30 does not exist: fires at 03:30
                                                                        02:30 New York moves from 16:30 KST to 15:30 KST
        2026-11-01T06:00:00Z  America/New_York  02:00 EDT to 01:00 EST  02:30 New York moves from 15:30 KST to 16:30 KST

        """)
  }

  @Test func `a document has the same, in the language asked for`() async throws {
    let scene = Scene()
    _ = try await scene.perform(
      "schedule", "next", "cron(30 1 ? * SUN *)", "--timezone", "America/New_York", "--zone", "Asia/Seoul",
      "--fold", "both", "--language", "ko", "--after", "2026-10-31T12:00:00Z", "--count", "2", "-o", "jsonl")
    let document = try JSON(parsing: try #require(scene.printer.lines.first))
    #expect(document["next"] == ["2026-11-01T05:30:00Z", "2026-11-01T06:30:00Z"])
    #expect(document["sentence"] == "매주 일요일 01:30 New York, 14:30 KST / 15:30 KST")
    #expect(document["fires"]?.elements?.last?["walls"]?["America/New_York"] == "2026-11-01 01:30:00 EST")
    let change = try #require(document["clock_changes"]?.elements?.first)
    #expect(change["from"] == "2026-11-01T02:00:00 EDT")
    #expect(change["effects"]?.elements?.first == "2026-11-01 01:30: 두 번 오는 시각, 두 번 다 실행")
  }

  @Test func `cases follow the rule for clock changes that the command line chooses`() async throws {
    let line = #"{"expr":"cron(30 1 * * ? *)","timezone":"America/New_York","after":"2026-11-01T00:00:00Z","count":2}"#
    let file = try TemporaryFile(line)
    let scene = Scene()
    #expect(try await scene.perform("schedule", "next", "--cases", file.path, "--fold", "both") == .done)
    let answer = try JSON(parsing: try #require(scene.printer.lines.first))
    #expect(answer["next"] == ["2026-11-01T05:30:00Z", "2026-11-01T06:30:00Z"])
  }

  @Test func `an invalid expression is an input error, with a document where one was asked for`() async throws {
    let scene = Scene()
    let failure = await #expect(throws: CommandFailure.self) {
      try await scene.perform("schedule", "next", "cron(0 22 * * *)", "-o", "jsonl")
    }
    #expect(failure?.status == .invalidInput)
    let document = try JSON(parsing: try #require(scene.printer.lines.first))
    #expect(document["valid"] == false)
    #expect(document["message"]?.string == failure?.message)
  }

  @Test func `an expression that never fires again says so`() async throws {
    let scene = Scene()
    #expect(try await scene.perform("schedule", "next", "at(2020-01-01T00:00:00)") == .done)
    #expect(scene.printer.lines.last == "it does not fire again after 2025-09-09T22:00:00Z")
  }

  @Test(arguments: [
    [], ["rate(1 day)", "--count", "0"], ["rate(1 day)", "--count", "10001"], ["rate(1 day)", "--cases", "f"],
    ["--cases", "f", "--timezone", "UTC"], ["--cases", "f", "-o", "table"],
    ["--cases", "f", "--zone", "UTC"], ["rate(1 day)", "--fold", "third"], ["rate(1 day)", "--language", "fr"],
    ["rate(1 day)", "--dialect", "cron"],
  ])
  func `options that do not go together are a wrong command line`(_ arguments: [String]) {
    #expect(throws: (any Error).self) { try ScheduleNextCommand.parse(arguments) }
  }
}
