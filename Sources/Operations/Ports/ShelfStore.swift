import Engine
import Events
import Rules
import Telemetry

/// A dead letter where it lies.
public struct Letter: Sendable, Hashable {
  /// Its place in the store; letters that come later have higher ones.
  public let sequence: Int64
  public let queue: String
  public let id: String
  public let body: String
  public let attributes: [String: String]
  public let sentAt: Timestamp
  /// Whether somebody has received it and not given it back.
  public let isInFlight: Bool

  public init(
    sequence: Int64, queue: String, id: String, body: String, attributes: [String: String], sentAt: Timestamp,
    isInFlight: Bool
  ) {
    self.sequence = sequence
    self.queue = queue
    self.id = id
    self.body = body
    self.attributes = attributes
    self.sentAt = sentAt
    self.isInFlight = isInFlight
  }

  public var code: String { attributes["ERROR_CODE"] ?? "UNKNOWN" }
  public var reason: String { attributes["ERROR_MESSAGE"] ?? "" }
  public var rule: String? { attributes["RULE_ARN"].flatMap { ResourceName($0)?.name } }
  /// The schedule whose invocation it is; nil for a rule's event and for everything else.
  public var schedule: ScheduleName? {
    attributes["SCHEDULE_ARN"].flatMap { ResourceName($0) }.flatMap { ScheduleName($0.name) }
  }
  public var target: ResourceName? { attributes["TARGET_ARN"].flatMap { ResourceName($0) } }
}

/// What lies in queues, looked at and moved without receiving it. Adapter: `SQLiteStore`.
public protocol ShelfStore: Sendable {
  /// Letters behind that place, in the order in which they came.
  func letters(_ queue: String, after sequence: Int64, limit: Int) async throws(StoreError) -> [Letter]
  func letter(_ id: String) async throws(StoreError) -> Letter?
  /// Deletes a letter and stores the delivery that it becomes, all or nothing; false if the letter is gone already.
  func redrive(_ letter: Letter, as delivery: NewDelivery) async throws(StoreError) -> Bool
  /// Moves a message to another queue, visible at once; false if it is gone already.
  func move(_ letter: Letter, to queue: String, at now: Timestamp) async throws(StoreError) -> Bool
  /// Deletes a letter and writes who wanted it, all or nothing; false if it is gone already.
  func discard(_ letter: Letter, row: LedgerEntry) async throws(StoreError) -> Bool
}
