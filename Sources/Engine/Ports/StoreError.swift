/// Why the store did not do what it was asked; nothing of the request has been kept.
public struct StoreError: Error, Sendable, Hashable {
  public enum Code: String, Sendable, CaseIterable {
    /// The disk is full, the file is locked, the volume is gone: trying again may help.
    case unavailable = "STORE_UNAVAILABLE"
    /// What is stored cannot be read back.
    case corrupt = "STORE_CORRUPT"
    /// What was asked contradicts what is stored.
    case refused = "STORE_REFUSED"
  }

  public let code: Code
  /// For people; programs read `code`.
  public let reason: String

  public init(_ code: Code, _ reason: String) {
    self.code = code
    self.reason = reason
  }
}
