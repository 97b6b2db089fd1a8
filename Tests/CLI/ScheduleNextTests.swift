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
        every day at 22:00 (UTC)
        UTC                   Asia/Seoul
        2025-09-10T22:00:00Z  2025-09-11 07:00:00 KST
        2025-09-11T22:00:00Z  2025-09-12 07:00:00 KST

        """)
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
    ["--cases", "f", "--timezone", "UTC"], ["--cases", "f", "-o", "table"], ["rate(1 day)", "--dialect", "cron"],
  ])
  func `options that do not go together are a wrong command line`(_ arguments: [String]) {
    #expect(throws: (any Error).self) { try ScheduleNextCommand.parse(arguments) }
  }
}
