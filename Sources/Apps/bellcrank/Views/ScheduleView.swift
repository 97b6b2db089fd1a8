import Events
import Schedules
import SystemPorts

/// The wall clocks on which instants are shown beside UTC.
struct WallClocks {
  let zones: [ZoneRules]

  init(_ names: [String], _ files: ZoneFiles) throws(CommandFailure) {
    var zones: [ZoneRules] = []
    for name in names {
      do throws(ZoneError) {
        zones.append(try files.zone(name))
      } catch {
        throw CommandFailure(.invalidInput, error.reason)
      }
    }
    self.zones = zones
  }

  /// The instant in each zone; `-` where it is no instant.
  func cells(_ text: String?) -> [String] {
    zones.map { zone in text.flatMap { Timestamp($0) }.map { WallClocks.text($0, zone) } ?? "-" }
  }

  private static func text(_ instant: Timestamp, _ zone: ZoneRules) -> String {
    let offset = zone.offset(at: instant)
    let civil = CivilTime(secondsAsUTC: instant.seconds + Int64(offset.seconds))
    return "\(civil.dateText) \(civil.timeText) \(offset.abbreviation)"
  }
}

/// Schedules for people.
enum ScheduleView {
  /// One line each.
  static func list(_ rows: [JSON], _ clocks: WallClocks) -> String {
    let columns: [Table.Column] =
      ["SCHEDULE", "STATE", "NEXT, UTC"] + clocks.zones.map { Table.Column($0.name) } + ["IN WORDS", "PAUSED"]
    let cells = rows.map { row in
      let next = row.list("next_fires").first?.string
      return [row.cell("name"), row.cell("state"), next ?? "-"] + clocks.cells(next) + [
        row.cell("plain_words"), pause(row) ?? "-",
      ]
    }
    return Table(columns, cells).text
  }

  /// Everything of one.
  static func one(_ row: JSON, _ clocks: WallClocks) -> String {
    let facts = Table(pairs: [
      "schedule": row.fact("name"), "kind": row.fact("kind"), "state": row.fact("state"), "paused": pause(row),
      "description": row.fact("description"), "fires on": row.fact("schedule_expression"),
      "in words": row.fact("plain_words"), "time zone": row.fact("timezone"), "start": row.fact("start"),
      "end": row.fact("end"), "window, minutes": row.fact("window_minutes"), "misfire": misfire(row),
      "overlap": row.fact("overlap"), "gap": row.fact("gap"), "fold": row.fact("fold"),
      "after its last": row.fact("completion"), "version": row.fact("version"),
      "counts since": row.fact("since") ?? row.fact("anchor"), "under way": row.fact("under_way"),
      "waiting": row["waiting_count"]?.int == 0 ? nil : "\(row.cell("waiting_count")): \(row.cell("waiting"))",
      "target": row["target"]?.fact("Arn"),
    ]).text
    let fires = row.list("next_fires").compactMap(\.string)
    let columns: [Table.Column] = ["NEXT, UTC"] + clocks.zones.map { Table.Column($0.name) }
    let next = Table(columns, fires.map { [$0] + clocks.cells($0) }).text
    // One line an effect; the change itself stands on the first.
    let changes = row.list("clock_changes").flatMap { change in
      change.list("effects").enumerated().map { place, effect in
        (place == 0
          ? [change.cell("instant"), change.cell("zone"), change.cell("from"), change.cell("to")] : ["", "", "", ""])
          + [effect.cell]
      }
    }
    let clock = Table(["CLOCK CHANGE", "ZONE", "FROM", "TO", "THE SCHEDULE"], changes).text
    let decisions = row.list("decisions").map { [$0.cell("at"), $0.cell("decision"), $0.cell("summary")] }
    let last = Table(["DECIDED AT", "DECISION", "WHY"], decisions).text
    return [facts, next, clock, last].filter { !$0.isEmpty }.joined(separator: "\n\n")
  }

  /// `by ann until 2026-01-02T00:00:00Z: maintenance`; nil if it is not paused.
  static func pause(_ row: JSON) -> String? {
    guard let pause = row["pause"], let who = pause.fact("who") else { return nil }
    let until = pause.fact("until").map { " until \($0)" } ?? ""
    return "by \(who) since \(pause.cell("since"))\(until)" + (pause.fact("why").map { ": \($0)" } ?? "")
  }

  /// `latest within 3600 s`
  static func misfire(_ row: JSON) -> String? {
    row.fact("misfire").map { kind in
      let most = row.fact("misfire_count").map { ", \($0) at most" } ?? ""
      return "\(kind) within \(row.cell("misfire_window_seconds")) s\(most)"
    }
  }

  /// What becomes of slots that it rested through.
  static func plan(_ plan: JSON) -> String {
    guard let words = plan.fact("words") else { return "no slot passed while it rested" }
    let fires = plan.list("fires").map { "  \($0.cell)" }
    return ([words] + fires).joined(separator: "\n")
  }
}
