import Patterns

/// Numeric ranges, in groups of up to 64: a search among the bounds of a group tells all its ranges in one word.
extension MatcherTables {
  static let rangesMax = 64

  /// The atom of a range.
  mutating func range(_ field: UInt32, _ range: NumericRange) -> UInt32 {
    let record = RangeRecord(
      low: range.lower?.number.value ?? -.infinity, high: range.upper?.number.value ?? .infinity,
      isLowIncluded: range.lower?.isIncluded ?? true, isHighIncluded: range.upper?.isIncluded ?? true, atom: 0)
    let key = withUnsafeBytes(of: (record.low, record.high)) { Array($0) }
    let (atom, isNew) = keyAtom(
      field, .range, key + [record.isLowIncluded ? 1 : 0, record.isHighIncluded ? 1 : 0])
    guard isNew else { return atom }
    fields[Int(field)].kinds.insert(.range)
    let number = UInt32(ranges.count)
    ranges.append(
      RangeRecord(
        low: record.low, high: record.high, isLowIncluded: record.isLowIncluded, isHighIncluded: record.isHighIncluded,
        atom: atom))
    fields[Int(field)].rangeCount += 1
    let count = Int(fields[Int(field)].rangeCount)
    let isDoubled = count > 2 * MatcherTables.rangesMax && count & (count - 1) == 0
    if isDoubled { sortRanges(Int(field), with: number) } else { addRange(Int(field), number) }
    return atom
  }

  /// Puts a range into the group that was begun last, or into a new one.
  private mutating func addRange(_ field: Int, _ number: UInt32) {
    let group = fields[field].rangeGroups
    if group >= 0, Int(groups[Int(group)].rangeCount) < MatcherTables.rangesMax {
      let known = groups[Int(group)]
      let members = (0..<Int(known.rangeCount)).map { groupRanges[Int(known.ranges) + $0] } + [number]
      if members.count > Int(known.capacity) {
        groups[Int(group)] = newGroup(capacity: min(Int(known.capacity) * 4, MatcherTables.rangesMax), next: known.next)
      }
      fill(Int(group), members)
    } else {
      fields[field].rangeGroups = Int32(groups.count)
      groups.append(newGroup(capacity: 4, next: group))
      fill(groups.count - 1, [number])
    }
  }

  /// Groups all ranges of a field anew by their lower bounds, so that a value lies in few groups that do not hold it.
  ///
  /// Done when their number has doubled; so each range is grouped anew once or twice in all.
  private mutating func sortRanges(_ field: Int, with number: UInt32) {
    var members = [number]
    var group = fields[field].rangeGroups
    while group >= 0 {
      let known = groups[Int(group)]
      for place in 0..<Int(known.rangeCount) { members.append(groupRanges[Int(known.ranges) + place]) }
      group = known.next
    }
    members.sort { (ranges[Int($0)].low, $0) < (ranges[Int($1)].low, $1) }
    var next: Int32 = -1
    for start in stride(from: 0, to: members.count, by: MatcherTables.rangesMax) {
      let end = min(start + MatcherTables.rangesMax, members.count)
      groups.append(newGroup(capacity: MatcherTables.rangesMax, next: next))
      next = Int32(groups.count - 1)
      fill(Int(next), Array(members[start..<end]))
    }
    fields[field].rangeGroups = next
  }

  private mutating func newGroup(capacity: Int, next: Int32) -> RangeGroup {
    let group = RangeGroup(
      low: .infinity, high: -.infinity, bounds: UInt32(groupBounds.count), masks: UInt32(groupMasks.count),
      ranges: UInt32(groupRanges.count), boundCount: 0, rangeCount: 0, capacity: UInt32(capacity), next: next)
    groupBounds.append(repeating: 0, count: capacity * 2)
    groupMasks.append(repeating: 0, count: capacity * 4 + 1)
    groupRanges.append(repeating: 0, count: capacity)
    return group
  }

  private mutating func fill(_ place: Int, _ members: [UInt32]) {
    var group = groups[place]
    let records = members.map { ranges[Int($0)] }
    let bounds = Set(records.flatMap { [$0.low, $0.high] }).sorted()
    group.low = records.map(\.low).reduce(.infinity, min)
    group.high = records.map(\.high).reduce(-.infinity, max)
    group.boundCount = UInt32(bounds.count)
    group.rangeCount = UInt32(members.count)
    for (number, bound) in bounds.enumerated() { groupBounds[Int(group.bounds) + number] = bound }
    for (number, member) in members.enumerated() { groupRanges[Int(group.ranges) + number] = member }
    // Before each bound lies a stretch, then the bound itself; after the last bound one more stretch.
    for stretch in 0...(bounds.count * 2) {
      var mask: UInt64 = 0
      for (bit, record) in records.enumerated() where MatcherTables.holds(record, bounds, stretch) {
        mask |= 1 << UInt64(bit)
      }
      groupMasks[Int(group.masks) + stretch] = mask
    }
    groups[place] = group
  }

  private static func holds(_ range: RangeRecord, _ bounds: [Double], _ stretch: Int) -> Bool {
    if stretch & 1 == 1 {
      let value = bounds[stretch / 2]
      let isAbove = value > range.low || (range.isLowIncluded && value == range.low)
      return isAbove && (value < range.high || (range.isHighIncluded && value == range.high))
    }
    // Between two bounds, beyond the first, or beyond the last.
    let below = stretch == 0 ? -Double.infinity : bounds[stretch / 2 - 1]
    let above = stretch / 2 == bounds.count ? Double.infinity : bounds[stretch / 2]
    return below >= range.low && above <= range.high
  }
}
