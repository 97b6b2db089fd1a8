import Events
import Schedules

/// When an expression fires.
struct ScheduleFires: Sendable, Hashable {
  let expression: ScheduleExpression
  /// Where the expression hangs, or for a rule's expression only where its instants are shown.
  let zone: ZoneRules
  /// In order.
  let instants: [Timestamp]

  /// The instants in UTC, with a fraction only where there is one.
  var texts: [String] {
    instants.map { $0 == $0.wholeSecond ? $0.description : $0.preciseText }
  }

  /// The instants in UTC and on the zone's wall clock, under the expression in plain words.
  func report(_ question: ScheduleQuestion) -> Report {
    let document: JSON = [
      "expr": .string(expression.text), "valid": true, "next": JSON(texts), "message": "",
      "dialect": .string(expression.dialect.rawValue), "timezone": .string(zone.name),
      "after": .string(question.after.description), "plain_words": .string(expression.plainWords),
      "remarks": JSON(expression.remarks),
    ]
    let zoneOfWords = expression.dialect == .rules ? "UTC" : zone.name
    let heading = "\(expression.plainWords) (\(zoneOfWords))"
    let none = "it does not fire again after \(question.after)"
    return Report(instants.isEmpty ? "\(heading)\n\(none)" : "\(heading)\n\(table)", document: document)
  }

  private var table: String {
    guard zone.name != "UTC" else { return Table(["UTC"], texts.map { [$0] }).text }
    let rows = zip(instants, texts).map { instant, text in [text, wallTime(of: instant)] }
    return Table(["UTC", .init(zone.name)], rows).text
  }

  private func wallTime(of instant: Timestamp) -> String {
    let offset = zone.offset(at: instant)
    let civil = CivilTime(secondsAsUTC: instant.seconds + Int64(offset.seconds))
    return "\(civil.dateText) \(civil.timeText) \(offset.abbreviation)"
  }
}
