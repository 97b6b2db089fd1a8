import Engine
import Events
import Measures
import Operations
import Synchronization

/// The figures of a board's charts, out of the same rollups as CloudWatch's answers.
struct ConsoleBoards: Sendable {
  /// Points of a line, about.
  static let pointsMax = 300
  /// Hours that a chart may go back.
  static let hoursMax = 720

  /// Lengths of a point, in seconds; each divides a day, so that days can be kept.
  private static let periods = [60, 300, 900, 1_800, 3_600, 7_200, 10_800, 21_600, 43_200, 86_400]

  let room: ControlRoom
  let days: BoardDays

  /// nil if there is no such board.
  func view(_ name: String, _ query: [String: String]) async throws -> JSON? {
    guard let board = try await room.documents.document(.dashboard, name),
      let text = board.json["body"]?.string
    else { return nil }
    let body = try JSON(parsing: text)
    let hours = min(Self.hoursMax, max(1, query["hours"].flatMap { Int($0) } ?? 24))
    let to = room.runtime.ports.clock.now()
    let from = to - .hours(hours)
    var charts: [JSON] = []
    for widget in body["widgets"]?.elements ?? [] where widget["type"]?.string == "metric" {
      charts.append(try await chart(widget["properties"] ?? .null, from..<to))
    }
    return [
      "name": .string(name), "hours": JSON(hours), "from": .string(from.preciseText), "to": .string(to.preciseText),
      "charts": .array(charts),
    ]
  }

  /// The periods of a metric, day by day: those that are over hardly change, so they are read once in a while.
  private func periods(
    of metric: MetricID, _ period: Int, in range: Range<Timestamp>
  ) async throws -> [Timestamp: Rollup] {
    let now = room.runtime.ports.clock.now()
    let settled = now - .days(1)
    var found: [Timestamp: Rollup] = [:]
    var start = range.lowerBound
    while start < range.upperBound {
      let day = start.seconds.flooredQuotient(by: 86_400)
      let end = min(Timestamp(seconds: (day + 1) * 86_400), range.upperBound)
      let key = BoardDays.Key(metric: metric.key, period: period, day: day)
      let isWhole = start == Timestamp(seconds: day * 86_400) && end <= settled && end < range.upperBound
      if isWhole, let kept = days.periods(key, at: now) {
        found.merge(kept) { _, last in last }
      } else {
        let fresh = try await room.reader.periods(of: metric, unit: nil, period: period, in: start..<end)
        if isWhole { days.keep(fresh, key, at: now) }
        found.merge(fresh) { _, last in last }
      }
      start = end
    }
    return found
  }

  /// The metrics of a widget with CloudWatch's shorthand written out: `.` is the word above it, `...` all but the last words.
  private static func spelled(_ rows: [JSON]) -> [[String]] {
    var above: [String] = []
    var spelled: [[String]] = []
    for row in rows {
      let words = (row.elements ?? []).compactMap(\.string)
      guard !words.isEmpty else { continue }
      var whole: [String] = []
      for word in words {
        switch word {
        case "...": whole += above.dropFirst(whole.count).dropLast(words.count - 1 - whole.count)
        case ".": whole.append(whole.count < above.count ? above[whole.count] : "")
        default: whole.append(word)
        }
      }
      above = whole
      spelled.append(whole)
    }
    return spelled
  }

  private func chart(_ properties: JSON, _ range: Range<Timestamp>) async throws -> JSON {
    let seconds = Int((range.upperBound - range.lowerBound).seconds)
    let asked = max(60, properties["period"]?.int ?? 300)
    let period = Self.periods.first { $0 >= asked && $0 * Self.pointsMax >= seconds } ?? 86_400
    let name = properties["stat"]?.string ?? "Sum"
    let statistic: Statistic
    do { statistic = try Statistic(name) } catch {
      return ["title": .string(properties["title"]?.string ?? ""), "stat": .string(error.message), "series": []]
    }
    var lines: [JSON] = []
    for words in ConsoleBoards.spelled(properties["metrics"]?.elements ?? []) where words.count >= 2 {
      var dimensions: [Dimension] = []
      for place in stride(from: 2, to: words.count - 1, by: 2) {
        dimensions.append(Dimension(words[place], words[place + 1]))
      }
      let metric = MetricID(words[0], words[1], dimensions)
      let periods = try await periods(of: metric, period, in: range)
      let points = periods.sorted { $0.key < $1.key }.compactMap { at, rollup -> JSON? in
        statistic.value(of: rollup).flatMap { value in
          value.isFinite ? .array([JSON(Int(at.milliseconds)), JSON(value)]) : nil
        }
      }
      let label = ([words[1]] + dimensions.map(\.value)).joined(separator: " ")
      lines.append(["label": .string(label), "points": .array(points)])
    }
    return [
      "title": .string(properties["title"]?.string ?? ""), "stat": .string("\(name), \(period) s"),
      "series": .array(lines),
    ]
  }
}

/// Days of metrics that are over, as a board has drawn them; bounded, and begun anew when it is full.
final class BoardDays: Sendable {
  struct Key: Hashable {
    let metric: String
    let period: Int
    /// Days since the epoch.
    let day: Int64
  }

  static let daysMax = 4_000
  /// A figure may be put for a day that is over, so no day is kept for longer.
  static let keptMax = Span.minutes(10)

  private let days = Mutex<[Key: (at: Timestamp, periods: [Timestamp: Rollup])]>([:])

  /// nil if the day is not kept, or was kept too long.
  func periods(_ key: Key, at now: Timestamp) -> [Timestamp: Rollup]? {
    days.withLock { days in
      guard let kept = days[key], now >= kept.at, now - kept.at < BoardDays.keptMax else { return nil }
      return kept.periods
    }
  }

  func keep(_ periods: [Timestamp: Rollup], _ key: Key, at now: Timestamp) {
    days.withLock { days in
      if days.count >= BoardDays.daysMax { days = [:] }
      days[key] = (now, periods)
    }
  }
}
