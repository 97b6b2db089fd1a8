import Events
import Schedules
import SystemPorts

/// A question about an expression.
struct ScheduleQuestion: Sendable, Hashable {
  /// Instants of one answer at most.
  static let countMax = 10_000
  static let counts = 1...countMax

  let expression: String
  let timezone: String
  let after: Timestamp
  /// Within `counts`.
  let count: Int
  let changes: ClockChangeRule
  /// Zones on whose clocks the answer is shown as well.
  let shown: [String]
}

/// The answer to a question about an expression.
enum ScheduleAnswer: Sendable, Hashable {
  case fires(ScheduleFires)
  case invalid(message: String)
}

/// Answers questions, and cases `{"expr","timezone","after","count"}` one by one; whatever a line holds, it has one answer.
struct ScheduleCases {
  private let now: Timestamp
  /// nil: the expression and the time zone choose.
  private let dialect: ScheduleDialect?
  private let changes: ClockChangeRule
  private let files: ZoneFiles
  /// Zones asked for so far, found or not; there are some six hundred names, and no other is kept.
  private var zones: [String: ZoneRules] = ["UTC": .utc]

  /// - Parameter changes: for the cases; a question has its own.
  init(now: Timestamp, dialect: ScheduleDialect?, changes: ClockChangeRule = .standard, zones: ZoneFiles) {
    self.now = now
    self.dialect = dialect
    self.changes = changes
    files = zones
  }

  /// When it fires.
  mutating func fires(_ question: ScheduleQuestion) -> ScheduleAnswer {
    do {
      let zone = try zone(question.timezone)
      let expression = try ScheduleExpression(question.expression, dialect: dialect(of: question))
      try expression.validate(in: zone, changes: question.changes)
      let table = Timetable(
        expression, zone: zone, changes: question.changes, anchor: question.after, epoch: Timestamp(milliseconds: .min))
      var shown: [ZoneRules] = []
      for name in question.shown { shown.append(try self.zone(name)) }
      let instants = table.instants(after: question.after, count: question.count)
      return .fires(ScheduleFires(table: table, shown: shown, instants: instants))
    } catch let error as ScheduleError {
      return .invalid(message: "\(error.message) \(error.reason)")
    } catch let error as ZoneError {
      return .invalid(message: error.reason)
    } catch {
      return .invalid(message: "\(error)")
    }
  }

  /// The line's answer: `{"expr","valid","next","message"}`, its expression null if it has none.
  mutating func answer(_ line: InputLines.Line) -> JSON {
    let json: JSON
    do {
      json = try line.object(called: "a case")
    } catch {
      return ScheduleCases.answer(.null, .invalid(message: error.message))
    }
    let answer: ScheduleAnswer
    do throws(CommandFailure) {
      answer = fires(try question(json))
    } catch {
      answer = .invalid(message: error.message)
    }
    return ScheduleCases.answer(json["expr"] ?? .null, answer)
  }

  /// An answer as a line.
  static func answer(_ expression: JSON, _ answer: ScheduleAnswer) -> JSON {
    switch answer {
    case .fires(let fires): ["expr": expression, "valid": true, "next": JSON(fires.texts), "message": ""]
    case .invalid(let message):
      ["expr": expression, "valid": false, "next": .array([]), "message": .string(message)]
    }
  }

  private func question(_ json: JSON) throws(CommandFailure) -> ScheduleQuestion {
    guard let expression = json["expr"]?.string else {
      throw CommandFailure(.invalidInput, "expr is a text, not \(json.kind(of: "expr"))")
    }
    guard let timezone = json.given("timezone").map({ $0.string }) ?? "UTC" else {
      throw CommandFailure(.invalidInput, "timezone is a text, not \(json.kind(of: "timezone"))")
    }
    guard let after = json.given("after").map({ $0.string.flatMap { Timestamp(argument: $0) } }) ?? now else {
      throw CommandFailure(.invalidInput, "after is ISO 8601 with a zone, not \(json.cell("after"))")
    }
    guard let count = json.given("count").map({ $0.int }) ?? 1, ScheduleQuestion.counts.contains(count) else {
      throw CommandFailure(
        .invalidInput, "count is 1 to \(ScheduleQuestion.countMax), not \(json.cell("count"))")
    }
    return ScheduleQuestion(
      expression: expression, timezone: timezone, after: after, count: count, changes: changes, shown: [])
  }

  /// The one chosen; else Scheduler's where only it has what the question needs.
  private func dialect(of question: ScheduleQuestion) -> ScheduleDialect {
    if let dialect { return dialect }
    return question.timezone != "UTC" || question.expression.hasPrefix("at(") ? .scheduler : .rules
  }

  private mutating func zone(_ name: String) throws(ZoneError) -> ZoneRules {
    if let known = zones[name] { return known }
    let loaded = try files.load(name)
    zones[name] = loaded
    return loaded
  }
}

extension JSON {
  /// The member, unless it is absent or null.
  fileprivate func given(_ key: String) -> JSON? {
    self[key] == .null ? nil : self[key]
  }

  fileprivate func kind(of key: String) -> String {
    self[key]?.kind ?? "absent"
  }
}
