import Events

/// Schedules in Korean: the widest unit first, as dates are written.
struct KoreanWords: ScheduleWords {
  private static let weekdays = ["일", "월", "화", "수", "목", "금", "토"]
  private static let numerals = ["첫째", "둘째", "셋째", "넷째", "다섯째"]

  func sentence(_ phrase: CronPhrase, clocks: ClockWords?) -> String {
    let time = time(phrase.time, clocks)
    let year = phrase.years.map(years)
    let isDaySaid = !(phrase.isEveryDay && phrase.isAllDay && phrase.months == nil)
    return [year, isDaySaid ? day(phrase, hasYear: year != nil) : nil, time].compactMap { $0 }.joined(separator: " ")
  }

  func every(_ count: Int, _ unit: Rate.Unit) -> String {
    switch unit {
    case .minute: "\(count)분마다"
    case .hour: "\(count)시간마다"
    case .day: "\(count)일마다"
    }
  }

  func once(_ civil: CivilTime, moments: [String]) -> String {
    "\(moments.isEmpty ? "\(civil.dateText) \(civil.timeText)" : moments.joined(separator: ", ")) 한 번"
  }

  func list(_ items: [String]) -> String { items.joined(separator: ", ") }

  func other(day: Int, _ text: String) -> String { "\(day > 0 ? "다음 날" : "전날") \(text)" }

  func stretch(from: String, to: String) -> String { "\(from)–\(to)" }

  private func time(_ time: CronPhrase.Time, _ clocks: ClockWords?) -> String {
    switch time {
    case .clocks(let times):
      clocks?.text ?? list(times.map(\.text))
    case .pace(let pace):
      every(pace)
    case .hourly(let minutes):
      "매시 \(counted(minutes, "분"))"
    case .stretch(let pace, let from, let to):
      "\(clocks?.text ?? stretch(from: from.text, to: to.text)) \(every(pace))"
    case .hours(let step, let minute):
      "\(step)시간마다 \(minute == 0 ? "정각" : "\(minute)분")"
    case .paceOfHours(let pace, let hours):
      "\(counted(hours, "시"))에 \(every(pace))"
    case .minutesOfHours(let minutes, let hours):
      "\(counted(hours, "시"))의 \(counted(minutes, "분"))"
    }
  }

  private func every(_ pace: CronPhrase.Pace) -> String {
    switch pace {
    case .minutes(let count): every(count, .minute)
    case .hour: "매시 정각"
    }
  }

  private func day(_ phrase: CronPhrase, hasYear: Bool) -> String {
    let named = phrase.months.map { counted($0, "월") }
    let month = named.map { hasYear ? $0 : "매년 \($0)" } ?? "매월"
    let before = named == nil ? "" : "\(month) "
    if phrase.isEveryDay { return "\(before)매일" }
    switch phrase.days {
    case .daysOfMonth(let days):
      return "\(month) \(counted(days.members, "일"))"
    case .lastDay:
      return "\(month) 마지막 날"
    case .lastWeekday:
      return "\(month) 마지막 평일"
    case .weekdayNearest(let day):
      return "\(month) \(day)일에 가장 가까운 평일"
    case .daysOfWeek(let days):
      return "\(before)\(weekdays(days.members))"
    case .lastOfWeekday(let day):
      return "\(month) 마지막 \(KoreanWords.weekdays[day])요일"
    case .numberedWeekday(let day, let number):
      return "\(month) \(KoreanWords.numerals[number - 1]) \(KoreanWords.weekdays[day])요일"
    }
  }

  /// `매주 금요일`, `매주 월·수요일`, `월–금`.
  private func weekdays(_ days: [Int]) -> String {
    let names = days.map { KoreanWords.weekdays[$0] }
    guard days.count > 2, days[days.count - 1] - days[0] == days.count - 1 else {
      return "매주 \(names.joined(separator: "·"))요일"
    }
    return "\(names[0])–\(names[names.count - 1])"
  }

  private func years(_ years: CronPhrase.Years) -> String {
    switch years {
    case .listed(let named): list(named.map { "\($0)년" })
    case .stretch(let first, let last, let step): "\(first)–\(last)년" + (step == 1 ? "" : " \(step)년마다")
    }
  }

  /// `1일`, `1일, 15일`, `1–7일`.
  private func counted(_ numbers: [Int], _ unit: String) -> String {
    if numbers.count > 2, let first = numbers.first, let last = numbers.last, last - first == numbers.count - 1 {
      return "\(first)–\(last)\(unit)"
    }
    return list(numbers.map { "\($0)\(unit)" })
  }

  func effect(_ effect: ClockChangePreview.Effect) -> String {
    switch effect {
    case .skipped(let wall): "\(wall.minuteText): 없는 시각, 건너뜀"
    case .shifted(let wall, let to): "\(wall.minuteText): 없는 시각, \(to.clockText)에 실행"
    case .comesTwice(let wall, .first): "\(wall.minuteText): 두 번 오는 시각, 첫 번째에 실행"
    case .comesTwice(let wall, .second): "\(wall.minuteText): 두 번 오는 시각, 두 번째에 실행"
    case .comesTwice(let wall, .both): "\(wall.minuteText): 두 번 오는 시각, 두 번 다 실행"
    case .moves(let time, let from, let to): "\(time): \(from)에서 \(to)(으)로 바뀜"
    case .more(let count): "그 밖에 \(count)건"
    case .unaffected: "바뀌는 실행 없음"
    }
  }

  func trap(_ trap: MarketTrap) -> String {
    let parts = [trap.first, trap.second].map { part in
      "\(season(part.season)) \(part.text)(\(distance(part.minutesAfterClose)))"
    }
    return "\(trap.fire), \(trap.market.koreanName) 시각으로 \(list(parts))"
  }

  private func season(_ season: MarketTrap.Season) -> String {
    switch season {
    case .summer: "여름에는"
    case .winter: "겨울에는"
    case .mostOfTheYear: "연중 대부분"
    case .betweenTheChanges: "두 곳의 시계가 바뀌는 사이에는"
    }
  }

  private func distance(_ minutes: Int) -> String {
    guard minutes != 0 else { return "장 마감 시각" }
    let (hours, rest) = (abs(minutes) / 60, abs(minutes) % 60)
    let parts = [hours == 0 ? nil : "\(hours)시간", rest == 0 ? nil : "\(rest)분"]
    return "장 마감 \(parts.compactMap { $0 }.joined(separator: " ")) \(minutes < 0 ? "전" : "후")"
  }
}
