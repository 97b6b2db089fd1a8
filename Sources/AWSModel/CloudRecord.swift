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
    let key: String
    let second: Int64
  }

  private(set) var calls: [CloudCall] = []
  private(set) var counts: [String: Int] = [:]
  private var uses: [Place: CapacityUse] = [:]
  var keepsCalls = true

  mutating func note(_ call: CloudCall) {
    counts["\(call.service.rawValue):\(call.operation)", default: 0] += 1
    if keepsCalls { calls.append(call) }
  }

  mutating func write(_ units: Double, table: String, key: KeyPart, at now: Timestamp) {
    let place = Place(table: table, key: key.shown, second: now.seconds)
    uses[place, default: CapacityUse()].writeUnits += units
    uses[place, default: CapacityUse()].writes += 1
  }

  mutating func read(_ units: Double, count: Int, table: String, key: KeyPart, at now: Timestamp) {
    let place = Place(table: table, key: key.shown, second: now.seconds)
    uses[place, default: CapacityUse()].readUnits += units
    uses[place, default: CapacityUse()].reads += count
  }

  func capacity(per scope: CapacityScope) -> [CapacityRow] {
    var seconds: [String: [Int64: CapacityUse]] = [:]
    for (place, use) in uses {
      let name =
        switch scope {
        case .table: place.table
        case .key: "\(place.table)#\(place.key)"
        }
      let before = seconds[name, default: [:]][place.second] ?? CapacityUse()
      seconds[name, default: [:]][place.second] = before + use
    }
    return seconds.map { name, uses in
      let peak = CapacityUse(
        writeUnits: uses.values.map(\.writeUnits).max() ?? 0, readUnits: uses.values.map(\.readUnits).max() ?? 0,
        writes: uses.values.map(\.writes).max() ?? 0, reads: uses.values.map(\.reads).max() ?? 0)
      return CapacityRow(name: name, total: uses.values.reduce(CapacityUse(), +), peak: peak)
    }
    .sorted { ($1.peak.writeUnits, $0.name) < ($0.peak.writeUnits, $1.name) }
  }

  mutating func clear() {
    calls = []
    counts = [:]
    uses = [:]
  }
}
