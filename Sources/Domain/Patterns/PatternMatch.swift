/// One alternative of a pattern, walked through field by field over the values of one event.
///
/// The fields come in the order of their sorted paths, because `exists: false` asks only about elements that the fields
/// before it have chosen: EventBridge's own quirk. Where many elements will do, all are kept side by side, so the time
/// grows with the values and not with their combinations.
struct PatternMatch {
  private let fields: [FieldTest]
  private let event: EventLeaves
  /// The last field that has values in an array; a choice of element is forgotten after it.
  private let lastUses: [Int: Int]
  private var memberships = [Membership()]

  init(_ fields: [FieldTest], in event: EventLeaves) {
    self.fields = fields
    self.event = event
    var lastUses: [Int: Int] = [:]
    for (place, field) in fields.enumerated() {
      for leaf in event.leaves[field.path] ?? [] {
        for element in leaf.membership.elements { lastUses[element.array] = place }
      }
    }
    self.lastUses = lastUses
  }

  /// Whether every field passes.
  mutating func isComplete() -> Bool {
    fields.indices.allSatisfy { pass($0) }
  }

  /// The fields that fail; each is then left out, so that those after it are judged on their own.
  mutating func failures() -> [FieldTest] {
    fields.indices.filter { !pass($0) }.map { fields[$0] }
  }

  private mutating func pass(_ place: Int) -> Bool {
    let field = fields[place]
    var index = MembershipIndex(memberships)
    var next: [Membership] = []
    var known: Set<Membership> = []
    var isFound = Array(repeating: false, count: memberships.count)
    func keep(_ membership: Membership) {
      let rest = membership.filter { lastUses[$0, default: 0] > place }
      if next.count < PatternLimits.membershipsMax, known.insert(rest).inserted { next.append(rest) }
    }
    for choice in choices(for: field) {
      for candidate in index.candidates(for: choice.membership) {
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

  /// Where the field has values, each place once, and whether one of those there passes; without absence to be judged,
  /// only the places where one does.
  private func choices(for field: FieldTest) -> [(membership: Membership, passes: Bool)] {
    var choices: [(membership: Membership, passes: Bool)] = []
    var places: [Membership: Int] = [:]
    for leaf in event.leaves[field.path] ?? [] {
      let passes = field.passes(leaf.value)
      if let place = places[leaf.membership] {
        choices[place].passes = choices[place].passes || passes
      } else if passes || field.acceptsAbsence {
        places[leaf.membership] = choices.count
        choices.append((leaf.membership, passes))
      }
    }
    return choices
  }
}
