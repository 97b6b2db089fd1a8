import Events

/// The times of day of a phrase, as the clock of some zone shows them in the year to come.
struct ZoneClocks {
  /// How long a year is at most, in days.
  private static let yearDays = 366
  /// So many changes of two zones in a year are looked at; Morocco has two, others one or two.
  private static let changesMax = 16

  /// How far one clock is ahead of the other, in minutes, and the letters the shown one has then.
  struct State {
    let aheadMinutes: Int
    fileprivate(set) var letters: Set<String>
    /// How much of the year it holds.
    fileprivate(set) var days: Int
  }

  let phrase: CronPhrase
  let shown: ZoneRules
  /// Each distance once, that of the beginning first.
  let states: [State]

  /// - Parameters:
  ///   - base: where the wall clock hangs that the phrase speaks of.
  ///   - after: when the year begins.
  init(of phrase: CronPhrase, in base: ZoneRules, shownIn shown: ZoneRules, after: Timestamp) {
    self.phrase = phrase
    self.shown = shown
    var states: [State] = []
    let moments = [after] + ZoneClocks.changes(base, shown, after) + [after + .days(ZoneClocks.yearDays)]
    for (moment, next) in zip(moments, moments.dropFirst()) {
      let (here, there) = (base.offset(at: moment), shown.offset(at: moment))
      let ahead = Int(Int64(there.seconds - here.seconds).flooredQuotient(by: 60))
      let days = Int((next - moment).milliseconds / Span.days(1).milliseconds)
      if let known = states.firstIndex(where: { $0.aheadMinutes == ahead }) {
        states[known].letters.insert(there.abbreviation)
        states[known].days += days
      } else {
        states.append(State(aheadMinutes: ahead, letters: [there.abbreviation], days: days))
      }
    }
    self.states = states
  }

  /// The instants of a year at which one of two clocks is changed.
  static func changes(_ base: ZoneRules, _ shown: ZoneRules, _ after: Timestamp) -> [Timestamp] {
    let end = after + .days(yearDays)
    var moments: Set<Timestamp> = []
    for zone in [base, shown] {
      var moment = after
      for _ in 0..<changesMax {
        guard let change = zone.nextChange(after: moment), change.instant < end else { break }
        moment = change.instant
        moments.insert(moment)
      }
    }
    return moments.sorted()
  }

  /// `07:00 KST the next day`, `18:00 EDT / 17:00 EST`; nil if the phrase names no times of day.
  func text(_ words: any ScheduleWords) -> String? {
    switch phrase.time {
    case .clocks(let times):
      states.map { text(of: times, $0, words) }.joined(separator: " / ")
    case .stretch(_, let from, let to):
      states.map { state in
        let (first, last) = (ZoneClocks.shown(from, state), ZoneClocks.shown(to, state))
        let text = words.stretch(from: first.text, to: "\(last.text) \(shown.label(state.letters))")
        return isDaily || first.day == 0 ? text : words.other(day: first.day, text)
      }.joined(separator: " / ")
    case .pace, .hourly, .hours, .paceOfHours, .minutesOfHours:
      nil
    }
  }

  /// Whether it is of no account on which day a time falls.
  private var isDaily: Bool { phrase.isEveryDay && phrase.months == nil }

  private func text(of times: [CronPhrase.Clock], _ state: State, _ words: any ScheduleWords) -> String {
    let clocks = times.map { ZoneClocks.shown($0, state) }
    let label = shown.label(state.letters)
    let days = Set(clocks.map(\.day))
    if isDaily || days == [0] { return "\(words.list(clocks.map(\.text))) \(label)" }
    if days.count == 1, let day = days.first {
      return words.other(day: day, "\(words.list(clocks.map(\.text))) \(label)")
    }
    return "\(words.list(clocks.map { $0.day == 0 ? $0.text : words.other(day: $0.day, $0.text) })) \(label)"
  }

  /// A time of day on the other clock, and by how many days it is another day there.
  static func shown(_ clock: CronPhrase.Clock, _ state: State) -> (text: String, day: Int) {
    let minutes = Int64(clock.hour * 60 + clock.minute + state.aheadMinutes)
    let rest = Int(minutes.flooredRemainder(by: 1_440))
    return (CronPhrase.Clock(rest / 60, rest % 60).text, Int(minutes.flooredQuotient(by: 1_440)))
  }
}
