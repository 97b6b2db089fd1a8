import Alarms
import Deliveries
import Engine
import Events
import Measures
import Patterns
import Rules
import Schedules

/// Looks for what is wrong before anything has happened: pure, so that a file, a stack and a running server get the same.
public struct Lint: Sendable {
  /// One thing that is wrong, and with what.
  public struct Finding: Sendable, Hashable {
    public let code: LintCode
    /// The rule or the alarm.
    public let subject: String
    /// What is wrong with this one.
    public let sentence: String

    public var json: JSON {
      [
        "code": .string(code.rawValue), "subject": .string(subject), "sentence": .string(sentence),
        "remedy": .string(code.remedy),
      ]
    }
  }

  /// A rule as far as lint looks at it, wherever it is written.
  public struct RuleDraft: Sendable {
    public let name: String
    public let pattern: JSON?
    public let schedule: String?
    public let targets: [TargetDraft]

    public init(name: String, pattern: JSON?, schedule: String?, targets: [TargetDraft]) {
      self.name = name
      self.pattern = pattern
      self.schedule = schedule
      self.targets = targets
    }
  }

  public struct TargetDraft: Sendable {
    /// An ARN, or whatever a stack writes for it.
    public let arn: String
    /// What the target is given: a template, or a constant.
    public let input: String?
    public let paths: [String: String]
    public let hasRetryPolicy: Bool
    public let hasDeadLetters: Bool

    public init(arn: String, input: String?, paths: [String: String], hasRetryPolicy: Bool, hasDeadLetters: Bool) {
      self.arn = arn
      self.input = input
      self.paths = paths
      self.hasRetryPolicy = hasRetryPolicy
      self.hasDeadLetters = hasDeadLetters
    }
  }

  /// An alarm on one metric.
  public struct AlarmDraft: Sendable {
    public let name: String
    public let namespace: String
    public let metric: String
    public let statistic: String
    public let period: Int
    public let threshold: Double
    public let comparison: AlarmComparison
    public let missingData: MissingData

    public init(
      name: String, namespace: String, metric: String, statistic: String, period: Int, threshold: Double,
      comparison: AlarmComparison, missingData: MissingData
    ) {
      self.name = name
      self.namespace = namespace
      self.metric = metric
      self.statistic = statistic
      self.period = period
      self.threshold = threshold
      self.comparison = comparison
      self.missingData = missingData
    }
  }

  private let rules: [RuleDraft]
  private let alarms: [AlarmDraft]
  private let now: Timestamp
  private let metrics: [String: Set<String>]

  /// - Parameter metrics: those that are published there, by namespace.
  public init(
    rules: [RuleDraft], alarms: [AlarmDraft], at now: Timestamp,
    metrics: [String: Set<String>] = MetricCatalogue.ofAWS
  ) {
    self.metrics = metrics
    self.rules = rules
    self.alarms = alarms
    self.now = now
  }

  public func findings() -> [Finding] {
    overlaps() + rules.flatMap(look) + alarms.flatMap(look)
  }

  // MARK: Rules

  private func overlaps() -> [Finding] {
    var findings: [Finding] = []
    for (index, left) in rules.enumerated() {
      for right in rules.dropFirst(index + 1) {
        guard let target = left.targets.first(where: { target in right.targets.contains { $0.arn == target.arn } }),
          let first = left.pattern, let second = right.pattern,
          let event = PatternWitness.event(matching: [first, second])
        else { continue }
        findings.append(
          Finding(
            code: .rulesOverlap, subject: "\(left.name), \(right.name)",
            sentence: "both want \(event.text), and both send it to \(target.arn)"))
      }
    }
    return findings
  }

  private func look(_ rule: RuleDraft) -> [Finding] {
    var findings: [Finding] = []
    func add(_ code: LintCode, _ sentence: String) {
      findings.append(Finding(code: code, subject: rule.name, sentence: sentence))
    }
    if let sentence = deadness(rule) { add(.ruleDead, sentence) }
    if let sentence = loop(rule) { add(.causeLoop, sentence) }
    if let sentence = winter(rule) { add(.marketCloseUTC, sentence) }
    for target in rule.targets {
      if let sentence = randomKey(target) { add(.randomIdempotencyKey, sentence) }
      if rule.schedule != nil, !target.hasRetryPolicy {
        add(.retriesUnasked, "a start that fails is tried again for a day, while the next slot comes: \(target.arn)")
      }
      if !target.hasDeadLetters { add(.noDeadLetters, "what \(target.arn) does not take is lost") }
    }
    return findings
  }

  /// Members that an envelope has; a pattern on any other never matches.
  private static let envelope: Set<String> = [
    "version", "id", "detail-type", "source", "account", "time", "region", "resources", "detail", "replay-name", "$or",
  ]

  private func deadness(_ rule: RuleDraft) -> String? {
    if let pattern = rule.pattern {
      for member in pattern.members ?? [] where !Lint.envelope.contains(member.key) {
        return "no event has the field \(member.key); an envelope has detail-type, source, detail and the like"
      }
      // What is no pattern, or what no tried event fits, is said to be dead only if it holds a list without a value.
      if Lint.hasEmptyList(pattern) { return "a list of its pattern has no value, so nothing is in it" }
    }
    guard let text = rule.schedule else { return nil }
    let schedule: ScheduleExpression
    do { schedule = try ScheduleExpression(text, dialect: .rules) } catch {
      return "\(text) is no schedule: \(error.message)"
    }
    return schedule.next(after: now, anchor: now, zone: .utc) == nil ? "\(text) never fires again" : nil
  }

  private static func hasEmptyList(_ json: JSON) -> Bool {
    if let elements = json.elements { return elements.isEmpty }
    return (json.members ?? []).contains { hasEmptyList($0.value) }
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

  // MARK: Alarms

  private func look(_ alarm: AlarmDraft) -> [Finding] {
    if let known = metrics[alarm.namespace], !known.contains(alarm.metric) {
      let near = known.sorted().joined(separator: ", ")
      return [
        Finding(
          code: .phantomMetric, subject: alarm.name,
          sentence: "\(alarm.namespace) has no metric \(alarm.metric); it has \(near)")
      ]
    }
    return reach(alarm).map { [Finding(code: .alarmCannotFire, subject: alarm.name, sentence: $0)] } ?? []
  }

  private func reach(_ alarm: AlarmDraft) -> String? {
    let metric = "\(alarm.statistic) of \(alarm.metric)"
    switch alarm.comparison {
    case .less where alarm.threshold <= 0, .lessOrEqual where alarm.threshold < 0:
      return "\(metric) is never below 0, and the threshold is \(JSON(alarm.threshold).text)"
    case .less, .lessOrEqual:
      guard alarm.missingData == .notBreaching || alarm.missingData == .ignore,
        ["Sum", "SampleCount"].contains(alarm.statistic)
      else { return nil }
      return "\(metric) has no value while nothing happens, and missing data is \(alarm.missingData.rawValue)"
    case .greater, .greaterOrEqual:
      // Once a day, one failure is all there can be in a short period (D25).
      let slots = rules.compactMap(\.schedule).map { Lint.firesWithin(alarm.period, $0, now) }.max() ?? 0
      guard ["MissedFires", "FailedInvocations"].contains(alarm.metric), alarm.statistic == "Sum", slots == 1,
        alarm.threshold > 1 || (alarm.threshold == 1 && alarm.comparison == .greater)
      else { return nil }
      return
        "at most \(slots) fire falls into \(alarm.period) s, so \(metric) does not pass \(JSON(alarm.threshold).text)"
    }
  }

  /// The most fires of a schedule in any window of that length, over the next days.
  private static func firesWithin(_ seconds: Int, _ text: String, _ now: Timestamp) -> Int {
    let schedule: ScheduleExpression
    do { schedule = try ScheduleExpression(text, dialect: .rules) } catch { return 0 }
    let fires = schedule.instants(after: now, count: 100, anchor: now, zone: .utc)
    return fires.indices.map { start in
      fires[start...].prefix { $0 - fires[start] < .seconds(seconds) }.count
    }.max() ?? 0
  }
}

extension Lint {
  /// What there is: rules and alarms as a server, or the first start of one, has them.
  public init(_ rules: [Rule], _ alarms: [AlarmDefinition], at now: Timestamp) {
    self.init(
      rules: rules.filter(\.isEnabled).map(RuleDraft.init), alarms: alarms.compactMap(AlarmDraft.init), at: now,
      metrics: MetricCatalogue.ofServer)
  }
}

extension Lint.RuleDraft {
  init(_ rule: Rule) {
    var pattern: JSON?
    if let text = rule.pattern?.text {
      do { pattern = try JSON(parsing: text) } catch { pattern = nil }
    }
    self.init(
      name: rule.name, pattern: pattern, schedule: rule.schedule?.text, targets: rule.targets.map(Lint.TargetDraft.init)
    )
  }
}

extension Lint.TargetDraft {
  init(_ target: Target) {
    var input: String?
    var paths: [String: String] = [:]
    switch target.input {
    case .whole, .path: break
    case .constant(let text): input = text
    case .transformer(let made):
      input = made.template
      for path in made.paths { paths[path.name] = path.path.description }
    }
    self.init(
      arn: target.arn.description, input: input, paths: paths, hasRetryPolicy: target.isRetryAsked,
      hasDeadLetters: target.deadLetter != nil)
  }
}

extension Lint.AlarmDraft {
  /// nil if it watches more than one metric.
  init?(_ alarm: AlarmDefinition) {
    guard case .metric(let metric, let statistic, _) = alarm.subject else { return nil }
    self.init(
      name: alarm.name, namespace: metric.namespace, metric: metric.name, statistic: statistic, period: alarm.period,
      threshold: alarm.threshold, comparison: alarm.comparison, missingData: alarm.missingData)
  }
}
