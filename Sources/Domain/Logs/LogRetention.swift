import Events

/// How long a log group keeps its events; no retention is forever.
///
/// Source: the `Days` shape of the CloudWatch Logs service model.
public struct LogRetention: Sendable, Hashable {
  /// The only numbers of days there are.
  public static let allowedDays = [
    1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1_096, 1_827, 2_192, 2_557, 2_922, 3_288, 3_653,
  ]

  public let days: Int

  /// Throws `InvalidParameterException` for a number that is not among `allowedDays`.
  public init(days: Int) throws(LogsError) {
    guard LogRetention.allowedDays.contains(days) else {
      let allowed = LogRetention.allowedDays.map(String.init).joined(separator: ", ")
      throw .constraint(
        "Member must satisfy enum value set: [\(allowed)]", on: "retentionInDays", value: String(days))
    }
    self.days = days
  }

  /// Events before this moment are expired.
  public func limit(at now: Timestamp) -> Timestamp { now - .days(days) }
}
