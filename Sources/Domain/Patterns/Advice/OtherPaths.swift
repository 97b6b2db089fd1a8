import Events

/// Paths of an event that somebody may have meant who asked for one that it lacks.
enum OtherPaths {
  /// How a path differs from the one asked for; the closest first.
  private enum Likeness: Int {
    /// Another letter case, or `-`, `_` and nothing for one another.
    case spelling
    /// A key too few or too many, as `pipeline` for `detail.pipeline`.
    case level
    /// A slip of a letter or two in one key.
    case slip
  }

  /// The leaves' paths most like the one asked for, the closest first.
  static func like(_ path: [UInt8], in event: JSON) -> [[UInt8]] {
    var paths: [[UInt8]] = []
    var seen: Set<[UInt8]> = []
    collect(event, below: nil, into: &paths, &seen)
    let wanted = keys(path)
    let ranked = paths.compactMap { other in
      other == path ? nil : likeness(wanted, keys(other)).map { (other, $0.rawValue) }
    }
    return ranked.enumerated().sorted { ($0.element.1, $0.offset) < ($1.element.1, $1.offset) }
      .prefix(AdviceLimits.othersMax).map(\.element.0)
  }

  private static func likeness(_ wanted: [String], _ other: [String]) -> Likeness? {
    let (plainWanted, plainOther) = (wanted.map(plain), other.map(plain))
    if plainWanted == plainOther { return .spelling }
    if differsByOneKey(plainWanted, plainOther) || differsByOneKey(plainOther, plainWanted) { return .level }
    guard wanted.count == other.count else { return nil }
    let different = zip(plainWanted, plainOther).filter { $0 != $1 }
    guard different.count == 1, let (left, right) = different.first else { return nil }
    return TextAlignment.distance(left, right) <= min(2, max(left.count, right.count) / 3) ? .slip : nil
  }

  /// Whether the longer one is the shorter one with one key more; never at its end, where the other is no leaf.
  private static func differsByOneKey(_ longer: [String], _ shorter: [String]) -> Bool {
    guard longer.count == shorter.count + 1, longer.last == shorter.last else { return false }
    return longer.indices.contains { place in
      longer[..<place].elementsEqual(shorter[..<place]) && longer[(place + 1)...].elementsEqual(shorter[place...])
    }
  }

  private static func plain(_ key: String) -> String {
    key.lowercased().filter { $0 != "-" && $0 != "_" }
  }

  static func keys(_ path: [UInt8]) -> [String] {
    path.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false).map {
      String(decoding: $0, as: UTF8.self)
    }
  }

  private static func collect(
    _ value: JSON, below parent: [UInt8]?, into paths: inout [[UInt8]], _ seen: inout Set<[UInt8]>
  ) {
    guard paths.count < AdviceLimits.pathsMax else { return }
    switch value {
    case .object(let members):
      for member in members {
        let here = parent.map { $0 + [UInt8(ascii: ".")] + member.key.utf8 } ?? Array(member.key.utf8)
        collect(member.value, below: here, into: &paths, &seen)
      }
    case .array(let elements):
      for element in elements { collect(element, below: parent, into: &paths, &seen) }
    case .null, .bool, .number, .string:
      if let parent, seen.insert(parent).inserted { paths.append(parent) }
    }
  }
}
