import Events

/// A property of a queue.
///
/// Source: botocore, `sqs/2012-11-05`, shape `QueueAttributeName`; ranges from the documentation of SetQueueAttributes.
public enum QueueAttribute: String, Sendable, Codable, CaseIterable {
  case all = "All"
  case policy = "Policy"
  case visibilityTimeout = "VisibilityTimeout"
  case maximumMessageSize = "MaximumMessageSize"
  case messageRetentionPeriod = "MessageRetentionPeriod"
  case approximateNumberOfMessages = "ApproximateNumberOfMessages"
  case approximateNumberOfMessagesNotVisible = "ApproximateNumberOfMessagesNotVisible"
  case createdTimestamp = "CreatedTimestamp"
  case lastModifiedTimestamp = "LastModifiedTimestamp"
  case queueArn = "QueueArn"
  case approximateNumberOfMessagesDelayed = "ApproximateNumberOfMessagesDelayed"
  case delaySeconds = "DelaySeconds"
  case receiveMessageWaitTimeSeconds = "ReceiveMessageWaitTimeSeconds"
  case redrivePolicy = "RedrivePolicy"
  case fifoQueue = "FifoQueue"
  case contentBasedDeduplication = "ContentBasedDeduplication"
  case kmsMasterKeyId = "KmsMasterKeyId"
  case kmsDataKeyReusePeriodSeconds = "KmsDataKeyReusePeriodSeconds"
  case deduplicationScope = "DeduplicationScope"
  case fifoThroughputLimit = "FifoThroughputLimit"
  case redriveAllowPolicy = "RedriveAllowPolicy"
  case sqsManagedSseEnabled = "SqsManagedSseEnabled"

  /// What may be written there.
  private enum Setting {
    case number(ClosedRange<Int>)
    case json
    case flag
    case text
    case readOnly
  }

  private var setting: Setting {
    switch self {
    case .visibilityTimeout: .number(WireLimits.visibilityTimeoutSeconds)
    case .maximumMessageSize: .number(1_024...WireLimits.messageBytesMax)
    case .messageRetentionPeriod: .number(60...1_209_600)
    case .delaySeconds: .number(WireLimits.delaySeconds)
    case .receiveMessageWaitTimeSeconds: .number(WireLimits.waitTimeSeconds)
    case .kmsDataKeyReusePeriodSeconds: .number(60...86_400)
    case .policy, .redrivePolicy, .redriveAllowPolicy: .json
    case .fifoQueue, .contentBasedDeduplication, .sqsManagedSseEnabled: .flag
    case .kmsMasterKeyId, .deduplicationScope, .fifoThroughputLimit: .text
    case .all, .approximateNumberOfMessages, .approximateNumberOfMessagesNotVisible, .createdTimestamp,
      .lastModifiedTimestamp, .queueArn, .approximateNumberOfMessagesDelayed:
      .readOnly
    }
  }

  /// The attributes that a request sets, each checked; an empty JSON attribute removes it.
  static func settings(_ texts: [String: String]) throws(WireError) -> [QueueAttribute: String] {
    var settings: [QueueAttribute: String] = [:]
    for (name, value) in texts.sorted(by: { $0.key < $1.key }) {
      guard let attribute = QueueAttribute(rawValue: name) else { throw unknown(name) }
      switch attribute.setting {
      case .readOnly: throw unknown(name)
      case .number(let range): guard let number = Int(value), range.contains(number) else { throw invalid(name) }
      case .flag: guard value == "true" || value == "false" else { throw invalid(name) }
      case .text: break
      case .json: guard value.isEmpty || isObject(value) else { throw invalid(name) }
      }
      if attribute == .redrivePolicy, !value.isEmpty, RedrivePolicy(value) == nil { throw invalid(name) }
      settings[attribute] = value
    }
    return settings
  }

  /// The attributes that a request asks for.
  static func names(_ members: Members) throws(WireError) -> [QueueAttribute] {
    var names: [QueueAttribute] = []
    for name in try members.texts("AttributeNames") ?? [] {
      guard let attribute = QueueAttribute(rawValue: name) else { throw unknown(name) }
      names.append(attribute)
    }
    return names
  }

  private static func unknown(_ name: String) -> WireError {
    WireError(.invalidAttributeName, "Unknown Attribute \(printable(name)).")
  }

  private static func invalid(_ name: String) -> WireError {
    WireError(.invalidAttributeValue, "Invalid value for the parameter \(name).")
  }

  private static func isObject(_ text: String) -> Bool {
    do {
      return try JSON(parsing: text).members != nil
    } catch {
      return false  // The caller refuses the value either way.
    }
  }
}

/// Where a queue sends what was received too often.
public struct RedrivePolicy: Sendable, Hashable {
  public let deadLetterTargetArn: ResourceName
  /// 1 to 1,000.
  public let maxReceiveCount: Int

  public init(deadLetterTargetArn: ResourceName, maxReceiveCount: Int) {
    precondition((1...1_000).contains(maxReceiveCount), "a queue redrives after 1 to 1,000 receives")
    self.deadLetterTargetArn = deadLetterTargetArn
    self.maxReceiveCount = maxReceiveCount
  }

  /// Reads the value of the `RedrivePolicy` attribute; nil if it is none. The count may be a number or a text.
  public init?(_ text: String) {
    let json: JSON
    do {
      json = try JSON(parsing: text)
    } catch {
      return nil
    }
    guard let arn = json["deadLetterTargetArn"]?.string.flatMap({ ResourceName($0) }), arn.service == "sqs",
      let count = json["maxReceiveCount"]?.int ?? json["maxReceiveCount"]?.string.flatMap({ Int($0) }),
      (1...1_000).contains(count)
    else { return nil }
    self.init(deadLetterTargetArn: arn, maxReceiveCount: count)
  }

  /// The value of the attribute.
  public var text: String {
    let json: JSON = [
      "deadLetterTargetArn": .string(deadLetterTargetArn.description), "maxReceiveCount": JSON(maxReceiveCount),
    ]
    return json.text
  }
}
