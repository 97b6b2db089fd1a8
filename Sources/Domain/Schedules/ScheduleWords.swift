import Events

/// The languages in which schedules are said.
public enum WordsLanguage: String, Sendable, CaseIterable {
  case english = "en"
  case korean = "ko"

  /// What says it.
  var words: any ScheduleWords {
    switch self {
    case .english: EnglishWords()
    case .korean: KoreanWords()
    }
  }
}

/// A language, as far as schedules need it: one row a thing said.
protocol ScheduleWords {
  /// The whole sentence.
  ///
  /// - Parameter clocks: how the times of day are said, zones included; nil for the times alone.
  func sentence(_ phrase: CronPhrase, clocks: ClockWords?) -> String
  /// A rate.
  func every(_ count: Int, _ unit: Rate.Unit) -> String
  /// An `at`; `moments` are dates and times, with zones if there are any.
  func once(_ civil: CivilTime, moments: [String]) -> String

  /// Times of day, one after the other.
  func list(_ items: [String]) -> String
  /// A time of day on a day that is not the one spoken of.
  func other(day: Int, _ text: String) -> String
  /// The times of a stretch: `from 08:00 to 17:55`.
  func stretch(from: String, to: String) -> String

  /// What happens to a schedule when a clock is changed.
  func effect(_ effect: ClockChangePreview.Effect) -> String
  /// How far a fire is from a market's close.
  func trap(_ trap: MarketTrap) -> String
}

/// How the times of day of a phrase are said on several clocks.
struct ClockWords {
  /// In the order of the clocks, each with its zone: `22:00 UTC`, `07:00 KST`.
  let texts: [String]

  /// `22:00 UTC, 07:00 KST`
  var text: String { texts.joined(separator: ", ") }
}

extension ScheduleExpression {
  /// What it says, in English and without a zone: `every day at 22:00`.
  public var plainWords: String { plainWords(in: .english) }

  /// What it says, without a zone: `every day at 22:00`, `매일 22:00`.
  public func plainWords(in language: WordsLanguage) -> String {
    switch plan {
    case .rate(let rate): language.words.every(rate.count, rate.unit)
    case .once(let civil): language.words.once(civil, moments: [])
    case .cron(let fields): language.words.sentence(CronPhrase(fields), clocks: nil)
    }
  }
}

extension Timetable {
  /// What it says, on the clock it hangs on and on others: `every day at 22:00 UTC, 07:00 KST`.
  ///
  /// Where a clock change of the year to come moves a time of day, both times are said: `18:00 EDT / 17:00 EST`; where
  /// it falls on another day, and the schedule does not run daily, that is said as well.
  ///
  /// - Parameters:
  ///   - zones: the clocks to show beside the one that the schedule hangs on, in this order.
  ///   - after: from when on the year is looked at.
  public func plainWords(in language: WordsLanguage, zones: [ZoneRules], after: Timestamp) -> String {
    let words = language.words
    let others = zones.filter { $0.name != wallZone.name }
    switch expression.plan {
    case .rate:
      return expression.plainWords(in: language)
    case .once(let civil):
      guard
        let instant = expression.next(after: .init(milliseconds: .min), anchor: anchor, zone: zone, changes: changes)
      else { return expression.plainWords(in: language) }
      return words.once(civil, moments: ([wallZone] + others).map { $0.wallText(at: instant) })
    case .cron(let fields):
      let phrase = CronPhrase(fields)
      let clocks = ([wallZone] + others).compactMap { other in
        ZoneClocks(of: phrase, in: wallZone, shownIn: other, after: after).text(words)
      }
      if !clocks.isEmpty { return words.sentence(phrase, clocks: ClockWords(texts: clocks)) }
      let sentence = words.sentence(phrase, clocks: nil)
      return phrase.isAllDay && phrase.isEveryDay ? sentence : "\(sentence) (\(wallZone.name))"
    }
  }

  /// Where the wall clock hangs that the expression speaks of; a rule's is UTC whatever its zone.
  var wallZone: ZoneRules {
    switch expression.dialect {
    case .rules: .utc
    case .scheduler: zone
    }
  }
}
