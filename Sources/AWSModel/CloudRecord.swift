import AWSPorts
import Events

/// One call that was made.
public struct CloudCall: Sendable, Hashable {
  public let service: AWSService
  public let operation: String
  /// The table, queue, bucket, parameter or bus; names joined by commas if there are several, empty if none.
  public let resource: String
  public let at: Timestamp
  /// What went wrong on purpose.
  public let fault: CallFault?
}

/// Capacity of DynamoDB that was used in one second.
public struct CapacityUse: Sendable, Hashable {
  /// Write units of 1 KB; two for one in transactions.
  public var writeUnits = 0.0
  /// Read units of 4 KB; half of one for an eventually consistent read, two in transactions.
  public var readUnits = 0.0
  /// Items written.
  public var writes = 0
  /// Items read.
  public var reads = 0

  /// Write units of one partition key in a second that DynamoDB promises at least.
  public static let writeUnitsMax = 1_000.0
  /// Read units of one partition key in a second that DynamoDB promises at least.
  public static let readUnitsMax = 3_000.0

  static func + (left: CapacityUse, right: CapacityUse) -> CapacityUse {
    CapacityUse(
      writeUnits: left.writeUnits + right.writeUnits, readUnits: left.readUnits + right.readUnits,
      writes: left.writes + right.writes, reads: left.reads + right.reads)
  }
}

/// What capacity is counted by.
public enum CapacityScope: Sendable, Hashable {
  /// A table, or an index as `table/index`.
  case table
  /// A partition key of one, as `table#key`.
  case key
}

/// The capacity used by one table or partition key.
public struct CapacityRow: Sendable, Hashable {
  /// `table`, `table/index`, `table#key` or `table/index#key`.
  public let name: String
  public let total: CapacityUse
  /// The largest of any second, member by member.
  public let peak: CapacityUse
}

/// The calls and the capacity so far.
struct CloudRecord: Sendable {
  private struct Place: Sendable, Hashable {
    /// With its index, if it is one's.
    let table: String
    /// nil: all of its keys.
    let key: KeyPart?
  }

  /// One place's use: all of it, the most of any second, and this second's.
  private struct Tally: Sendable {
    var total = CapacityUse()
    var peak = CapacityUse()
    var current = CapacityUse()
    var second: Int64

    mutating func add(_ use: CapacityUse, in second: Int64) {
      if second != self.second {
        self.second = second
        current = CapacityUse()
      }
      current = current + use
      total = total + use
      peak = CapacityUse(
        writeUnits: max(peak.writeUnits, current.writeUnits), readUnits: max(peak.readUnits, current.readUnits),
        writes: max(peak.writes, current.writes), reads: max(peak.reads, current.reads))
    }
  }

  private(set) var calls: [CloudCall] = []
  private(set) var counts: [String: Int] = [:]
  private var tallies: [Place: Tally] = [:]
  var keepsCalls = true

  mutating func note(_ call: CloudCall) {
    counts["\(call.service.rawValue):\(call.operation)", default: 0] += 1
    if keepsCalls { calls.append(call) }
  }

  mutating func write(_ units: Double, table: String, key: KeyPart, at now: Timestamp) {
    add(CapacityUse(writeUnits: units, writes: 1), table, key, now.seconds)
  }

  /// - Parameter key: nil for a read of many partitions.
  mutating func read(_ units: Double, count: Int, table: String, key: KeyPart?, at now: Timestamp) {
    add(CapacityUse(readUnits: units, reads: count), table, key, now.seconds)
  }

  private mutating func add(_ use: CapacityUse, _ table: String, _ key: KeyPart?, _ second: Int64) {
    tallies[Place(table: table, key: nil), default: Tally(second: second)].add(use, in: second)
    guard let key else { return }
    tallies[Place(table: table, key: key), default: Tally(second: second)].add(use, in: second)
  }

  /// What a partition key has used in this second so far.
  func use(of key: KeyPart, table: String, at now: Timestamp) -> CapacityUse {
    guard let tally = tallies[Place(table: table, key: key)], tally.second == now.seconds else { return CapacityUse() }
    return tally.current
  }

  func capacity(per scope: CapacityScope) -> [CapacityRow] {
    tallies.compactMap { place, tally -> CapacityRow? in
      switch scope {
      case .table:
        guard place.key == nil else { return nil }
        return CapacityRow(name: place.table, total: tally.total, peak: tally.peak)
      case .key:
        guard let key = place.key else { return nil }
        return CapacityRow(name: "\(place.table)#\(key.shown)", total: tally.total, peak: tally.peak)
      }
    }
    .sorted { ($1.peak.writeUnits, $0.name) < ($0.peak.writeUnits, $1.name) }
  }

  mutating func clear() {
    calls = []
    counts = [:]
    tallies = [:]
  }
}
