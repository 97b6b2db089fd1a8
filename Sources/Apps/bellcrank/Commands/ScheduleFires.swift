import Events
import Schedules

/// When an expression fires.
struct ScheduleFires: Sendable, Hashable {
  /// Clock changes of each zone that are told at most.
  static let clockChangesMax = 2

  let table: Timetable
  /// On whose clocks the instants are shown as well.
  let shown: [ZoneRules]
  /// In order.
  let instants: [Timestamp]

  /// The instants in UTC, with a fraction only where there is one.
  var texts: [String] {
    instants.map { $0 == $0.wholeSecond ? $0.description : $0.preciseText }
  }

  /// The instants in UTC and on the clocks of the zones, under the schedule in plain words and over its clock changes.
  func report(_ question: ScheduleQuestion, in language: WordsLanguage) -> Report {
    let expression = table.expression
    let zones = clocks.filter { $0.name != "UTC" }
    let sentence = table.plainWords(in: language, zones: clocks, after: question.after)
    let changes = table.clockChanges(after: question.after, count: ScheduleFires.clockChangesMax, shownIn: clocks)
    let fires = zip(texts, instants).map { text, instant -> JSON in
      let walls = zones.map { JSON.Member($0.name, .string(wallTime(of: instant, in: $0))) }
      return ["utc": .string(text), "walls": .object(walls)]
    }
    let document: JSON = [
      "expr": .string(expression.text), "valid": true, "next": JSON(texts), "message": "",
      "dialect": .string(expression.dialect.rawValue), "timezone": .string(table.zone.name),
      "after": .string(question.after.description), "plain_words": .string(expression.plainWords(in: language)),
      "remarks": JSON(expression.remarks), "gap": .string(table.changes.gap.rawValue),
      "fold": .string(table.changes.fold.rawValue), "sentence": .string(sentence), "fires": .array(fires),
      "clock_changes": .array(changes.map { $0.json(in: language) }),
    ]
    let none = "it does not fire again after \(question.after)"
    let parts = [sentence, instants.isEmpty ? none : text(of: zones), text(of: changes, language)]
    return Report(parts.filter { !$0.isEmpty }.joined(separator: "\n"), document: document)
  }

  /// The schedule's own zone, then those asked for, each once.
  private var clocks: [ZoneRules] {
    var all: [ZoneRules] = []
    for zone in [table.zone] + shown where !all.contains(where: { $0.name == zone.name }) { all.append(zone) }
    return all
  }

  private func text(of zones: [ZoneRules]) -> String {
    let rows = zip(instants, texts).map { instant, text in [text] + zones.map { wallTime(of: instant, in: $0) } }
    return Table(["UTC"] + zones.map { .init($0.name) }, rows).text
  }

  /// One line an effect; the change itself stands on the first.
  private func text(of changes: [ClockChangePreview], _ language: WordsLanguage) -> String {
    let rows = changes.flatMap { preview in
      let change = preview.change
      let clock =
        "\(change.from.timeText.prefix(5)) \(change.lettersBefore) to \(change.to.timeText.prefix(5)) \(change.lettersAfter)"
      return preview.words(in: language).enumerated().map { place, words in
        (place == 0 ? [change.instant.description, change.zone, clock] : ["", "", ""]) + [words]
      }
    }
    return Table(["clock change", "zone", "clock", "schedule"], rows).text
  }

  private func wallTime(of instant: Timestamp, in zone: ZoneRules) -> String {
    let offset = zone.offset(at: instant)
    let civil = CivilTime(secondsAsUTC: instant.seconds + Int64(offset.seconds))
    return "\(civil.dateText) \(civil.timeText) \(offset.abbreviation)"
  }
}
