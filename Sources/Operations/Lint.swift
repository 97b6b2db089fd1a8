import Alarms
import Engine
import Events
import Measures

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

  /// A schedule of EventBridge Scheduler, wherever it is written.
  public struct ScheduleDraft: Sendable {
    /// `group/name`, or what a template calls it.
    public let name: String
    public let expression: String
    public let timezone: String

    public init(name: String, expression: String, timezone: String) {
      self.name = name
      self.expression = expression
      self.timezone = timezone
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

  let rules: [RuleDraft]
  let alarms: [AlarmDraft]
  let now: Timestamp
  let metrics: [String: Set<String>]
  let region: String?
  let recorded: RecordedEvents?
  let schedules: [ScheduleDraft]
  let zones: any Zones

  /// - Parameters:
  ///   - metrics: those that are published there, by namespace.
  ///   - region: of the engine on which the rules are; nil if they are on AWS.
  ///   - recorded: what events look like there; nil if none are recorded.
  ///   - zones: in which the markets' clocks hang.
  public init(
    rules: [RuleDraft], alarms: [AlarmDraft], at now: Timestamp,
    metrics: [String: Set<String>] = MetricCatalogue.ofAWS, region: String? = nil, recorded: RecordedEvents? = nil,
    schedules: [ScheduleDraft] = [], zones: any Zones = UniversalTimeOnly()
  ) {
    self.schedules = schedules
    self.zones = zones
    self.metrics = metrics
    self.region = region
    self.recorded = recorded
    self.rules = rules
    self.alarms = alarms
    self.now = now
  }

  public func findings() -> [Finding] {
    let patterns = rules.map { rule in
      rule.pattern.map { pattern in
        let shape = PatternShape(pattern)
        return PatternView(pattern: pattern, shape: shape, dead: deadLeaves(pattern, shape))
      }
    }
    return overlaps(patterns.map { $0?.alive }) + zip(rules, patterns).flatMap(look) + schedules.flatMap(look)
      + alarms.flatMap(look)
  }

  /// A pattern with what is dead of it.
  struct PatternView {
    let pattern: JSON
    let shape: PatternShape?
    let dead: (whole: String?, parts: [String])

    /// The shape of a pattern that can match.
    var alive: PatternShape? { dead.whole == nil ? shape : nil }
  }
}
