import Engine
import Events
import GRDB
import Rules
import Schedules

/// What of a schedule's clock many schedules have in common: a row of `clockworks`, which is read once. Of those that fire once
/// each has its own, which goes with it.
struct Clockwork: Hashable {
  let expression: ScheduleExpression
  let timezone: String
  let changes: ClockChangeRule
  let misfire: MisfirePolicy

  init(_ schedule: Schedule) {
    expression = schedule.expression
    timezone = schedule.timezone
    changes = schedule.changes
    misfire = schedule.misfire
  }

  /// The text tells most of them apart; the rest is compared.
  func hash(into hasher: inout Hasher) {
    hasher.combine(expression.text)
    hasher.combine(timezone)
  }

  /// Whether the schedule fires when that row's did.
  func keepsTime(_ schedule: Schedule, _ row: Row) -> Bool {
    guard let old = Clockwork(row["clockwork"]) else { return false }
    return (expression, timezone, changes) == (old.expression, old.timezone, old.changes)
      && row.moment("since") == schedule.since
      && (row.optionalMoment("start_at"), row.optionalMoment("end_at")) == (schedule.start, schedule.end)
  }

  /// The expression comes last, for it may hold line ends.
  var text: String {
    [
      timezone, changes.gap.rawValue, changes.fold.rawValue, misfire.kind.rawValue,
      String(misfire.window.milliseconds), String(misfire.countMax), expression.text,
    ].joined(separator: "\n")
  }

  init?(_ text: String) {
    let parts = text.split(separator: "\n", maxSplits: 6, omittingEmptySubsequences: false).map(String.init)
    guard parts.count == 7, let gap = ClockChangeRule.Gap(rawValue: parts[1]),
      let fold = ClockChangeRule.Fold(rawValue: parts[2]), let kind = MisfirePolicy.Kind(rawValue: parts[3]),
      let window = Int64(parts[4]), window >= 0, let count = Int(parts[5]),
      (1...MisfirePolicy.firesMax).contains(count)
    else { return nil }
    do {
      expression = try ScheduleExpression(parts[6], dialect: .scheduler)
    } catch {
      return nil
    }
    timezone = parts[0]
    changes = ClockChangeRule(gap: gap, fold: fold)
    misfire = MisfirePolicy(kind: kind, window: Span(milliseconds: window), countMax: count)
  }

  /// - Parameter text: as it is stored; nil if it is not there.
  fileprivate init(stored text: String?, of schedule: Int64) throws {
    guard let text, let read = Clockwork(text) else {
      throw StoreError(.corrupt, "clockwork \(text ?? "") of schedule \(schedule) is not what was written")
    }
    self = read
  }

  /// How a schedule's row says it.
  enum Mark {
    case number(Int64)
    case text(String)

    var stored: any DatabaseValueConvertible {
      switch self {
      case .number(let number): number
      case .text(let text): text
      }
    }
  }

  /// The number of the row that has it, which is made if there is none; its text where nobody shares it.
  func mark(_ db: Database) throws -> Mark {
    expression.isOnce ? .text(text) : .number(try number(db))
  }

  private func number(_ db: Database) throws -> Int64 {
    let text = text
    let known = try Int64.fetchOne(
      db.cachedStatement(sql: "SELECT id FROM clockworks WHERE text = ?"), arguments: [text])
    if let known { return known }
    try db.run("INSERT INTO clockworks (text) VALUES (?)", [text])
    return db.lastInsertedRowID
  }
}

/// Reads clocks out of rows of `schedules`.
struct ClockReader {
  /// Of the rows, in this order.
  static let columns = "id, state, clockwork, since, start_at, end_at"

  private let db: Database
  /// Clockworks that were read already: a million schedules seldom have more than some hundreds.
  private var known: [Int64: Clockwork] = [:]

  init(_ db: Database) {
    self.db = db
  }

  mutating func clock(_ row: Row) throws -> StoredClock {
    let work: Clockwork
    if let number = Int64.fromDatabaseValue(row[2] as DatabaseValue) {
      work = try clockwork(number, of: row[0])
    } else {
      work = try Clockwork(stored: row[2], of: row[0])
    }
    let start: Int64? = row[4]
    let end: Int64? = row[5]
    return StoredClock(
      id: row[0],
      clock: ScheduleClock(
        expression: work.expression, timezone: work.timezone, changes: work.changes,
        since: Timestamp(milliseconds: row[3]), start: start.map { Timestamp(milliseconds: $0) },
        end: end.map { Timestamp(milliseconds: $0) }),
      isEnabled: row[1] as String == Rule.State.enabled.rawValue, misfire: work.misfire)
  }

  private mutating func clockwork(_ number: Int64, of id: Int64) throws -> Clockwork {
    if let read = known[number] { return read }
    let text = try String.fetchOne(
      db.cachedStatement(sql: "SELECT text FROM clockworks WHERE id = ?"), arguments: [number])
    let read = try Clockwork(stored: text, of: id)
    known[number] = read
    return read
  }
}
