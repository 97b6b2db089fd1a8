import Events
import Rules

/// What was in force at a moment, so that a question about then is answered with what was so then.
public struct StateRecord: Sendable, Hashable {
  /// What has a history; raw values are stored, so they are never renamed.
  public enum Kind: String, Sendable, Hashable, CaseIterable {
    /// The circuit breaker of a (domain, table), named `domain.table`: `{"state", "since"}`.
    case breaker
    /// The hold on a (domain, table), named `domain.table`: `{"owner", "until"}`; `{}` once it was let go of.
    case lease
    /// The policy of a resource, named by its ARN: `{"policy"}`; `{}` where it has none any more.
    case policy
    /// The settings of an environment, by its name: `Settings.json`.
    case configuration
  }

  public let kind: Kind
  public let name: String
  public let at: Timestamp
  public let json: JSON

  public init(_ kind: Kind, _ name: String, at: Timestamp, _ json: JSON) {
    self.kind = kind
    self.name = name
    self.at = at
    self.json = json
  }
}

/// From when to when a process of the engine is known to have lived.
public struct Lifetime: Sendable, Hashable {
  public let from: Timestamp
  /// When it was heard of last.
  public let until: Timestamp

  public init(from: Timestamp, until: Timestamp) {
    self.from = from
    self.until = until
  }
}

/// A rule as one change left it.
public struct RuleVersion: Sendable, Hashable {
  public let name: String
  public let version: Int
  public let at: Timestamp
  /// nil if the change removed the rule.
  public let rule: Rule?

  public init(name: String, version: Int, at: Timestamp, rule: Rule?) {
    self.name = name
    self.version = version
    self.at = at
    self.rule = rule
  }
}

/// What was in force when. Adapter: `SQLiteStore`; breakers, leases and policies are written with the change itself.
public protocol StateHistory: Sendable {
  /// The last record at or before that moment; nil if nothing was known yet.
  func state(_ kind: StateRecord.Kind, _ name: String, at moment: Timestamp) async throws(StoreError) -> StateRecord?
  /// The records of that name in the range, the latest first, `limit` at most.
  func states(
    _ kind: StateRecord.Kind, _ name: String?, in range: Range<Timestamp>, limit: Int
  ) async throws(StoreError) -> [StateRecord]
  /// Writes a record unless it says what the one before it said.
  func note(_ record: StateRecord) async throws(StoreError)
  /// Every version of a rule there ever was, the oldest first; its removals are versions too.
  func versions(of rule: String) async throws(StoreError) -> [RuleVersion]
  /// Every version of every rule, by name and version.
  func versions() async throws(StoreError) -> [RuleVersion]
  /// The rules that were in force at that moment.
  func rules(at moment: Timestamp) async throws(StoreError) -> [Rule]
  /// Notes that the process which started then is still alive.
  func heartbeat(of start: Timestamp, at now: Timestamp) async throws(StoreError)
  /// The last lifetime that began at or before that moment, and the first that began after it.
  func lifetimes(around moment: Timestamp) async throws(StoreError) -> (before: Lifetime?, after: Lifetime?)
}
