import Events
import Foundation
import Schedules

/// `Measure FILE ROUNDS`: what each expression of a file costs to read and to follow, as JSON lines.
///
/// With `fires` before it, instead the first instants of each in both zones, for the comparison with the other engines.
@main struct Measure {
  /// Where every chain of fires begins. Other engines know no year after 2099, so it begins again there.
  static let start = Timestamp(seconds: 1_767_225_600)  // 2026-01-01T00:00:00Z
  static let end = Timestamp(seconds: 4_102_444_800)  // 2100-01-01T00:00:00Z
  static let fires = 60_000
  static let readings = 3_000
  /// So many instants of each expression are compared.
  static let compared = 400

  static func main() throws {
    var arguments = Array(CommandLine.arguments.dropFirst())
    let isComparing = arguments.first == "fires"
    if isComparing { arguments.removeFirst() }
    guard arguments.count >= 2, let rounds = Int(arguments[1]) else {
      FileHandle.standardError.write(Data("usage: Measure [fires] FILE ROUNDS\n".utf8))
      exit(64)
    }
    let lines = try String(contentsOf: URL(filePath: arguments[0]), encoding: .utf8).split(separator: "\n")
    let texts = lines.map { "cron(\($0))" }
    let file = URL(filePath: "/usr/share/zoneinfo/America/New_York")
    let newYork = try ZoneRules(name: "America/New_York", tzif: Array(try Data(contentsOf: file)))
    for text in texts {
      for zone in [ZoneRules.utc, newYork] {
        let table = try timetable(text, zone)
        if isComparing {
          let instants = table.instants(after: start, count: compared).map(\.seconds)
          write(["expr": .string(text), "zone": .string(zone.name), "fires": .array(instants.map { JSON(Int($0)) })])
        } else {
          measure(table, rounds)
        }
      }
      if !isComparing { try measureReading(text, rounds) }
    }
  }

  private static func timetable(_ text: String, _ zone: ZoneRules) throws -> Timetable {
    let expression = try ScheduleExpression(text, dialect: .scheduler)
    return Timetable(expression, zone: zone, anchor: start, epoch: Timestamp(milliseconds: .min))
  }

  private static func measure(_ table: Timetable, _ rounds: Int) {
    var sum: Int64 = 0
    let chain = Rounds(rounds, pieces: fires) {
      var moment = start
      for _ in 0..<fires {
        let next = table.next(after: moment) ?? start
        moment = next < end ? next : start
        sum &+= moment.milliseconds
      }
    }
    report("next", table, chain)
    let backward = Rounds(rounds, pieces: fires) {
      var moment = end
      for _ in 0..<fires {
        let previous = table.previous(before: moment) ?? end
        moment = previous > start ? previous : end
        sum &+= moment.milliseconds
      }
    }
    report("previous", table, backward)
    let moments = scattered()
    let anywhere = Rounds(rounds, pieces: fires) {
      for moment in moments { sum &+= table.next(after: moment)?.milliseconds ?? 0 }
    }
    report("next from anywhere", table, anywhere)
    precondition(sum != 0, "the work was done")
  }

  /// Moments of ten years in no order, so that no branch is foreseen.
  private static func scattered() -> [Timestamp] {
    var state: UInt64 = 1
    return (0..<fires).map { _ in
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return start + Span(milliseconds: Int64(state >> 33) % 315_360_000 * 1_000)
    }
  }

  private static func measureReading(_ text: String, _ rounds: Int) throws {
    var count = 0
    var failure: (any Error)?
    let reading = Rounds(rounds, pieces: readings) {
      for _ in 0..<readings {
        do throws(ScheduleError) {
          count += try ScheduleExpression(text, dialect: .scheduler).isRate ? 0 : 1
        } catch { failure = error }
      }
    }
    if let failure { throw failure }
    precondition(count > 0, "the work was done")
    report("parse", try timetable(text, .utc), reading)
  }

  private static func report(_ act: String, _ table: Timetable, _ rounds: Rounds) {
    write([
      "engine": "bellcrank", "act": .string(act), "expr": .string(table.expression.text),
      "zone": .string(table.zone.name), "ns": number(rounds.median), "least": number(rounds.least),
      "most": number(rounds.most),
    ])
  }

  private static func number(_ value: Double) -> JSON { JSON((value * 10).rounded() / 10) }

  private static func write(_ row: JSON) {
    var bytes: [UInt8] = []
    row.write(into: &bytes)
    FileHandle.standardOutput.write(Data(bytes + [UInt8(ascii: "\n")]))
  }
}
