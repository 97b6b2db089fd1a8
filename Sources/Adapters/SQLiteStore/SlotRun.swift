import Engine
import Events
import Foundation
import GRDB

/// Schedules whose slots of one instant were decided alike, one after the other: a row of `slots`.
///
/// Schedules fire by the thousand at the same instant, and their decisions have to be on disk within milliseconds of it.
struct SlotRun {
  /// Slots that one row holds.
  static let countMax = 1_024
  /// Bytes of a schedule's id, the least significant first.
  private static let idSize = MemoryLayout<Int64>.size

  /// The place of its first slot among all decided ones; the others follow.
  let first: Int64
  let slot: Timestamp
  let outcome: SlotDecision.Outcome
  let decidedAt: Timestamp
  private let ids: Data

  static let columns = "seq, slot, outcome, decided_at, schedules"

  /// - Parameter row: of `columns`, in that order.
  init(_ row: Row) throws {
    let number: Int = row[2]
    guard let outcome = SlotDecision.Outcome(rawValue: number) else {
      throw StoreError(.corrupt, "a slot has the outcome \(number)")
    }
    first = row[0]
    slot = Timestamp(milliseconds: row[1])
    self.outcome = outcome
    decidedAt = Timestamp(milliseconds: row[3])
    ids = row[4]
    guard !ids.isEmpty, ids.count.isMultiple(of: SlotRun.idSize) else {
      throw StoreError(.corrupt, "the slots of \(slot) have \(ids.count) bytes of schedules")
    }
  }

  var count: Int { ids.count / SlotRun.idSize }

  /// Those of its slots from one on, in the order in which they were decided.
  func decisions(from start: Int = 0, limit: Int = SlotRun.countMax) -> [SlotDecision] {
    schedules(from: start, limit: limit).map { id in
      SlotDecision(schedule: id, slot: slot, outcome: outcome, decidedAt: decidedAt)
    }
  }

  private func schedules(from start: Int = 0, limit: Int = SlotRun.countMax) -> [Int64] {
    ids.withUnsafeBytes { bytes in
      (start..<start + max(0, min(count - start, limit))).map { index in
        Int64(littleEndian: bytes.loadUnaligned(fromByteOffset: index * SlotRun.idSize, as: Int64.self))
      }
    }
  }

  /// Stores decisions behind all there are, but none on a slot that is decided already. Those stored.
  @discardableResult
  static func append(_ decisions: [SlotDecision], _ db: Database) throws -> [SlotDecision] {
    let fresh = try undecided(decisions, db)
    guard !fresh.isEmpty else { return [] }
    // Rows that were let go of had been expanded.
    var place =
      try Int64.fetchOne(
        db.cachedStatement(
          sql: """
            SELECT MAX((SELECT expanded FROM slots_decided),
              COALESCE((SELECT seq + count - 1 FROM slots ORDER BY seq DESC LIMIT 1), 0))
            """)) ?? 0
    let insert = try db.cachedStatement(
      sql: "INSERT INTO slots (seq, slot, outcome, decided_at, count, schedules) VALUES (?, ?, ?, ?, ?, ?)")
    var start = 0
    while start < fresh.count {
      let one = fresh[start]
      var ids: [Int64] = []
      while start < fresh.count, ids.count < SlotRun.countMax,
        (fresh[start].slot, fresh[start].outcome, fresh[start].decidedAt) == (one.slot, one.outcome, one.decidedAt)
      {
        ids.append(fresh[start].schedule.littleEndian)
        start += 1
      }
      try insert.execute(arguments: [
        place + 1, one.slot.milliseconds, one.outcome.rawValue, one.decidedAt.milliseconds, ids.count,
        ids.withUnsafeBytes { Data($0) },
      ])
      place += Int64(ids.count)
    }
    return fresh
  }

  /// Those of these slots that nobody has decided, each once, in their order.
  static func undecided(_ slots: [SlotDecision], _ db: Database) throws -> [SlotDecision] {
    let instants = instants(of: slots)
    var open: [Timestamp: Set<Int64>] = [:]
    for (slot, range) in instants {
      var ids = open.removeValue(forKey: slot) ?? []
      ids.reserveCapacity(ids.count + range.count)
      for one in slots[range] { ids.insert(one.schedule) }
      open[slot] = ids
    }
    for (slot, asked) in open {
      // A million may be decided there, of which nobody asks: what is held is only what is asked for.
      var ids = asked
      try forEachRun(at: slot, db) { run in run.schedules().forEach { ids.remove($0) } }
      open[slot] = ids
    }
    var undecided: [SlotDecision] = []
    undecided.reserveCapacity(slots.count)
    for (slot, range) in instants {
      guard var ids = open.removeValue(forKey: slot) else { continue }
      for one in slots[range] where ids.remove(one.schedule) != nil { undecided.append(one) }
      open[slot] = ids
    }
    return undecided
  }

  /// Where slots of the same instant follow each other.
  private static func instants(of slots: [SlotDecision]) -> [(slot: Timestamp, range: Range<Int>)] {
    var found: [(slot: Timestamp, range: Range<Int>)] = []
    var start = 0
    while start < slots.count {
      let slot = slots[start].slot
      let end = slots[start...].firstIndex { $0.slot != slot } ?? slots.count
      found.append((slot, start..<end))
      start = end
    }
    return found
  }

  /// Whether a schedule's slot was decided like that.
  static func has(
    _ schedule: Int64, at slot: Timestamp, as outcome: SlotDecision.Outcome, _ db: Database
  ) throws -> Bool {
    var isFound = false
    try forEachRun(at: slot, db) { run in
      if run.outcome == outcome, run.schedules().contains(schedule) { isFound = true }
    }
    return isFound
  }

  private static func forEachRun(at slot: Timestamp, _ db: Database, _ body: (SlotRun) -> Void) throws {
    let rows = try Row.fetchCursor(
      db.cachedStatement(sql: "SELECT \(columns) FROM slots WHERE slot = ?"), arguments: [slot.milliseconds])
    while let row = try rows.next() { body(try SlotRun(row)) }
  }
}
