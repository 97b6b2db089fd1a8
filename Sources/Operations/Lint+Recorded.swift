import Events

/// Leaves that no recorded event of the source ever had, though there were enough of them.
extension Lint {
  /// Recorded events of a kind that are needed before what they lack says anything.
  static let recordedMin = 3

  /// - Parameter shape: of a pattern that can match.
  func unseenLeaves(_ shape: PatternShape) -> [String] {
    guard let recorded else { return [] }
    var known: Set<String> = []
    return shape.alternatives.flatMap { unseen($0, recorded.kinds) }.filter { known.insert($0).inserted }
  }

  private func unseen(_ alternative: PatternShape.Alternative, _ kinds: [RecordedEvents.Kind]) -> [String] {
    var rest = kinds
    for (part, value) in [("source", \RecordedEvents.Kind.source), ("detail-type", \.detailType)] {
      guard let field = alternative[Array(part.utf8)] else { continue }
      let fitting = rest.filter { kind in field.leaves.contains { $0.passes(.string(kind[keyPath: value])) } }
      if fitting.isEmpty { return Lint.slip(part, field, rest, value).map { [$0] } ?? [] }
      rest = fitting
    }
    let count = rest.reduce(0) { $0 + $1.count }
    guard count >= Lint.recordedMin, !rest.contains(where: \.isCut) else { return [] }
    let leaves = Set(rest.flatMap(\.leaves))
    return alternative.values.sorted { $0.name < $1.name }.compactMap { field in
      guard Lint.top(of: field.name) == "detail", !field.acceptsAbsence, !leaves.contains(field.name) else {
        return nil
      }
      // What is an object in the events has its leaves further down.
      let inside = leaves.sorted().first { $0.hasPrefix("\(field.name).") }
      let near = (inside ?? Lint.nearest(field.name, leaves)).map { "; closest is \($0)" } ?? ""
      return "\(Lint.told(rest)) none had \(field.name)\(near)"
    }
  }

  /// A source or a detail-type that no recorded event has, if one has nearly the same.
  private static func slip(
    _ part: String, _ field: PatternShape.Field, _ kinds: [RecordedEvents.Kind],
    _ value: KeyPath<RecordedEvents.Kind, String>
  ) -> String? {
    guard kinds.reduce(0, { $0 + $1.count }) >= recordedMin else { return nil }
    let there = Set(kinds.map { $0[keyPath: value] }).sorted()
    for leaf in field.leaves {
      guard case .value(.string(let wanted)) = leaf.test, let near = nearest(wanted, there) else { continue }
      let slip = same(wanted, near) ? ", which differs in case or blanks" : ""
      let all = part == "source" ? told(kinds, naming: []) : told(kinds, naming: ["source"])
      return "\(all) none had \(part) \(leaf.json.text); closest is \(JSON.string(near).text)\(slip)"
    }
    return nil
  }

  private static func nearest(_ name: String, _ there: some Collection<String>) -> String? {
    let sorted = there.sorted()
    return sorted.first { same($0, name) } ?? NearestName.of(name, among: sorted)
  }

  /// Whether two texts differ in case and in blanks around them only.
  private static func same(_ left: String, _ right: String) -> Bool {
    func bare(_ text: String) -> Substring {
      let rest = text.lowercased()[...].drop { $0.isWhitespace }
      return rest[..<(rest.lastIndex { !$0.isWhitespace }.map { rest.index(after: $0) } ?? rest.startIndex)]
    }
    return bare(left) == bare(right)
  }

  /// `of the 12 events of source "a" and detail-type "b" recorded since 2025-09-09T22:00:00Z`
  private static func told(_ kinds: [RecordedEvents.Kind], naming parts: [String] = ["source", "detail-type"]) -> String
  {
    let count = kinds.reduce(0) { $0 + $1.count }
    let since = kinds.map(\.since).min().map { " recorded since \($0)" } ?? ""
    let named = parts.compactMap { part -> String? in
      let values = Set(kinds.map { part == "source" ? $0.source : $0.detailType })
      guard let only = values.first, values.count == 1 else { return nil }
      return "\(part) \(JSON.string(only).text)"
    }
    let whose = named.isEmpty ? "" : " of \(named.joined(separator: " and "))"
    return "of the \(count) events\(whose)\(since)"
  }
}
