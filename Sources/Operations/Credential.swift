import Engine
import Events

/// A key that signs requests, and what whoever has it may do.
public struct Credential: Sendable, Hashable {
  public let accessKeyID: String
  public let secret: String
  /// Whose it is, for people.
  public let user: String
  /// Whose policies bound it; nil may do everything that no policy denies.
  public let role: String?
  /// Twelve digits of a guest's account (D29); nil belongs to the environment's own.
  public let account: String?
  public let createdAt: Timestamp

  public init(
    accessKeyID: String, secret: String, user: String, role: String?, account: String?, createdAt: Timestamp
  ) {
    self.accessKeyID = accessKeyID
    self.secret = secret
    self.user = user
    self.role = role
    self.account = account
    self.createdAt = createdAt
  }
}

/// Where credentials lie; what is added or revoked counts from the next request on. Adapter: `SystemPorts.CredentialFile`.
public protocol CredentialStore: Sendable {
  /// By access key.
  func credentials() throws(StoreError) -> [String: Credential]
}
