/// When a zone's distance from UTC changes, laid out so that the stretch around an instant is found at once.
///
/// New letters alone are no change. It holds for instants up to `ZoneRules.yearMax`, which is further than schedules
/// go.
struct ZoneShifts: Sendable {
  /// A time without a change of the distance, with the distances before and after it.
  struct Stretch {
    /// Seconds since the epoch; `end` is excluded. Far beyond all that is asked for where there is no change.
    let start: Int64
    let end: Int64
    /// Seconds east of UTC.
    let offset: Int64
    /// Equal to `offset` where nothing is before or after.
    let offsetBefore: Int64
    let offsetAfter: Int64
  }

  private struct Entry {
    let start: Int64
    let offset: Int64
  }

  /// An instant's place in `firsts` is its high bits: 194 days, in which a clock changes twice at most, or little more.
  private static let bucketBits: Int64 = 24
  private static let bucketCount = 512
  private static let farAway: Int64 = 1 << 60

  /// One more at either end than there are stretches, so that each has neighbours.
  private let entries: [Entry]
  /// For each bucket since 1970, the entry around its first second.
  private let firsts: [UInt16]
  /// The distance of a zone that never changes it.
  let onlyOffset: Int64?

  /// - Parameters:
  ///   - starts: where each period begins, ascending; the first begins with time itself.
  ///   - offsets: the distance in each.
  init(starts: [Int64], offsets: [Int64]) {
    precondition(starts.count == offsets.count && starts.count <= Int(UInt16.max) - 2, "each period has its distance")
    var entries = [Entry(start: -2 * ZoneShifts.farAway, offset: offsets[0])]
    for (start, offset) in zip(starts, offsets) where entries.count == 1 || entries[entries.count - 1].offset != offset
    {
      entries.append(Entry(start: max(start, -ZoneShifts.farAway), offset: offset))
    }
    let last = entries[entries.count - 1].offset
    onlyOffset = entries.count == 2 ? last : nil
    entries.append(Entry(start: ZoneShifts.farAway, offset: last))
    var firsts: [UInt16] = []
    var place = 1
    for bucket in 0..<Int64(ZoneShifts.bucketCount) {
      while entries[place + 1].start <= bucket << ZoneShifts.bucketBits { place += 1 }
      firsts.append(UInt16(place))
    }
    self.entries = entries
    self.firsts = onlyOffset == nil ? firsts : []
  }

  /// Where the stretch around an instant lies.
  func place(at instant: Int64) -> Int {
    let bucket = UInt64(bitPattern: instant) >> UInt64(ZoneShifts.bucketBits)
    guard bucket < firsts.count else { return search(instant) }
    var place = Int(firsts[Int(bucket)])
    while entries[place + 1].start <= instant { place += 1 }
    return place
  }

  func stretch(_ place: Int) -> Stretch {
    let (before, here, after) = (entries[place - 1], entries[place], entries[place + 1])
    return Stretch(
      start: here.start, end: after.start, offset: here.offset, offsetBefore: before.offset, offsetAfter: after.offset)
  }

  /// Whether the stretch is the last.
  func isLast(_ place: Int) -> Bool { place == entries.count - 2 }

  /// Whether the stretch is the first.
  func isFirst(_ place: Int) -> Bool { place == 1 }

  private func search(_ instant: Int64) -> Int {
    var low = 1
    var high = entries.count - 1
    while high - low > 1 {
      let middle = (low + high) / 2
      if entries[middle].start <= instant { low = middle } else { high = middle }
    }
    return low
  }
}
