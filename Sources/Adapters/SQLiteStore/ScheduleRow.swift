import Events
import Rules

/// A schedule with the texts that are stored of it, made before the one writer is kept busy with it.
struct ScheduleRow: Sendable {
  /// Schedules that one task writes out.
  private static let batchMax = 1_000

  let schedule: Schedule
  let clockwork: String
  let json: String

  private init(_ schedule: Schedule) {
    self.schedule = schedule
    clockwork = Clockwork(schedule).text
    json = schedule.json.text
  }

  /// In the order given; many are written out by several tasks at once.
  static func rows(of schedules: [Schedule]) async -> [ScheduleRow] {
    guard schedules.count > batchMax else { return schedules.map { ScheduleRow($0) } }
    return await withTaskGroup(of: (Int, [ScheduleRow]).self) { group in
      for start in stride(from: 0, to: schedules.count, by: batchMax) {
        let part = schedules[start..<min(start + batchMax, schedules.count)]
        group.addTask { (start, part.map { ScheduleRow($0) }) }
      }
      var parts: [(Int, [ScheduleRow])] = []
      for await part in group { parts.append(part) }
      return parts.sorted { $0.0 < $1.0 }.flatMap(\.1)
    }
  }
}
