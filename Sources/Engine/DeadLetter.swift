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

  /// The one attribute beside Scheduler's own, of the ten that a message may have: what an invocation needs besides the body, to be
  /// sent again. A JSON object with the cause, the role and the parameters of the target.
  public static let invocationAttribute = "BELLCRANK_INVOCATION"

  /// Of a schedule's invocation, with Scheduler's attributes; the body is what the target was given last.
  ///
  /// Source: EventBridge Scheduler user guide, "Configuring a schedule's dead-letter queue".
  static func message(
    to queue: String, id: String, of invocation: ScheduleInvocation, by cause: Cause, _ target: Target,
    _ why: Delivery.DeadLetterCause, at now: Timestamp
  ) -> OutgoingMessage {
    var input: String?
    if case .scheduled(let text) = target.input { input = text }
    // The input for a bus is the event's detail, which is empty where there is none.
    let body = target.arn.service == "events" && input == nil ? "{}" : invocation.body(input)
    let (parameters, arn) = (target.parameters, target.arn)
    var again = JSON(present: [
      "cause": .string(cause.id), "version": cause.ruleVersion.map { JSON($0) },
      "RoleArn": target.role.map { .string($0) },
    ])
    if let parameters { again.set(parameters.name, parameters.json) }
    var attributes: [String: MessageAttribute] = [
      "SCHEDULE_ARN": .string(invocation.schedule.description), "TARGET_ARN": .string(arn.description),
      "SCHEDULED_TIME": .string(invocation.scheduledTime.description), "EXECUTION_ID": .string(invocation.executionID),
      "ERROR_CODE": .string(code(why.error.code, of: arn)), "ERROR_MESSAGE": .string(why.error.reason),
      "RETRY_ATTEMPTS": .string(String(why.retryAttempts)), "IS_PAYLOAD_TRUNCATED": .string("false"),
      invocationAttribute: .string(again.text),
    ]
    if let exhausted = why.exhausted { attributes["EXHAUSTED_RETRY_CONDITION"] = .string(exhausted) }
    return OutgoingMessage(queue: queue, id: id, body: body, attributes: attributes, visibleAt: now)
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
