import Alarms
import Deliveries
import Engine
import Events
import Measures
import Patterns
import Rules
import Schedules

extension Lint {
  /// What there is: rules and alarms as a server, or the first start of one, has them.
  ///
  /// - Parameters:
  ///   - region: of the engine on which the rules are.
  ///   - recorded: what its events look like; nil if there are none yet.
  ///   - schedules: those of EventBridge Scheduler.
  ///   - zones: in which the markets' clocks hang.
  public init(
    _ rules: [Rule], _ alarms: [AlarmDefinition], at now: Timestamp, region: String? = nil,
    recorded: RecordedEvents? = nil, schedules: [Schedule] = [], zones: any Zones
  ) {
    self.init(
      rules: rules.filter(\.isEnabled).map(RuleDraft.init), alarms: alarms.compactMap(AlarmDraft.init), at: now,
      metrics: MetricCatalogue.ofServer, region: region, recorded: recorded,
      schedules: schedules.filter(\.isEnabled).map {
        ScheduleDraft(name: $0.name.description, expression: $0.expression.text, timezone: $0.timezone)
      }, zones: zones)
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
    case .scheduled(let text): input = text
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
