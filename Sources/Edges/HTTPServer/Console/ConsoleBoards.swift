import Engine
import Events
import Measures
import Operations

/// The figures of a board's charts, out of the same rollups as CloudWatch's answers.
struct ConsoleBoards: Sendable {
  /// Points of a line, about.
  static let pointsMax = 300
  /// Hours that a chart may go back.
  static let hoursMax = 720

  let room: ControlRoom

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

  private func chart(_ properties: JSON, _ range: Range<Timestamp>) async throws -> JSON {
    let seconds = Int((range.upperBound - range.lowerBound).seconds)
    let asked = max(60, properties["period"]?.int ?? 300)
    let period = max(asked, (seconds / Self.pointsMax + 59) / 60 * 60)
    let name = properties["stat"]?.string ?? "Sum"
    let statistic = try Statistic(name)
    var lines: [JSON] = []
    for words in (properties["metrics"]?.elements ?? []).compactMap({ $0.elements?.compactMap(\.string) }) {
      guard words.count >= 2 else { continue }
      var dimensions: [Dimension] = []
      for place in stride(from: 2, to: words.count - 1, by: 2) {
        dimensions.append(Dimension(words[place], words[place + 1]))
      }
      let metric = MetricID(words[0], words[1], dimensions)
      let periods = try await room.reader.periods(of: metric, unit: nil, period: period, in: range)
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
