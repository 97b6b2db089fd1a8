/// What a cron expression says, before it is said in a language.
struct CronPhrase {
  /// The hour and minute of a wall clock.
  struct Clock: Hashable {
    let hour: Int
    let minute: Int

    init(_ hour: Int, _ minute: Int) {
      self.hour = hour
      self.minute = minute
    }

    /// `07:05`
    var text: String { "\(hour < 10 ? "0" : "")\(hour):\(minute < 10 ? "0" : "")\(minute)" }
  }

  /// What repeats evenly.
  enum Pace: Hashable {
    case minutes(Int)
    case hour
  }

  enum Time: Hashable {
    /// Each in order.
    case clocks([Clock])
    /// All day long.
    case pace(Pace)
    /// Every hour, at these minutes: one that is not 0, or more than one.
    case hourly([Int])
    /// From the first of the day to the last.
    case stretch(Pace, from: Clock, to: Clock)
    /// Every so many hours of the day, from midnight on.
    case hours(Int, minute: Int)
    /// Minutes of some hours; evenly spread, or one by one.
    case paceOfHours(Pace, hours: [Int])
    case minutesOfHours([Int], hours: [Int])
  }

  /// Years that are not all.
  enum Years: Hashable {
    case listed([Int])
    /// Evenly from the first to the last.
    case stretch(from: Int, to: Int, step: Int)
  }

  let time: Time
  let days: DayRule
  /// 1 to 12; nil for all.
  let months: [Int]?
  let years: Years?

  /// Whether nothing but the time of day is said.
  var isEveryDay: Bool {
    days == .daysOfMonth(DayRule.everyDayOfMonth) || days == .daysOfWeek(DayRule.everyDayOfWeek)
  }

  /// Whether it goes on all day, so that only the day needs to be said beside it.
  var isAllDay: Bool {
    switch time {
    case .pace, .hourly: true
    case .clocks, .stretch, .hours, .paceOfHours, .minutesOfHours: false
    }
  }
}

extension CronPhrase {
  /// So few clock times are spelled out one by one at once, and the most that ever are.
  private static let timesFew = 4
  private static let timesMax = 12

  init(_ fields: CronFields) {
    time = CronPhrase.time(fields)
    days = fields.days
    months = fields.months == CronFields.everyMonth ? nil : fields.months.members
    years = CronPhrase.years(fields.years)
  }

  private static func time(_ fields: CronFields) -> Time {
    let (minutes, hours) = (fields.minutes.members, fields.hours.members)
    let pace = pace(fields.minutes)
    if hours.count == 24 {
      if minutes.count > 1 { return pace.map { .pace($0) } ?? .hourly(minutes) }
      return minutes[0] == 0 ? .pace(.hour) : .hourly(minutes)
    }
    let clocks = hours.flatMap { hour in minutes.map { Clock(hour, $0) } }
    if clocks.count <= timesFew { return .clocks(clocks) }
    let (first, last) = (clocks[0], clocks[clocks.count - 1])
    if hours.count == last.hour - first.hour + 1, let pace = pace ?? (minutes.count == 1 ? .hour : nil) {
      return .stretch(pace, from: first, to: last)
    }
    if minutes.count == 1, let step = evenStep(fields.hours, size: 24) { return .hours(step, minute: minutes[0]) }
    if clocks.count <= timesMax { return .clocks(clocks) }
    return pace.map { .paceOfHours($0, hours: hours) } ?? .minutesOfHours(minutes, hours: hours)
  }

  private static func pace(_ minutes: UInt64) -> Pace? {
    evenStep(minutes, size: 60).map { .minutes($0) }
  }

  /// The step between members that are evenly spread over all of `size` from 0, if there are at least two.
  private static func evenStep(_ members: UInt64, size: Int) -> Int? {
    let count = members.nonzeroBitCount
    guard count > 1, size % count == 0 else { return nil }
    let step = size / count
    return members == UInt64(members: Array(stride(from: 0, to: size, by: step))) ? step : nil
  }

  private static func years(_ set: YearSet) -> Years? {
    let named = set.members
    guard set != .every, let first = named.first, let last = named.last else { return nil }
    let step = named.count > 2 ? (last - first) / (named.count - 1) : 0
    guard step > 0, named == Array(stride(from: first, through: last, by: step)) else { return .listed(named) }
    return .stretch(from: first, to: last, step: step)
  }
}
