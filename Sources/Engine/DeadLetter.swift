import Deliveries
import Events
import Rules

/// The shape of a dead letter (D21).
public enum DeadLetter {
  public static func message(
    to queue: String, id: String, body: String, rule: String?, target: String, code: String, reason: String,
    exhausted: String?, retries: Int, at now: Timestamp
  ) -> OutgoingMessage {
    var attributes: [String: MessageAttribute] = [
      "TARGET_ARN": .string(target), "ERROR_CODE": .string(code), "ERROR_MESSAGE": .string(reason),
      "RETRY_ATTEMPTS": .string(String(retries)),
    ]
    if let rule { attributes["RULE_ARN"] = .string(rule) }
    if let exhausted { attributes["EXHAUSTED_RETRY_CONDITION"] = .string(exhausted) }
    return OutgoingMessage(queue: queue, id: id, body: body, attributes: attributes, visibleAt: now)
  }

  /// Of a schedule's invocation, with Scheduler's attributes; the body is what the target was given last.
  ///
  /// Source: EventBridge Scheduler user guide, "Configuring a schedule's dead-letter queue".
  static func message(
    to queue: String, id: String, of invocation: ScheduleInvocation, input: String?, target: ResourceName,
    _ why: Delivery.DeadLetterCause, at now: Timestamp
  ) -> OutgoingMessage {
    var attributes: [String: MessageAttribute] = [
      "SCHEDULE_ARN": .string(invocation.schedule.description), "TARGET_ARN": .string(target.description),
      "SCHEDULED_TIME": .string(invocation.scheduledTime.description), "EXECUTION_ID": .string(invocation.executionID),
      "ERROR_CODE": .string(code(why.error.code, of: target)), "ERROR_MESSAGE": .string(why.error.reason),
      "RETRY_ATTEMPTS": .string(String(why.retryAttempts)), "IS_PAYLOAD_TRUNCATED": .string("false"),
    ]
    if let exhausted = why.exhausted { attributes["EXHAUSTED_RETRY_CONDITION"] = .string(exhausted) }
    return OutgoingMessage(
      queue: queue, id: id, body: invocation.body(input), attributes: attributes, visibleAt: now)
  }

  /// Scheduler names the exception that the target's API threw, where rules have words of their own.
  private static func code(_ code: DeliveryError.Code, of target: ResourceName) -> String {
    switch code {
    case .targetMissing:
      target.description.contains("sqs") ? "AWS.SimpleQueueService.NonExistentQueue" : "ResourceNotFoundException"
    case .notPermitted: "AccessDeniedException"
    case .inputNotShaped: "ValidationException"
    case .throttled: "ThrottlingException"
    case .targetFailed, .functionFailed: code.rawValue
    }
  }
}
