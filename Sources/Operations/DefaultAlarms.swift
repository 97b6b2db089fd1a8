import Alarms
import Engine
import Events
import Measures

/// The alarms that an environment starts with (§6, §9, D25); ordinary alarms from then on.
public enum DefaultAlarms {
  /// - Throws: `MetricError` if one of them is none, which a test would show.
  public static func make(_ settings: Settings) throws(MetricError) -> [AlarmDefinition] {
    try ofEnvironment(settings) + ofSources(settings)
  }

  private static func ofEnvironment(_ settings: Settings) throws(MetricError) -> [AlarmDefinition] {
    let names = EnvironmentNames(settings)
    let draft = Draft(environment: settings.environment)
    let triggers = Namespace.triggers
    func depth(_ queue: String) -> MetricID {
      MetricID(Namespace.sqs, "ApproximateNumberOfMessagesVisible", ["QueueName": queue])
    }
    return [
      try draft.counted(
        "failed-invocations", .p1, MetricID(Namespace.events, "FailedInvocations"),
        "A target did not take an event or a scheduled fire"),
      try draft.counted(
        "expected-fire-missing", .p0, MetricID(triggers, "MissedFires", ["RuleName": names.scheduleRule]),
        "A slot of the schedule passed and nobody decided it"),
      try draft.define(
        "undecided-fires", .p1, MetricID(triggers, "UndecidedFires"), "Maximum", 60, 1,
        "A slot fired and its run is not decided"),
      try draft.define(
        "trigger-dead-letters", .p1, depth(names.triggerDeadLetters), "Maximum", 60, 1,
        "Causes lie in the dead-letter queue of triggers"),
      try draft.define(
        "work-dead-letters", .p2, depth(names.workDeadLetters), "Maximum", 60, 1,
        "Chunks lie in the dead-letter queue of work"),
      try draft.define(
        "breaker-open", .p1, MetricID(triggers, "BreakersOpen"), "Maximum", 60, 1,
        "The circuit breaker of a table is open after failed runs"),
      try draft.counted(
        "manual-throttled", .p3, MetricID(triggers, "ManualThrottled"), "Manual runs came over their hourly limit"),
      try draft.counted(
        "schedule-disabled", .p3, MetricID(triggers, "DisabledFires", ["RuleName": names.scheduleRule]),
        "A slot of the schedule passed while its rule was disabled"),
      try draft.define(
        "work-stalled", .p1,
        MetricID(Namespace.sqs, "ApproximateAgeOfOldestMessage", ["QueueName": names.workQueue]), "Maximum", 60, 1_800,
        "A chunk has waited for half an hour and no worker has finished it"),
      try draft.define(
        "clock-went-back", .p1, MetricID(triggers, "ClockBehindLedger"), "Maximum", 60, 2,
        "The clock shows a moment before decisions that were already made"),
      try draft.counted("loop-stopped", .p2, MetricID(triggers, "LoopStopped"), "A loop of causes was stopped"),
    ]
  }

  private static func ofSources(_ settings: Settings) throws(MetricError) -> [AlarmDefinition] {
    let draft = Draft(environment: settings.environment)
    var alarms: [AlarmDefinition] = []
    for source in settings.sources.keys.sorted() {
      let word = source.replacing("_", with: "-")
      alarms += [
        try draft.counted(
          "source-throttled-\(word)", .p2, MetricID(Namespace.triggers, "SourceThrottled", ["Source": source]),
          "The source \(source) answered 429"),
        try draft.define(
          "source-budget-spent-\(word)", .p3, MetricID(Namespace.triggers, "SourceBudgetUsed", ["Source": source]),
          "Minimum", 300, 99, "The requests of \(source) have been used up for five minutes"),
      ]
    }
    return alarms
  }

  /// What the alarms of an environment have in common.
  private struct Draft {
    let environment: String

    /// Sum over five minutes at least 1: a job of once a day can never exceed 1 (D25).
    func counted(
      _ name: String, _ severity: AlarmSeverity, _ metric: MetricID, _ what: String
    ) throws(MetricError) -> AlarmDefinition {
      try define(name, severity, metric, "Sum", 300, 1, what)
    }

    func define(
      _ name: String, _ severity: AlarmSeverity, _ metric: MetricID, _ statistic: String, _ period: Int,
      _ threshold: Double, _ what: String
    ) throws(MetricError) -> AlarmDefinition {
      try AlarmDefinition(
        name: "\(environment)-customer-\(name)",
        description: "\(what). \(severity.rawValue): \(severity.owner), within \(severity.responseTime); "
          + "escalate when \(severity.escalation). bellcrank explain \(name)",
        subject: .metric(metric, statistic: statistic, unit: nil), period: period, evaluationPeriods: 1,
        threshold: threshold, comparison: .greaterOrEqual, missingData: .notBreaching,
        tags: [AlarmSeverity.tag: severity.rawValue, "managed_by": "bellcrank"])
    }
  }
}
