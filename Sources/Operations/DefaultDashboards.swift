import Engine
import Events
import Ingestion
import Measures

/// The four boards of §6, as widgets of one dashboard each and together in the one of D28.
public enum DefaultDashboards {
  public static func make(_ settings: Settings) -> [(name: String, body: JSON)] {
    let names = EnvironmentNames(settings)
    let region = settings.names.region
    let prefix = "\(settings.environment)-customer-ingestion"
    func widget(_ title: String, _ place: Int, _ metrics: [MetricID], _ statistic: String) -> JSON {
      [
        "type": "metric", "x": JSON(place % 2 * 12), "y": JSON(place / 2 * 6), "width": 12, "height": 6,
        "properties": [
          "title": .string(title), "region": .string(region), "view": "timeSeries", "stacked": false, "period": 300,
          "stat": .string(statistic),
          "metrics": .array(
            metrics.map { metric in
              .array(
                [.string(metric.namespace), .string(metric.name)]
                  + metric.dimensions.flatMap { [.string($0.name), .string($0.value)] })
            }),
        ],
      ]
    }
    func executions(_ type: String, _ statuses: [String]) -> [MetricID] {
      statuses.map { status in
        MetricID(
          Namespace.triggers, "TriggerExecution",
          ["TriggerType": type, "Domain": settings.defaults.domain, "Status": status])
      }
    }
    func events(_ name: String) -> MetricID { MetricID(Namespace.events, name) }
    let sources = settings.sources.keys.sorted()
    let schedules = [
      widget(
        "Schedule: fires", 0,
        [MetricID(Namespace.events, "TriggeredRules", ["RuleName": names.scheduleRule])]
          + executions("schedule", ["success", "duplicate", "rejected"]), "Sum"),
      widget(
        "Schedule: missed and undecided", 1,
        [
          MetricID(Namespace.triggers, "MissedFires", ["RuleName": names.scheduleRule]),
          MetricID(Namespace.triggers, "UndecidedFires"),
        ], "Maximum"),
    ]
    let frequency = [
      widget("Events: matched rules", 2, [events("MatchedEvents"), events("TriggeredRules")], "Sum"),
      widget("Event-driven runs", 3, executions("event", ["success", "duplicate", "unmatched"]), "Sum"),
    ]
    let failures = [
      widget("Failed invocations", 4, [events("Invocations"), events("FailedInvocations")], "Sum"),
      widget(
        "Dead letters", 5,
        [names.triggerDeadLetters, names.workDeadLetters].map {
          MetricID(Namespace.sqs, "ApproximateNumberOfMessagesVisible", ["QueueName": $0])
        }, "Maximum"),
    ]
    let usage = [
      widget(
        "Source API: requests and 429s", 6,
        sources.flatMap { source in
          ["SourceRequests", "SourceThrottled"].map { MetricID(Namespace.triggers, $0, ["Source": source]) }
        }, "Sum"),
      widget(
        "Source API: budget used", 7,
        sources.map { MetricID(Namespace.triggers, "SourceBudgetUsed", ["Source": $0]) }, "Maximum"),
    ]
    func board(_ widgets: [JSON]) -> JSON { ["widgets": .array(widgets)] }
    return [
      (prefix, board(schedules + frequency + failures + usage)), ("\(prefix)-schedules", board(schedules)),
      ("\(prefix)-events", board(frequency)), ("\(prefix)-failures", board(failures)),
      ("\(prefix)-source-api", board(usage)),
    ]
  }
}
