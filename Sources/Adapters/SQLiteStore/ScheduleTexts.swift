import Engine
import Events
import GRDB
import Rules

/// The texts of schedules that are stored together, made before the one writer is kept busy with them.
struct ScheduleTexts: Sendable {
  /// Schedules that one task writes out.
  private static let batchMax = 1_250

  /// The schedules that these are of.
  let range: Range<Int>
  /// Their texts one after the other, and where each ends.
  private var bytes: [UInt8] = []
  private var ends: [Int] = []
  /// Their clockworks, each once, and by schedule which of them it has.
  private var clockworks: [Clockwork] = []
  private var numbers: [Int] = []

  private init(of schedules: [Schedule], _ range: Range<Int>) {
    self.range = range
    ends.reserveCapacity(range.count)
    numbers.reserveCapacity(range.count)
    var known: [Clockwork: Int] = [:]
    for index in range {
      let work = Clockwork(schedules[index])
      if let number = known[work] {
        numbers.append(number)
      } else {
        known[work] = clockworks.count
        numbers.append(clockworks.count)
        clockworks.append(work)
      }
      ScheduleRow.write(schedules[index], into: &bytes)
      ends.append(bytes.count)
      // The first says how much room the others take, more or less.
      if index == range.lowerBound { bytes.reserveCapacity(bytes.count * range.count * 9 / 8) }
    }
  }

  /// All of them in their order; many are written out by several tasks at once.
  static func texts(of schedules: [Schedule]) async -> [ScheduleTexts] {
    guard schedules.count > batchMax else { return [ScheduleTexts(of: schedules, schedules.indices)] }
    return await withTaskGroup(of: ScheduleTexts.self) { group in
      for start in stride(from: 0, to: schedules.count, by: batchMax) {
        group.addTask { ScheduleTexts(of: schedules, start..<min(start + batchMax, schedules.count)) }
      }
      var parts: [ScheduleTexts] = []
      for await part in group { parts.append(part) }
      return parts.sorted { $0.range.lowerBound < $1.range.lowerBound }
    }
  }

  /// Hands on the place of each schedule among all, how its clockwork is stored, and its text.
  func forEach(_ db: Database, _ body: (Int, Clockwork.Mark, UnsafeBufferPointer<UInt8>) throws -> Void) throws {
    let stored = try clockworks.map { try $0.mark(db) }
    try bytes.withUnsafeBufferPointer { bytes in
      var start = 0
      for (place, index) in range.enumerated() {
        try body(index, stored[numbers[place]], UnsafeBufferPointer(rebasing: bytes[start..<ends[place]]))
        start = ends[place]
      }
    }
  }
}

/// Writes schedules into their table, many in a row.
struct ScheduleWriter {
  private let db: Database
  private let insert: DirectStatement

  init(_ db: Database) throws {
    self.db = db
    insert = try DirectStatement(
      db,
      sql: """
        INSERT INTO schedules (group_name, name, state, clockwork, since, start_at, end_at, pause_until, json)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (group_name, name) DO NOTHING
        """)
  }

  /// The schedule's id, and whether it was there and fires when it did.
  func write(
    _ schedule: Schedule, _ clockwork: Clockwork.Mark, _ text: UnsafeBufferPointer<UInt8>
  ) throws -> (id: Int64, keepsTime: Bool) {
    if schedule.version == 1 {
      insert.bind(1, schedule.name.group)
      insert.bind(2, schedule.name.name)
      insert.bind(3, schedule.state.rawValue)
      switch clockwork {
      case .number(let number): insert.bind(4, number)
      case .text(let text): insert.bind(4, text)
      }
      insert.bind(5, schedule.since.milliseconds)
      insert.bind(6, schedule.start?.milliseconds)
      insert.bind(7, schedule.end?.milliseconds)
      insert.bind(8, schedule.pause?.until?.milliseconds)
      insert.bind(9, text)
      try insert.run()
      if db.changesCount > 0 { return (db.lastInsertedRowID, false) }
    }
    let old = try db.row(
      "\(ScheduleRow.select) WHERE group_name = ? AND name = ?", [schedule.name.group, schedule.name.name])
    guard let old else { throw StoreError(.refused, "schedule \(schedule.name) is not there any more") }
    let id: Int64 = old["id"]
    try db.run(
      """
      UPDATE schedules SET state = ?, clockwork = ?, since = ?, start_at = ?, end_at = ?, pause_until = ?, json = ?
      WHERE id = ?
      """,
      [
        schedule.state.rawValue, clockwork.stored, schedule.since.milliseconds, schedule.start?.milliseconds,
        schedule.end?.milliseconds, schedule.pause?.until?.milliseconds, String(decoding: text, as: UTF8.self), id,
      ])
    return (id, Clockwork(schedule).keepsTime(schedule, old))
  }
}
