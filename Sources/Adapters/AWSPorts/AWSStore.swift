import Engine
import Events
import Synchronization

/// The engine's ports on AWS: what is known in one DynamoDB table, messages in SQS, objects in S3, the universe in SSM.
///
/// Nothing is kept between calls but caches, so any number of processes may work on the same table. A decision reads its
/// facts, asks the domain, and writes all that follows in one transaction on condition that the facts still hold; if they
/// do not, it reads and asks again (D10).
public struct AWSStore: Sendable {
  /// Times that a contended write is tried; the pauses between them grow.
  public static let attemptsMax = 24
  static let pauseBase = Span(milliseconds: 10)
  static let pauseMax = Span(milliseconds: 400)
  /// How long a dispatch may be under way before somebody else goes on with it.
  public static let dispatchLease = Span.seconds(90)
  /// How long a claim whose messages cannot be sent keeps its key: many turns of the tick that goes on with it.
  public static let claimLease = Span.minutes(15)

  let settings: Settings
  let names: EnvironmentNames
  let table: ControlTable
  let api: any AWSAPI
  /// `https://sqs.us-east-1.amazonaws.com/123456789012`: what precedes a queue's name in its URL.
  let queues: String
  let clock: any WallClock
  let entropy: any Entropy
  let log: any LogSink
  let metrics: EmbeddedMetrics?
  /// Whether whoever handed over a message deletes it once it is worked on, as Lambda's event source mapping does.
  let deletesFinished: Bool
  let cache = UniverseCache()
  let order = Order()

  /// - Parameters:
  ///   - queues: the address of the account's queues, without a slash at the end.
  ///   - metrics: nil writes none.
  ///   - deletesFinished: true where Lambda's event source mapping deletes what was worked on.
  public init(
    _ settings: Settings, _ api: any AWSAPI, queues: String, _ clock: any WallClock, _ entropy: any Entropy,
    _ log: any LogSink, metrics: EmbeddedMetrics?, deletesFinished: Bool
  ) {
    self.settings = settings
    names = EnvironmentNames(settings)
    table = ControlTable(api: api, name: names.controlTable)
    self.api = api
    self.queues = queues
    self.clock = clock
    self.entropy = entropy
    self.log = log
    self.metrics = metrics
    self.deletesFinished = deletesFinished
  }

  /// Asks again and again while others write the same items, with pauses that grow and have full jitter.
  ///
  /// - Parameter body: nil if what it read no longer held when it wrote.
  func contended<Value>(_ what: String, _ body: () async throws(StoreError) -> Value?) async throws(StoreError) -> Value
  {
    for attempt in 0..<AWSStore.attemptsMax {
      if let value = try await body() { return value }
      let bound = min(AWSStore.pauseMax.milliseconds, AWSStore.pauseBase.milliseconds << Int64(min(attempt, 8)))
      do {
        try await clock.sleep(for: Span(milliseconds: Int64(entropy.word() % UInt64(bound + 1))))
      } catch {
        throw StoreError(.unavailable, "\(what) was cancelled")
      }
    }
    throw StoreError(.unavailable, "\(what) is written by too many at once")
  }

  /// A version that no other write has.
  func version() -> Attribute { .number(Int64(entropy.word() & 0x1F_FFFF_FFFF_FFFF)) }
}

/// What rows of the same millisecond are ordered by: the order in which this process wrote them.
final class Order: Sendable {
  private let last = Mutex((millisecond: Int64(0), count: 0))

  /// Fifteen digits of milliseconds, six of a count: grows with every call for the same or a later moment.
  func text(at moment: Timestamp) -> String {
    let count = last.withLock { last in
      last = last.millisecond == moment.milliseconds ? (last.millisecond, last.count + 1) : (moment.milliseconds, 0)
      return last.count
    }
    return Order.digits(max(0, moment.milliseconds), 15) + "." + Order.digits(Int64(count), 6)
  }

  /// The moment alone, before every text of it.
  static func prefix(_ moment: Timestamp) -> String { digits(max(0, moment.milliseconds), 15) }

  static func digits(_ number: Int64, _ width: Int) -> String {
    let text = String(number)
    return String(repeating: "0", count: max(0, width - text.count)) + text
  }
}

/// The keys of the control table.
extension Key {
  static func claim(_ key: String) -> Key { Key("idem#\(key)") }
  static func breaker(_ domain: String, _ table: String) -> Key { Key("breaker#\(domain).\(table)") }
  static func lease(_ domain: String, _ table: String) -> Key { Key("lock#\(domain).\(table)") }
  /// A part of a rate's window; each is a partition of its own.
  static func rate(_ trigger: String, part: Int) -> Key { Key("rate#\(trigger)#\(Order.digits(Int64(part), 4))") }
  static func reingestion(_ day: String, _ domain: String, _ table: String, _ ds: String, _ reason: String) -> Key {
    Key("reingestion#\(day)", "\(domain).\(table)#\(ds)#\(reason)")
  }
  /// A part of a source's budget; each is a partition of its own.
  static func budget(_ source: String, part: Int) -> Key { Key("budget#\(source)#\(Order.digits(Int64(part), 4))") }
  /// The terminal row of a cause.
  static func decision(_ cause: String) -> Key { Key("cause#\(cause)", "decision") }
  /// The open row of a cause, and where it stands in line.
  static func open(_ cause: String) -> Key { Key("cause#\(cause)", "open") }
  static func run(_ id: String) -> Key { Key("run#\(id)", "head") }
  static func plan(_ run: String, block: Int) -> Key { Key("run#\(run)", "plan#\(Order.digits(Int64(block), 6))") }
  static func chunk(_ index: Int, of run: String) -> Key {
    Key("run#\(run)", "chunk#\(Order.digits(Int64(index), 6))")
  }
  static func tally(_ run: String, block: Int) -> Key { Key("run#\(run)", "tally#\(Order.digits(Int64(block), 6))") }
  /// A run that has not ended.
  static func running(_ id: String) -> Key { Key("running", id) }
  /// What is committed and still to be sent.
  static func outbox(_ id: String) -> Key { Key("outbox", id) }
  /// What a table's notifications have come to.
  static func sequencer(_ bucket: String, _ key: String) -> Key { Key("object#\(bucket)", key) }
}
