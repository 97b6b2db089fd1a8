/// Which element of which arrays some values of an event lie in.
///
/// Two values may match together only if they lie in no two elements of one array.
/// Source: event-ruler 2.0.1, "array consistency".
package struct Membership: Hashable {
  struct Element: Hashable {
    let array: Int
    let index: Int
  }

  /// In the order of the arrays' numbers, one for each array.
  private(set) var elements: [Element] = []

  package init() {}

  /// The same, inside an element of an array that is numbered above all others.
  package func inside(_ array: Int, _ index: Int) -> Membership {
    var deeper = self
    deeper.elements.append(Element(array: array, index: index))
    return deeper
  }

  func index(in array: Int) -> Int? {
    elements.first { $0.array == array }?.index
  }

  /// Both together; nil if they lie in different elements of one array.
  func joined(with other: Membership) -> Membership? {
    if other.elements.isEmpty { return self }
    var joined = Membership()
    var mine = elements[...]
    var theirs = other.elements[...]
    while let next = mine.first, let rival = theirs.first {
      if next.array == rival.array, next.index != rival.index { return nil }
      joined.elements.append(next.array <= rival.array ? next : rival)
      if next.array <= rival.array { mine.removeFirst() }
      if rival.array <= next.array { theirs.removeFirst() }
    }
    joined.elements += mine + theirs
    return joined
  }

  func filter(_ isWanted: (Int) -> Bool) -> Membership {
    var kept = Membership()
    kept.elements = elements.filter { isWanted($0.array) }
    return kept
  }
}

/// Memberships that can be asked which of them a value may join, without looking at all of them.
struct MembershipIndex {
  let memberships: [Membership]
  private var places: [Membership.Element: [Int]] = [:]
  private var counts: [Int: Int] = [:]
  private var lacking: [Int: [Int]] = [:]

  init(_ memberships: [Membership]) {
    self.memberships = memberships
    for (place, membership) in memberships.enumerated() {
      for element in membership.elements {
        places[element, default: []].append(place)
        counts[element.array, default: 0] += 1
      }
    }
  }

  /// Places of the memberships that the given one may agree with; a few of them may not.
  mutating func candidates(for membership: Membership) -> [Int] {
    func size(_ element: Membership.Element) -> Int {
      (places[element]?.count ?? 0) + memberships.count - (counts[element.array] ?? 0)
    }
    guard let best = membership.elements.min(by: { size($0) < size($1) }) else { return Array(memberships.indices) }
    return (places[best] ?? []) + placesLacking(best.array)
  }

  private mutating func placesLacking(_ array: Int) -> [Int] {
    if let known = lacking[array] { return known }
    let count = counts[array] ?? 0
    guard count < memberships.count else { return [] }
    let found = memberships.indices.filter { memberships[$0].index(in: array) == nil }
    lacking[array] = found
    return found
  }
}
