import Engine
import Events
import Schedules

/// What is wrong with one rule.
extension Lint {
  func look(_ rule: RuleDraft, _ view: PatternView?) -> [Finding] {
    var findings: [Finding] = []
    func add(_ code: LintCode, _ sentence: String) {
      findings.append(Finding(code: code, subject: rule.name, sentence: sentence))
    }
    if let sentence = view?.dead.whole ?? deadSchedule(rule) { add(.ruleDead, sentence) }
    if let view, let shape = view.alive {
      for sentence in view.dead.parts.prefix(Lint.leavesMax) { add(.leafDead, sentence) }
      for sentence in unseenLeaves(shape).prefix(Lint.leavesMax) { add(.leafUnseen, sentence) }
      for sentence in costs(view.pattern, shape).prefix(Lint.leavesMax) { add(.patternCostly, sentence) }
    }
    if let sentence = loop(rule) { add(.causeLoop, sentence) }
    for sentence in marketTraps(rule) { add(.marketCloseUTC, sentence) }
    for target in rule.targets {
      if let sentence = randomKey(target) { add(.randomIdempotencyKey, sentence) }
      if rule.schedule != nil, !target.hasRetryPolicy {
        add(.retriesUnasked, "a start that fails is tried again for a day, while the next slot comes: \(target.arn)")
      }
      if !target.hasDeadLetters { add(.noDeadLetters, "what \(target.arn) does not take is lost") }
    }
    return findings
  }

  private func deadSchedule(_ rule: RuleDraft) -> String? {
    guard let text = rule.schedule else { return nil }
    let schedule: ScheduleExpression
    do { schedule = try ScheduleExpression(text, dialect: .rules) } catch {
      return "\(text) is no schedule: \(error.message)"
    }
    return schedule.next(after: now, anchor: now, zone: .utc) == nil ? "\(text) never fires again" : nil
  }

  /// What a run brings about: raw objects, which the bus tells of.
  private func loop(_ rule: RuleDraft) -> String? {
    guard let pattern = rule.pattern, rule.targets.contains(where: { $0.arn.contains("orchestrator") }),
      pattern["source"]?.elements?.contains("aws.s3") == true
    else { return nil }
    let bucket = pattern["detail"]?["bucket"]?["name"]?.elements?.first?.string
    guard bucket == nil || bucket?.contains("raw") == true else { return nil }
    return "a run writes objects into the raw bucket, and each object would start a run"
  }

  /// Fires that come before a market's close in one half of the year, and the ones at the very minute of New York's.
  private func marketTraps(_ rule: RuleDraft) -> [String] {
    guard let text = rule.schedule else { return [] }
    do {
      let traps = traps(try ScheduleExpression(text, dialect: .rules), in: .utc)
      return traps.isEmpty ? [winter(rule)].compactMap { $0 } : traps
    } catch {
      return []  // It is told of as dead.
    }
  }

  /// What is wrong with one schedule of EventBridge Scheduler.
  func look(_ schedule: ScheduleDraft) -> [Finding] {
    do {
      let expression = try ScheduleExpression(schedule.expression, dialect: .scheduler)
      let zone = try zones.zone(schedule.timezone)
      try expression.validate(in: zone)
      let timetable = Timetable(expression, zone: zone, anchor: now, epoch: now)
      // One that fired once, or a rate, is no mistake.
      if !expression.isOnce, timetable.next(after: now) == nil {
        return [Finding(code: .ruleDead, subject: schedule.name, sentence: "\(schedule.expression) never fires again")]
      }
      return traps(expression, in: zone).map {
        Finding(code: .marketCloseUTC, subject: schedule.name, sentence: $0)
      }
    } catch let error as ScheduleError {
      return [
        Finding(code: .ruleDead, subject: schedule.name, sentence: "\(error.message) \(error.reason)")
      ]
    } catch {
      return [Finding(code: .ruleDead, subject: schedule.name, sentence: "\(error)")]
    }
  }

  /// The fires of which a clock change makes a trap, a sentence each.
  private func traps(_ expression: ScheduleExpression, in zone: ZoneRules) -> [String] {
    let timetable = Timetable(expression, zone: zone, anchor: now, epoch: now)
    return Market.known.flatMap { market -> [String] in
      do throws(ZoneError) {
        let traps = timetable.traps(of: market, in: try zones.zone(market.zoneName), after: now)
        return traps.map { $0.words(in: .english) }
      } catch {
        return []  // A machine without the market's zone cannot say.
      }
    }
  }

  /// New York closes at 16:00: 20:00 UTC in summer, 21:00 UTC in winter.
  private func winter(_ rule: RuleDraft) -> String? {
    guard let text = rule.schedule, text.hasPrefix("cron("), let fields = Lint.fields(of: text), fields.count == 6,
      let minute = Int(fields[0]), let hour = Int(fields[1]), hour == 20 || (hour == 21 && minute == 0)
    else { return nil }
    let local = hour - 5
    return
      "\(text) is \(local):\(minute < 10 ? "0" : "")\(minute) in New York from November to March; the market closes at 16:00"
  }

  private static func fields(of cron: String) -> [String]? {
    guard cron.hasSuffix(")") else { return nil }
    return cron.dropFirst("cron(".count).dropLast().split(separator: " ").map(String.init)
  }

  private static let keys = ["correlation_id", "idempotency_key"]
  /// Paths and variables that are new with every event.
  private static let random = ["$.id", "<aws.events.event.ingestion-time>"]

  private func randomKey(_ target: TargetDraft) -> String? {
    guard let input = target.input else { return nil }
    for key in Lint.keys {
      guard let range = input.firstRange(of: "\"\(key)\"") else { continue }
      let rest = input[range.upperBound...].drop { $0 == ":" || $0 == " " || $0 == "\"" }
      guard rest.first == "<", let end = rest.firstIndex(of: ">") else { continue }
      let variable = String(rest[...end])
      let path = target.paths[String(variable.dropFirst().dropLast())] ?? variable
      if Lint.random.contains(path) { return "\(key) is \(path), which no two events share" }
    }
    return nil
  }
}
