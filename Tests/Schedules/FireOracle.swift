import Events
import Foundation
import Schedules

/// What fires by the letter of the rule, found by looking at the wall clock every half minute; slow, and plain.
///
/// It knows no stretches and no search: it notes when each wall minute is shown, and which were jumped over.
struct FireOracle {
  private var shown: [Int64: [Timestamp]] = [:]
  private var gaps: [(from: Int64, to: Int64, offsetBefore: Int64)] = []
  private let walls: ClosedRange<Int64>

  /// Two days more than the longest jump of a clock, which is one.
  static let margin = Span.days(3)

  /// - Parameters:
  ///   - start: of the time that is asked about, as `end`.
  init(from start: Timestamp, to end: Timestamp, in zone: ZoneRules) {
    let first = ((start - FireOracle.margin).seconds / 30) * 30
    let last = (end + FireOracle.margin).seconds
    var offsetBefore = Int64(zone.offset(at: Timestamp(seconds: first)).seconds)
    for instant in stride(from: first, through: last, by: 30) {
      let offset = Int64(zone.offset(at: Timestamp(seconds: instant)).seconds)
      if offset > offsetBefore { gaps.append((instant + offsetBefore, instant + offset, offsetBefore)) }
      offsetBefore = offset
      if (instant + offset) % 60 == 0 { shown[instant + offset, default: []].append(Timestamp(seconds: instant)) }
    }
    let firstWall = (start - .days(1)).seconds / 60 - 1
    walls = firstWall...((end + .days(1)).seconds / 60 + 1)
  }

  /// The instants of the wall times that match, in order, each once.
  func fires(_ changes: ClockChangeRule, matching: (CivilTime) -> Bool) -> [Timestamp] {
    var found: Set<Timestamp> = []
    for minute in walls where matching(CivilTime(secondsAsUTC: minute * 60)) {
      found.formUnion(fires(at: minute * 60, changes))
    }
    return found.sorted()
  }

  /// The instants of one wall minute.
  func fires(at wall: Int64, _ changes: ClockChangeRule) -> [Timestamp] {
    guard let instants = shown[wall], let first = instants.first, let last = instants.last else {
      guard changes.gap == .shift else { return [] }
      return gaps.filter { $0.from <= wall && wall < $0.to }.map { Timestamp(seconds: wall - $0.offsetBefore) }
    }
    switch changes.fold {
    case .first: return [first]
    case .second: return [last]
    case .both: return instants
    }
  }
}

/// All names of the machine's zone data; Debian keeps the older ones in a package of their own.
enum ZoneNames {
  static func all() throws -> [String] {
    let table = try String(contentsOf: URL(filePath: "/usr/share/zoneinfo/tzdata.zi"), encoding: .utf8)
    var names: Set<String> = []
    for line in table.split(separator: "\n") {
      let words = line.split(separator: " ")
      if words[0] == "Z" { names.insert(String(words[1])) }
      if words[0] == "L" { names.insert(String(words[2])) }
    }
    return names.filter { FileManager.default.fileExists(atPath: "/usr/share/zoneinfo/\($0)") }.sorted()
  }
}
