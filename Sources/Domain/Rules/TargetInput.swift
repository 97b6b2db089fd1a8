import Events

/// The names of the rule that sends an event, as templates may quote them.
public struct RuleNames: Sendable, Hashable {
  public let name: String
  public let arn: ResourceName

  public init(name: String, arn: ResourceName) {
    self.name = name
    self.arn = arn
  }
}

/// What a target gets of an event.
///
/// Source: EventBridge API reference, `Target`: `Input`, `InputPath`, `InputTransformer`, or none of them.
public enum TargetInput: Sendable, Hashable {
  /// The event as it is.
  case whole
  /// A JSON text that is the same for every event, sent as it was written.
  case constant(String)
  /// What a schedule sends: a text whose context attributes are filled in at each attempt; nil for Scheduler's own event.
  ///
  /// Source: EventBridge Scheduler user guide, "Adding context attributes".
  case scheduled(String?)
  /// One part of the event.
  case path(EventPath)
  /// A template filled from the event.
  case transformer(InputTransformer)

  /// The input of a target as `PutTargets` names it, checked as it checks.
  ///
  /// Throws `severalInputs`, `invalidConstant` or `invalidPath`.
  public init(constant: String?, path: String?, transformer: InputTransformer?) throws(InputError) {
    switch (constant, path, transformer) {
    case (nil, nil, nil): self = .whole
    case (let text?, nil, nil): self = .constant(try TargetInput.checked(text))
    case (nil, let path?, nil): self = .path(try EventPath(path))
    case (nil, nil, let transformer?): self = .transformer(transformer)
    case (_, _, _): throw InputError.severalInputs
    }
  }

  /// The text that the target gets.
  ///
  /// Throws `nothingAtPath` if the event has nothing there; a transformer puts the empty string instead.
  ///
  /// - Parameter ingestionTime: when the bus took the event.
  public func body(for event: Event, rule: RuleNames, ingestionTime: Timestamp) throws(InputError) -> String {
    switch self {
    case .whole:
      return event.json.text
    case .constant(let text):
      return text
    case .scheduled(let text):
      return text ?? event.json.text
    case .path(let path):
      guard let value = path.value(in: event.json) else { throw InputError.nothingAtPath(path.description) }
      return value.text
    case .transformer(let transformer):
      return transformer.body(for: event, rule: rule, ingestionTime: ingestionTime)
    }
  }

  private static func checked(_ text: String) throws(InputError) -> String {
    do {
      _ = try JSON(parsing: text)
    } catch {
      throw InputError.invalidConstant
    }
    return text
  }
}
