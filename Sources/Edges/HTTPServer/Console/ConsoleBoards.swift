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
    let period = max(asked, (seconds / Self.pointsMax + 59) / 60 * 60)
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
