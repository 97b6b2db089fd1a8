import Events
import Rules
import Telemetry

/// Where rules survive a restart. Adapter: `SQLiteStore`.
public protocol RuleStore: Sendable {
  func rules() async throws(StoreError) -> [Rule]
  /// Creates or replaces the rule and writes the row that tells of it, all or nothing; the version it had before stays readable.
  ///
  /// - Parameter recovery: what its resuming entails, stored with it.
  func save(_ rule: Rule, row: LedgerEntry, recovery: Recovery?, at now: Timestamp) async throws(StoreError)
  /// Removes the rule and writes the row that tells of it; its versions stay readable, and the removal is one more. False if there is none.
  func remove(_ name: String, row: LedgerEntry, at now: Timestamp) async throws(StoreError) -> Bool
  /// The highest version that a rule of that name ever had, its removals counted; 0 if there never was one.
  func lastVersion(of name: String) async throws(StoreError) -> Int
  /// The rule as it was in that version.
  func rule(_ name: String, version: Int) async throws(StoreError) -> Rule?
  /// Writes what a new environment starts with, unless that was done before. True if it was done now.
  func seed(_ seed: EnvironmentSeed, at now: Timestamp) async throws(StoreError) -> Bool
}

extension RuleStore {
  public func save(_ rule: Rule, row: LedgerEntry, at now: Timestamp) async throws(StoreError) {
    try await save(rule, row: row, recovery: nil, at: now)
  }
}

/// What an environment starts with (D4, D28); ordinary rules, queues and buckets from then on.
public struct EnvironmentSeed: Sendable {
  public let environment: String
  public let rules: [Rule]
  public let queues: [QueueDefinition]
  public let buckets: [String]

  public init(environment: String, rules: [Rule], queues: [QueueDefinition], buckets: [String]) {
    self.environment = environment
    self.rules = rules
    self.queues = queues
    self.buckets = buckets
  }
}
