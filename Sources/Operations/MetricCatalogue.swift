import Measures

/// The metrics that exist, by namespace: an alarm on any other never rings (D24).
///
/// Source: CloudWatch user guide, metrics of EventBridge, its Scheduler, Lambda and SQS; `Extract/Triggers` is ours.
public enum MetricCatalogue {
  /// What this server publishes: AWS's, two that only the specification has, and its own.
  public static let ofServer = ofAWS.merging(
    [
      Namespace.events: ["MatchedRules", "SuccessfulInvocations"],
      Namespace.triggers: [
        "BreakerOpen", "BreakersOpen", "ClockBehindLedger", "DecisionTime", "Decisions", "DeferredCauses",
        "DisabledFires", "LoopStopped", "ManualThrottled", "MissedFires", "NearMisses", "ScheduleLateness",
        "SourceBudgetUsed",
        "SourceErrors",
        "SourceLatency", "SourceRequests", "SourceThrottled", "TriggerExecution", "UndecidedFires",
        "WaitingDeliveries",
      ],
    ], uniquingKeysWith: { $0.union($1) })

  public static let ofAWS: [String: Set<String>] = [
    Namespace.events: [
      "DeadLetterInvocations", "Events", "FailedInvocations", "IngestionToInvocationStartLatency", "Invocations",
      "InvocationAttempts", "InvocationsCreated", "InvocationsFailedToBeSentToDlq", "InvocationsSentToDlq",
      "MatchedEvents", "PutEventsApproximateCallCount", "PutEventsApproximateFailedCount",
      "PutEventsApproximateSuccessCount", "PutEventsEntriesCount", "PutEventsFailedEntriesCount", "PutEventsLatency",
      "RetryInvocationAttempts", "SuccessfulInvocationAttempts", "ThrottledRules", "TriggeredRules",
    ],
    Namespace.lambda: [
      "AsyncEventAge", "AsyncEventsDropped", "AsyncEventsReceived", "ConcurrentExecutions", "DeadLetterErrors",
      "DestinationDeliveryFailures", "Duration", "Errors", "Invocations", "IteratorAge", "Throttles",
      "UnreservedConcurrentExecutions",
    ],
    Namespace.scheduler: [
      "InvocationAttemptCount", "InvocationDroppedCount", "InvocationThrottleCount",
      "InvocationsFailedToBeSentToDeadLetterCount", "InvocationsSentToDeadLetterCount", "TargetErrorCount",
      "TargetErrorThrottledCount",
    ],
    Namespace.sqs: [
      "ApproximateAgeOfOldestMessage", "ApproximateNumberOfMessagesDelayed",
      "ApproximateNumberOfMessagesNotVisible", "ApproximateNumberOfMessagesVisible", "NumberOfEmptyReceives",
      "NumberOfMessagesDeleted", "NumberOfMessagesReceived", "NumberOfMessagesSent", "SentMessageSize",
    ],
  ]
}
