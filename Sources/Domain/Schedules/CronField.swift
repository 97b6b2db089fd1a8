/// One of the six fields, in the order they are written. Source: SCHEDULES §1, the table of fields.
enum CronField: CaseIterable {
  case minutes, hours, daysOfMonth, months, daysOfWeek, years

  /// As AWS's guides call it.
  var name: String {
    switch self {
    case .minutes: "minutes"
    case .hours: "hours"
    case .daysOfMonth: "day-of-month"
    case .months: "month"
    case .daysOfWeek: "day-of-week"
    case .years: "year"
    }
  }

  /// Every number the field takes; 1 is Sunday and January.
  var range: ClosedRange<Int> {
    switch self {
    case .minutes: 0...59
    case .hours: 0...23
    case .daysOfMonth: 1...31
    case .months: 1...12
    case .daysOfWeek: 1...7
    case .years: 1970...2199
    }
  }

  /// Names for the numbers, from the first on; upper case.
  var names: [String] {
    switch self {
    case .minutes, .hours, .daysOfMonth, .years: []
    case .months: CronField.monthNames
    case .daysOfWeek: CronField.dayNames
    }
  }

  private static let monthNames = [
    "JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC",
  ]
  private static let dayNames = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"]

  /// What may stand in the field, for a reason.
  var allowed: String {
    let names = names
    let spelled = names.isEmpty ? "" : " or \(names[0])-\(names[names.count - 1])"
    return "\(name) is \(range.lowerBound)-\(range.upperBound)\(spelled)"
  }
}
