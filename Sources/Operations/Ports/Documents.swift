import Engine
import Events

/// A definition that operators make and change: small, few, and read whole.
public struct Document: Sendable, Hashable {
  /// What kinds there are; raw values are stored, so they are never renamed.
  public enum Kind: String, Sendable, Hashable, CaseIterable {
    case alarm
    case dashboard
    case role
    case resourcePolicy = "resource_policy"
    case credential
    case move
    case webhook
    case eventBus = "event_bus"
    case logGroup = "log_group"
    /// Where a loop of this tier goes on after a restart.
    case progress
    /// Which clock the environment lives by, and where a virtual one stands.
    case clock
  }

  public let name: String
  public let json: JSON
  public let createdAt: Timestamp
  public let changedAt: Timestamp

  public init(name: String, json: JSON, createdAt: Timestamp, changedAt: Timestamp) {
    self.name = name
    self.json = json
    self.createdAt = createdAt
    self.changedAt = changedAt
  }
}

/// Where definitions survive a restart. Adapter: `SQLiteStore`.
public protocol Documents: Sendable {
  /// Those of a kind, by name.
  func documents(_ kind: Document.Kind) async throws(StoreError) -> [Document]
  func document(_ kind: Document.Kind, _ name: String) async throws(StoreError) -> Document?
  /// Creates or replaces; all or nothing.
  func save(_ changes: [DocumentChange], at now: Timestamp) async throws(StoreError)
  /// False if there is none of that name.
  func remove(_ kind: Document.Kind, _ name: String, at now: Timestamp) async throws(StoreError) -> Bool
}

/// One definition as it shall be.
public struct DocumentChange: Sendable, Hashable {
  public let kind: Document.Kind
  public let name: String
  public let json: JSON
  /// Whether one that exists stays as it is.
  public let onlyIfAbsent: Bool

  public init(_ kind: Document.Kind, _ name: String, _ json: JSON, onlyIfAbsent: Bool = false) {
    self.kind = kind
    self.name = name
    self.json = json
    self.onlyIfAbsent = onlyIfAbsent
  }
}
