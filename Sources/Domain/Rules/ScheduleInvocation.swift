import Events

/// One attempt to invoke a schedule's target: what its context attributes stand for.
///
/// Source: EventBridge Scheduler user guide, "Adding context attributes".
public struct ScheduleInvocation: Sendable, Hashable {
  public let schedule: ResourceName
  public let scheduledTime: Timestamp
  /// The same for every attempt at one slot.
  public let executionID: String
  /// 1 for the first.
  public let attempt: Int

  /// - Parameter causeID: the id of the slot's cause.
  public init(schedule: ResourceName, scheduledTime: Timestamp, causeID: String, attempt: Int) {
    self.schedule = schedule
    self.scheduledTime = scheduledTime
    let digits = String(DerivedID.hash("execution of \(causeID)"), radix: 16)
    executionID = String(repeating: "0", count: 16 - digits.count) + digits
    self.attempt = attempt
  }

  /// The text with its context attributes filled in. None of their values needs an escape in JSON.
  public func filled(_ text: String) -> String {
    guard text.contains("<aws.scheduler.") else { return text }
    return attributes.reduce(text) { text, attribute in
      text.replacing("<aws.scheduler.\(attribute.name)>", with: attribute.value)
    }
  }

  private var attributes: [(name: String, value: String)] {
    [
      ("schedule-arn", schedule.description), ("scheduled-time", scheduledTime.description),
      ("execution-id", executionID), ("attempt-number", String(attempt)),
    ]
  }

  /// What a target without an input gets. Its detail is a text, as Scheduler sends it; the id is the same for every attempt.
  public var event: JSON {
    [
      "version": "0", "id": .string(DerivedID.uuid(of: "event of \(executionID) of \(schedule)")),
      "detail-type": "Scheduled Event", "source": "aws.scheduler", "account": .string(schedule.account),
      "time": .string(scheduledTime.description), "region": .string(schedule.region),
      "resources": [.string(schedule.description)], "detail": "{}",
    ]
  }

  /// The text that the target gets.
  public func body(_ input: String?) -> String { input.map(filled) ?? event.text }
}

extension Event {
  /// The event that a function was given: of a bus, or Scheduler's own, which writes its empty detail as a text.
  public init?(given json: JSON) {
    var json = json
    if json["source"] == "aws.scheduler", json["detail"] == "{}" { json.set("detail", .object([])) }
    self.init(json)
  }
}
