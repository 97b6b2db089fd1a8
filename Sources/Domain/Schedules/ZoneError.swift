/// Why there are no rules for a time zone.
public struct ZoneError: Error, Sendable, Hashable {
  /// What kind of trouble it is; never renamed, programs read it.
  public enum Code: String, Sendable, CaseIterable {
    /// The name is none a zone could have.
    case nameInvalid = "INVALID_TIME_ZONE_NAME"
    /// No zone has the name.
    case zoneUnknown = "UNKNOWN_TIME_ZONE"
    /// The zone's data cannot be read or make no sense.
    case dataMalformed = "TIME_ZONE_DATA_MALFORMED"
    /// The machine has no time zone data at all.
    case dataMissing = "TIME_ZONE_DATA_MISSING"
  }

  public let code: Code
  /// For people; programs read `code`.
  public let reason: String

  public init(_ code: Code, _ reason: String) {
    self.code = code
    self.reason = reason
  }
}
