import Deliveries
import Events
import Patterns
import Schedules

/// What a bus does with an event, or a clock with an instant: a pattern or a schedule, and targets.
///
/// Source: EventBridge API, `PutRule`. A rule with both has both: it fires on schedule and matches events.
public struct Rule: Sendable, Hashable {
  public enum State: String, Sendable, Hashable, Codable {
    case enabled = "ENABLED"
    case disabled = "DISABLED"
  }

  public static let targetsMax = 5

  public let name: String
  public let arn: ResourceName
  public var description: String?
  public var state: State
  public var pattern: EventPattern?
  public var schedule: ScheduleExpression?
  public var misfire: MisfirePolicy
  public var overlap: OverlapPolicy
  /// Why it is disabled, where somebody said so.
  public var pause: Pause?
  public var targets: [Target]
  /// Grows by one with every change.
  public var version: Int
  /// Since when the schedule counts: its creation, or its last change. No slot at or before it is ever fired.
  public var anchor: Timestamp
  /// The role that EventBridge would assume for its targets; kept for `describe-rule`.
  public var role: String?

  public init(
    name: String, arn: ResourceName, description: String?, state: State, pattern: EventPattern?,
    schedule: ScheduleExpression?, misfire: MisfirePolicy, targets: [Target], version: Int, anchor: Timestamp,
    role: String? = nil, overlap: OverlapPolicy = .allowAll, pause: Pause? = nil
  ) {
    self.overlap = overlap
    self.pause = pause
    self.role = role
    self.name = name
    self.arn = arn
    self.description = description
    self.state = state
    self.pattern = pattern
    self.schedule = schedule
    self.misfire = misfire
    self.targets = targets
    self.version = version
    self.anchor = anchor
  }

  public var isEnabled: Bool { state == .enabled }
}

/// Where a rule sends an event, and in which shape.
public struct Target: Sendable, Hashable {
  public let id: String
  public let arn: ResourceName
  public let input: TargetInput
  public let retry: RetryPolicy
  public let deadLetter: ResourceName?
  /// The role that EventBridge would assume; kept for `list-targets-by-rule`.
  public let role: String?
  /// Whether somebody asked for that retry policy, which may be the standard one.
  public let isRetryAsked: Bool
  /// What its service wants besides the input; only targets of schedules have it.
  public let parameters: TargetParameters?

  /// - Parameter isRetryAsked: nil if it is asked for only where it is not the standard one.
  public init(
    id: String, arn: ResourceName, input: TargetInput, retry: RetryPolicy = .standard, deadLetter: ResourceName?,
    role: String? = nil, isRetryAsked: Bool? = nil, parameters: TargetParameters? = nil
  ) {
    self.parameters = parameters
    self.isRetryAsked = isRetryAsked ?? (retry != .standard)
    self.id = id
    self.arn = arn
    self.input = input
    self.retry = retry
    self.deadLetter = deadLetter
    self.role = role
  }
}
