import Events

/// What a target's service wants besides the input.
///
/// Source: EventBridge Scheduler API, `Target`: `SqsParameters`, `EventBridgeParameters`.
public enum TargetParameters: Sendable, Hashable {
  /// Which messages of a queue belong together. Standard queues take it and keep no order by it.
  case message(groupID: String)
  /// What the event of a bus target says that it is.
  case event(detailType: String, source: String)

  /// AWS's name of the member of a target that holds them.
  public var name: String {
    switch self {
    case .message: "SqsParameters"
    case .event: "EventBridgeParameters"
    }
  }

  /// Their members in AWS's words.
  public var json: JSON {
    switch self {
    case .message(let groupID): ["MessageGroupId": .string(groupID)]
    case .event(let detailType, let source): ["DetailType": .string(detailType), "Source": .string(source)]
    }
  }

  /// Reads them from a stored target; nil if it has none.
  public init?(target json: JSON) {
    if let groupID = json["SqsParameters"]?["MessageGroupId"]?.string {
      self = .message(groupID: groupID)
    } else if let event = json["EventBridgeParameters"], let detailType = event["DetailType"]?.string,
      let source = event["Source"]?.string
    {
      self = .event(detailType: detailType, source: source)
    } else {
      return nil
    }
  }
}
