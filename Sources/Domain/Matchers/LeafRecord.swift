import Patterns

/// The values of one event with what each of them hits and in which array elements it lies.
///
/// Taken down only for events in which several fields of one pattern lie in the elements of one array.
final class LeafRecord {
  private struct Leaf {
    let membership: Membership
    let atoms: Range<Int>
  }

  private var leaves: [UInt32: [Leaf]] = [:]
  private var atoms: [UInt32] = []
  private var arraysSeen = 0
  private var around = [Membership()]

  // MARK: What a scan says

  func enterArray() -> Int {
    arraysSeen += 1
    return arraysSeen - 1
  }

  func enterElement(_ array: Int, _ index: Int) {
    around.append(around[around.count - 1].inside(array, index))
  }

  func leaveElement() {
    around.removeLast()
  }

  /// Takes what the last value hit, and lets the scan forget it.
  func take(_ field: Int32, _ scan: inout EventScan) {
    let start = atoms.count
    for place in 0..<scan.hitCount { atoms.append(scan.hits[place].atom) }
    let leaf = Leaf(membership: around[around.count - 1], atoms: start..<atoms.count)
    leaves[UInt32(bitPattern: field), default: []].append(leaf)
    scan.clearHits()
  }

  // MARK: What came of it

  /// How many fields have no value that fits and lies with those chosen before; nil if more than so many.
  func misses(_ program: UnsafePointer<UInt32>, upTo max: Int) -> Int? {
    var place = program
    let count = Int(place.pointee)
    place += 1
    var fields: [ElementSearch.Field] = []
    for _ in 0..<count { fields.append(field(&place)) }
    var search = ElementSearch(fields)
    return search.misses(upTo: max)
  }

  /// Reads one field of a program.
  private func field(_ place: inout UnsafePointer<UInt32>) -> ElementSearch.Field {
    let leaves = self.leaves[place[0]] ?? []
    let marks = place[1]
    let count = Int(marks & Program.countMask)
    let wanted = UnsafeBufferPointer(start: place + 2, count: count)
    place += 2 + count
    var passes = leaves.map { leaf in
      marks & Program.acceptsAny != 0 || atoms[leaf.atoms].contains { wanted.contains($0) }
    }
    if marks & Program.hasNegatives != 0 {
      let negatives = place.pointee
      place += 1
      for _ in 0..<negatives {
        let count = Int(place.pointee & ~Program.overlaps)
        let excluded = UnsafeBufferPointer(start: place + 1, count: count)
        for (number, leaf) in leaves.enumerated() where !passes[number] {
          passes[number] = !atoms[leaf.atoms].contains { excluded.contains($0) }
        }
        place += count + 1
      }
    }
    let choices = zip(leaves, passes).map { ElementSearch.Choice(membership: $0.membership, passes: $1) }
    return ElementSearch.Field(choices: choices, acceptsAbsence: marks & Program.acceptsAbsence != 0)
  }
}
