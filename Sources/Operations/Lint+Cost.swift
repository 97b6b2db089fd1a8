import Events
import Patterns

/// Patterns that ask for more than they need: what is told matches the same events, and costs less.
extension Lint {
  /// Members of one list that are compared with each other.
  static let membersMax = 64
  /// Alternatives of `$or`, and beginnings of wildcards, from which on a pattern is near the language's limits.
  static let alternativesNear = PatternLimits.subRulesMax / 2
  static let complexityNear = 7
  /// Characters of a list that a sentence quotes.
  static let quotedMax = 200

  func costs(_ pattern: JSON, _ shape: PatternShape) -> [String] {
    let isOnly = shape.alternatives.contains { $0.count == 1 }
    var costs = shape.fields.flatMap { self.costs(of: $0, isOnly: isOnly) }
    costs += Lint.lists(pattern, "")
    costs += Lint.branches(shape)
    if shape.alternatives.count >= Lint.alternativesNear {
      costs.append(
        "its $or make \(shape.alternatives.count) alternatives of \(PatternLimits.subRulesMax) at most, each matched on its "
          + "own: put values of one field into one list, or make several rules")
    }
    for name in shape.compiled.fieldsOfWildcards(above: Lint.complexityNear) {
      costs.append(
        "the wildcards at \(name) are near the limit of EventBridge (\(PatternLimits.wildcardComplexityMax) beginnings "
          + "at once): use fewer stars, or prefix and suffix")
    }
    return costs
  }

  private func costs(of field: PatternShape.Field, isOnly: Bool) -> [String] {
    let leaves = field.leaves
    if let sentence = openness(field, isOnly: isOnly) { return [sentence] }
    var costs: [String] = []
    var known: Set<[UInt8]> = []
    var once: [PatternShape.Leaf] = []
    for leaf in leaves {
      if known.insert(leaf.json.bytes).inserted {
        once.append(leaf)
      } else {
        costs.append("at \(field.name), \(leaf.json.text) is there twice: leave one out")
      }
      if let plain = Lint.plain(leaf) { costs.append("at \(field.name), \(leaf.json.text) is \(plain.text)") }
    }
    guard once.count <= Lint.membersMax else { return costs }
    var left: Set<Int> = []
    for (place, leaf) in once.enumerated() {
      let around = once.indices.first { other in
        other != place && !left.contains(other) && !once[other].test.isScalar && leaf.implies(once[other])
      }
      guard let around else { continue }
      left.insert(place)
      costs.append("at \(field.name), \(leaf.json.text) lies within \(once[around].json.text): leave it out")
    }
    return costs
  }

  /// A list that every value passes, or that every event does.
  private func openness(_ field: PatternShape.Field, isOnly: Bool) -> String? {
    let leaves = field.leaves
    let isAlwaysThere = EnvelopeField(rawValue: field.name)?.isAlwaysThere ?? false
    guard leaves.contains(where: \.isPresent) || Lint.hasEveryValue(leaves) else { return nil }
    if field.acceptsAbsence || (isAlwaysThere && !isOnly) {
      return "every event passes \(field.wanted) at \(field.name): leave the field out"
    }
    if leaves.count > 1 { return "every value passes \(field.wanted) at \(field.name): write [{\"exists\":true}]" }
    return nil
  }

  /// Whether what one member forbids passes another.
  private static func hasEveryValue(_ leaves: [PatternShape.Leaf]) -> Bool {
    leaves.prefix(membersMax).contains { leaf in
      guard case .noneOf(let forbidden) = leaf.test else { return false }
      return forbidden.allSatisfy { test in
        guard let value = test.only else { return false }
        return leaves.contains { $0.passes(value) }
      }
    }
  }

  /// What a wildcard without need of one is.
  private static func plain(_ leaf: PatternShape.Leaf) -> JSON? {
    guard leaf.json["wildcard"] != nil else { return nil }
    if case .prefix(let bytes) = leaf.test { return ["prefix": .string(String(decoding: bytes, as: UTF8.self))] }
    if case .suffix(let bytes) = leaf.test { return ["suffix": .string(String(decoding: bytes, as: UTF8.self))] }
    guard case .exactly(let bytes) = leaf.test else { return nil }
    let text = String(decoding: bytes, as: UTF8.self)
    return LeafTest.isLikeAddress(text) ? nil : .string(text)
  }

  /// `$or` whose objects have one field, and all the same.
  private static func lists(_ json: JSON, _ path: String) -> [String] {
    (json.members ?? []).flatMap { member -> [String] in
      let deeper = path.isEmpty ? member.key : "\(path).\(member.key)"
      guard member.key == "$or" else { return lists(member.value, deeper) }
      let choices = member.value.elements ?? []
      let lone = choices.compactMap { loneField($0, path) }
      guard let first = lone.first, lone.count == choices.count, lone.allSatisfy({ $0.name == first.name }) else {
        return choices.flatMap { lists($0, path) }
      }
      let list = JSON.array(lone.flatMap(\.list)).text
      let shown = list.count > quotedMax ? String(list.prefix(quotedMax)) + "…" : list
      return ["its $or on \(first.name) alone is one list: \(shown)"]
    }
  }

  private static func loneField(_ json: JSON, _ path: String) -> (name: String, list: [JSON])? {
    guard let members = json.members, members.count == 1, let member = members.first, member.key != "$or" else {
      return nil
    }
    let name = path.isEmpty ? member.key : "\(path).\(member.key)"
    return member.value.elements.map { (name, $0) } ?? loneField(member.value, name)
  }

  /// Alternatives that another one takes in.
  private static func branches(_ shape: PatternShape) -> [String] {
    let all = shape.alternatives
    guard (2...PatternWitness.alternativesMax).contains(all.count) else { return [] }
    var left: Set<Int> = []
    return all.indices.compactMap { place in
      let around = all.indices.first { other in
        other != place && !left.contains(other) && PatternShape.alternative(all[place], liesWithin: all[other])
      }
      guard let around else { return nil }
      left.insert(place)
      return
        "of the \(all.count) alternatives that its $or make, number \(place + 1) lies within number \(around + 1): "
        + "leave it out"
    }
  }
}

extension LeafTest {
  /// Whether it passes a single value, however that is written.
  fileprivate var isScalar: Bool { only != nil }

  fileprivate var only: JSON? {
    switch self {
    case .value(let value): value
    case .exactly(let bytes): .string(String(decoding: bytes, as: UTF8.self))
    case .prefix, .suffix, .folded, .wildcard, .numeric, .cidr, .present, .absent, .noneOf, .unknown: nil
    }
  }
}
