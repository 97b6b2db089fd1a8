/// A search for values that lie together: one for each field, no two of them in different elements of one array.
///
/// The fields come in the order of their sorted paths, because `exists: false` asks only about elements that the fields
/// before it have chosen: EventBridge's own quirk. Where many elements will do, all are kept side by side, so the time
/// grows with the values and not with their combinations.
package struct ElementSearch {
  /// A place where a field has values, and whether one of those there passes.
  package struct Choice {
    package let membership: Membership
    package let passes: Bool

    package init(membership: Membership, passes: Bool) {
      self.membership = membership
      self.passes = passes
    }
  }

  /// What one field has and wants.
  package struct Field {
    private(set) var choices: [Choice] = []
    let acceptsAbsence: Bool

    /// - Parameter choices: all values of the field; several may lie in one place.
    package init(choices: [Choice], acceptsAbsence: Bool) {
      self.acceptsAbsence = acceptsAbsence
      // Without absence to be judged, only the places count where a value passes.
      keep(choices.filter { $0.passes || acceptsAbsence })
    }

    /// Leaves out arrays that do not matter; places that differ in nothing else become one.
    fileprivate mutating func leaveOut(_ matters: (Int) -> Bool) {
      guard choices.contains(where: { $0.membership.elements.contains { !matters($0.array) } }) else { return }
      keep(choices.map { Choice(membership: $0.membership.filter(matters), passes: $0.passes) })
    }

    private mutating func keep(_ all: [Choice]) {
      var places: [Membership: Int] = [:]
      var kept: [Choice] = []
      for choice in all {
        if let place = places[choice.membership] {
          kept[place] = Choice(membership: choice.membership, passes: kept[place].passes || choice.passes)
        } else {
          places[choice.membership] = kept.count
          kept.append(choice)
        }
      }
      choices = kept
    }
  }

  private let fields: [Field]
  /// The last field that has values in an array; a choice of element is forgotten after it.
  private let lastUses: [Int: Int]
  private var memberships = [Membership()]
  private var joinsLeft = PatternLimits.joinsMax

  package init(_ fields: [Field]) {
    var firstUses: [Int: Int] = [:]
    var lastUses: [Int: Int] = [:]
    for (place, field) in fields.enumerated() {
      for choice in field.choices {
        for element in choice.membership.elements {
          lastUses[element.array] = place
          if firstUses[element.array] == nil { firstUses[element.array] = place }
        }
      }
    }
    // Which element a value lies in matters only where a second field has values in that array.
    self.fields = fields.map { field in
      var field = field
      field.leaveOut { firstUses[$0] != lastUses[$0] }
      return field
    }
    self.lastUses = lastUses
  }

  /// Whether every field passes.
  mutating func isComplete() -> Bool {
    misses(upTo: 0) == 0
  }

  /// How many fields fail, each left out for those after it; nil if more than so many.
  package mutating func misses(upTo max: Int) -> Int? {
    var missed = 0
    for place in fields.indices where !pass(place) {
      missed += 1
      if missed > max { return nil }
    }
    return missed
  }

  /// The fields that fail; each is then left out, so that those after it are judged on their own.
  mutating func failures() -> [Int] {
    fields.indices.filter { !pass($0) }
  }

  private mutating func pass(_ place: Int) -> Bool {
    let field = fields[place]
    var index = MembershipIndex(memberships)
    var next: [Membership] = []
    var known: Set<Membership> = []
    var isFound = Array(repeating: false, count: memberships.count)
    func keep(_ membership: Membership) {
      let rest = membership.filter { lastUses[$0, default: 0] > place }
      if known.insert(rest).inserted { next.append(rest) }
    }
    for choice in field.choices {
      for candidate in index.candidates(for: choice.membership) {
        guard joinsLeft > 0 else { return false }
        joinsLeft -= 1
        guard let joined = memberships[candidate].joined(with: choice.membership) else { continue }
        isFound[candidate] = true
        if choice.passes { keep(joined) }
      }
    }
    if field.acceptsAbsence {
      for candidate in memberships.indices where !isFound[candidate] { keep(memberships[candidate]) }
    }
    guard !next.isEmpty else { return false }
    memberships = next
    return true
  }
}
