import Engine
import Events
import GRDB
import Rules
import Schedules

/// A schedule as a row of `schedules`: what says when it fires is in columns, its clockwork by number (or, where it fires once, as
/// it is), the rest in `json`.
enum ScheduleRow {
  /// What `schedule(_:)` reads.
  static let select = """
    SELECT s.id, s.group_name, s.name, s.state, COALESCE(c.text, s.clockwork) AS clockwork, s.since, s.start_at,
      s.end_at, s.json
    FROM schedules AS s LEFT JOIN clockworks AS c ON c.id = s.clockwork
    """

  static func schedule(_ row: Row) throws -> Schedule {
    guard let work = Clockwork(row["clockwork"]), let state = Rule.State(rawValue: row["state"]) else {
      throw StoreError(.corrupt, "the clockwork or state of schedule \(row["id"] as Int64) is not what was written")
    }
    return try row.decoded("json") { json in
      guard let target = json["target"], let created = json["created"]?.int,
        let completion = Schedule.Completion(rawValue: json["completion"]?.string ?? Schedule.Completion.keep.rawValue),
        let overlap = OverlapPolicy(rawValue: json["overlap"]?.string ?? OverlapPolicy.allowAll.rawValue)
      else { return nil }
      return Schedule(
        name: ScheduleName(group: row["group_name"], row["name"]), description: json["description"]?.string,
        state: state, expression: work.expression, timezone: work.timezone, start: row.optionalMoment("start_at"),
        end: row.optionalMoment("end_at"), window: json["window_minutes"]?.int, target: try Target(json: target),
        completion: completion, kmsKey: json["kms_key"]?.string,
        createdAt: Timestamp(milliseconds: Int64(created)),
        modifiedAt: Timestamp(milliseconds: Int64(json["modified"]?.int ?? created)),
        version: json["version"]?.int ?? 1, since: row.moment("since"), changes: work.changes, misfire: work.misfire,
        overlap: overlap, pause: json["pause"].flatMap { Pause(json: $0) })
    }
  }

  /// Removes the schedule if that is its version; false if it is another, or there is none.
  static func remove(_ id: Int64, version: Int, _ db: Database) throws -> Bool {
    try db.run("DELETE FROM schedules WHERE id = ? AND COALESCE(json ->> 'version', 1) = ?", [id, version])
    return db.changesCount > 0
  }

  /// Appends what the columns do not say; what most schedules have in common is left out.
  static func write(_ schedule: Schedule, into buffer: inout [UInt8]) {
    ObjectText.append(to: &buffer) { text in
      if let description = schedule.description { text.set("description", description) }
      if let window = schedule.window { text.set("window_minutes", Int64(window)) }
      text.set("target") { schedule.target.write(into: &$0) }
      if schedule.completion != .keep { text.set("completion", schedule.completion.rawValue) }
      if let key = schedule.kmsKey { text.set("kms_key", key) }
      text.set("created", schedule.createdAt.milliseconds)
      if schedule.modifiedAt != schedule.createdAt { text.set("modified", schedule.modifiedAt.milliseconds) }
      if schedule.version != 1 { text.set("version", Int64(schedule.version)) }
      if schedule.overlap != .allowAll { text.set("overlap", schedule.overlap.rawValue) }
      if let pause = schedule.pause { text.set("pause", pause.json) }
    }
  }
}
