/// How bad an alarm is: who answers it, how fast, and when it goes up (§9, the escalation matrix).
public enum AlarmSeverity: String, Sendable, Hashable, CaseIterable {
  case p0 = "P0"
  case p1 = "P1"
  case p2 = "P2"
  case p3 = "P3"

  /// The tag under which an alarm carries its class.
  public static let tag = "severity"

  public var responseTime: String {
    switch self {
    case .p0: "15 minutes"
    case .p1: "1 hour"
    case .p2: "4 hours"
    case .p3: "1 day"
    }
  }

  public var owner: String {
    switch self {
    case .p0: "on-call engineer"
    case .p1: "development team lead"
    case .p2: "development team"
    case .p3: "operations team"
    }
  }

  /// When an incident is of this class, and so goes to its owner.
  public var escalation: String {
    switch self {
    case .p0: "the whole pipeline has stopped"
    case .p1: "some functions fail"
    case .p2: "performance has degraded"
    case .p3: "a minor issue"
    }
  }
}
