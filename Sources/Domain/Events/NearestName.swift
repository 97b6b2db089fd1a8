/// Finds what somebody meant who mistyped a name.
public enum NearestName {
  /// Changes of a letter that are still a slip.
  private static let changesMax = 3

  /// The candidate with the fewest letters changed, if they are few and fewer than half of the name; else the only one
  /// that goes on where the name ends, as `timeout_seconds` does after `timeout`. Case does not count.
  public static func of(_ name: String, among candidates: [String]) -> String? {
    let letters = Array(name.uppercased().utf8)
    let near = candidates.filter { abs($0.utf8.count - letters.count) <= changesMax }.map {
      (name: $0, distance: distance(letters, Array($0.uppercased().utf8)))
    }
    guard let best = near.min(by: { $0.distance < $1.distance }), best.distance <= changesMax,
      best.distance * 2 < letters.count
    else {
      let longer = candidates.filter { $0.uppercased().hasPrefix(name.uppercased() + "_") }
      return longer.count == 1 ? longer.first : nil
    }
    return best.name
  }

  /// Letters inserted, removed or replaced. Source: Levenshtein 1966, by rows.
  private static func distance(_ left: [UInt8], _ right: [UInt8]) -> Int {
    var row = Array(0...right.count)
    for (i, byte) in left.enumerated() {
      var diagonal = row[0]
      row[0] = i + 1
      for j in right.indices {
        let replaced = diagonal + (byte == right[j] ? 0 : 1)
        diagonal = row[j + 1]
        row[j + 1] = min(replaced, row[j] + 1, diagonal + 1)
      }
    }
    return row[right.count]
  }
}
