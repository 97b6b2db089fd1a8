import Events

/// Rules that send the same event to the same target.
extension Lint {
  /// Pairs of rules that are compared field by field, and pairs that are told, at most; the rest is counted.
  static let pairsMax = 10_000
  static let overlapsMax = 50

  /// - Parameter shapes: of the rules that can match, by their place; nil for the others.
  func overlaps(_ shapes: [PatternShape?]) -> [Finding] {
    let filters = shapes.map { $0.map { ($0.texts(of: "source"), $0.texts(of: "detail-type")) } }
    var findings: [Finding] = []
    var compared = 0
    var further = 0
    for (place, left) in shapes.enumerated() {
      for other in shapes.indices.dropFirst(place + 1) {
        guard let left, let right = shapes[other], let target = target(of: rules[place], and: rules[other]),
          Lint.mayShare(filters[place]?.0, filters[other]?.0), Lint.mayShare(filters[place]?.1, filters[other]?.1)
        else { continue }
        guard compared < Lint.pairsMax, findings.count < Lint.overlapsMax else {
          further += 1
          continue
        }
        compared += 1
        guard let sentence = Lint.overlap(of: (rules[place].name, left), (rules[other].name, right)) else { continue }
        findings.append(
          Finding(
            code: .rulesOverlap, subject: "\(rules[place].name), \(rules[other].name)",
            sentence: "\(sentence) to \(target)"))
      }
    }
    if further > 0 {
      findings.append(
        Finding(
          code: .rulesOverlap, subject: "\(further) further pairs",
          sentence: "they share a target and may share events, and were not compared: lint compares \(Lint.pairsMax) "
            + "pairs and tells \(Lint.overlapsMax)"))
    }
    return findings
  }

  private func target(of left: RuleDraft, and right: RuleDraft) -> String? {
    left.targets.first { target in right.targets.contains { $0.arn == target.arn } }?.arn
  }

  /// Whether a field of the envelope, which has one value, may fit both; nil for a pattern that leaves it open.
  private static func mayShare(_ left: Set<String>??, _ right: Set<String>??) -> Bool {
    guard let left = left ?? nil, let right = right ?? nil else { return true }
    return !left.isDisjoint(with: right)
  }

  /// What both want, up to the target; nil if no event was found that they do, and neither lies within the other.
  private static func overlap(
    of left: (name: String, shape: PatternShape), _ right: (name: String, shape: PatternShape)
  ) -> String? {
    let isWithin = left.shape.lies(within: right.shape)
    let isAround = right.shape.lies(within: left.shape)
    let event = PatternWitness.event(matching: left.shape, right.shape)
    let example = event.map { ", such as \($0.text)" } ?? ""
    if isWithin, isAround { return "both want the same events\(example), and both send them" }
    if isWithin { return within(left.name, right.name) + "\(example), and both send it" }
    if isAround { return within(right.name, left.name) + "\(example), and both send it" }
    return event.map { "both want \($0.text), and both send it" }
  }

  private static func within(_ name: String, _ other: String) -> String {
    "every event that \(name) wants, \(other) wants, too"
  }
}

extension PatternShape {
  /// Whether it is proven that every event which this pattern wants, the other wants, too.
  ///
  /// Each alternative has to lie within one of the other's, or fall into parts that do, one for each member of a list.
  func lies(within other: PatternShape) -> Bool {
    guard max(alternatives.count, other.alternatives.count) <= PatternWitness.alternativesMax else { return false }
    func isWithinOne(_ own: Alternative) -> Bool {
      other.alternatives.contains { PatternShape.alternative(own, liesWithin: $0) }
    }
    return alternatives.allSatisfy { own in
      if isWithinOne(own) { return true }
      guard other.alternatives.count > 1 else { return false }
      return own.contains { path, field in
        guard (2...PatternWitness.leavesMax).contains(field.leaves.count) else { return false }
        return field.leaves.allSatisfy { leaf in
          var part = own
          part[path] = Field(name: field.name, leaves: [leaf])
          return isWithinOne(part)
        }
      }
    }
  }

  /// Whether one alternative asks no less than another.
  ///
  /// Each field of the other is one of its own, and each member of its own list implies a member of the other's. What
  /// `exists: false` passes depends on the other fields of a pattern, so there both must have the same fields.
  static func alternative(_ own: Alternative, liesWithin other: Alternative) -> Bool {
    other.allSatisfy { path, field in
      guard let mine = own[path] else { return false }
      if mine.acceptsAbsence, own.count != other.count { return false }
      return mine.leaves.allSatisfy { leaf in field.leaves.contains { leaf.implies($0) } }
    }
  }
}
