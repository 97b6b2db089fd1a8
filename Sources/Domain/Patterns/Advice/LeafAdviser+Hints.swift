import Events

extension LeafAdviser {
  /// What somebody may have taken for something else.
  func hints() -> [LeafHint] {
    guard places.leaves.isEmpty else {
      if AdviceTrial.failures([field], event).isEmpty { return [otherElement] }
      return valueHints()
    }
    var hints: [LeafHint] = []
    if let place = places.present.first, field.tests != [.absent] { hints.append(notALeaf(place)) }
    for gap in places.gaps {
      guard let json = LeafAdviser.packed(gap.value) else { continue }
      let sentence =
        "\(gap.parentName) is a string that holds JSON, not the \(json.kind) itself: nothing is looked for in it"
      hints.append(LeafHint(code: .textOfJSON, sentence: sentence))
      break
    }
    if !field.acceptsAbsence { hints += others.map { otherPath($0) } }
    return hints
  }

  private var otherElement: LeafHint {
    LeafHint(
      code: .otherElement,
      sentence: "it passes by itself, but in another element of the array than the leaves before it: "
        + "all leaves below one array must pass in the same element")
  }

  private func notALeaf(_ place: EventPlaces.Place) -> LeafHint {
    if case .object(let members)? = Optional(place.value), let key = members.first?.key {
      return LeafHint(
        code: .notALeaf,
        sentence: "an object lies there, and every operator, exists too, looks at values only: ask for what is in it, "
          + "such as \(field.name).\(key)")
    }
    let what = place.value.members == nil ? "an empty array" : "an empty object"
    return LeafHint(
      code: .notALeaf, sentence: "\(what) lies there, and every operator, exists too, counts it as absent")
  }

  private func otherPath(_ other: [UInt8]) -> LeafHint {
    let name = String(decoding: other, as: UTF8.self)
    let passes = EventPlaces(other, in: event).leaves.contains { LeafValue($0.value).map { field.passes($0) } ?? false }
    return LeafHint(
      code: .otherPath,
      sentence: "the event has \(name); did you mean that?" + (passes ? " What lies there would match" : ""))
  }

  // MARK: Values

  /// One of each kind, of the first value that shows it.
  private func valueHints() -> [LeafHint] {
    var hints: [LeafHint] = []
    for place in places.leaves {
      let found = [typeHint(place.value), caseHint(place.value), blanksHint(place.value), numberHint(place.value)]
      for hint in found.compactMap({ $0 }) where !hints.contains(where: { $0.code == hint.code }) { hints.append(hint) }
    }
    return hints
  }

  private func passes(_ value: JSON) -> Bool {
    LeafValue(value).map { field.passes($0) } ?? false
  }

  /// Whether it is `anything-but` or the like alone that fails, which no change of spelling should mend.
  private var isNegative: Bool { field.tests.allSatisfy(\.isNegative) }

  private func typeHint(_ value: JSON) -> LeafHint? {
    guard !isNegative, let other = LeafAdviser.ofOtherType(value), passes(other) else { return nil }
    return LeafHint(
      code: .typeDiffers,
      sentence: "the event has \(LeafAdviser.named(value)), and \(LeafAdviser.named(other)) would match: "
        + "types are never converted")
  }

  /// `the number 5`.
  private static func named(_ value: JSON) -> String {
    value == .null ? "null" : "the \(value.kind) \(value.text)"
  }

  /// `"5"` of 5, true of `"true"`, and the reverse.
  private static func ofOtherType(_ value: JSON) -> JSON? {
    switch value {
    case .number, .bool, .null: return .string(value.text)
    case .string(let text):
      let json: JSON
      do { json = try JSON(parsing: text) } catch { return nil }
      return LeafValue(json) == nil || json.string != nil ? nil : json
    case .array, .object: return nil
    }
  }

  private func caseHint(_ value: JSON) -> LeafHint? {
    guard let text = value.string else { return nil }
    for (test, element) in zip(field.tests, nearest.elements) {
      if case .wildcard(let wildcard) = test, wildcard.ignoresCase(Array(text.utf8)) {
        return LeafHint(
          code: .caseDiffers, sentence: "the letter case differs, and wildcard has no form that ignores it")
      }
      guard let folded = LeafAdviser.folded(test, element),
        let leaf = AdviceTrial.leaf(at: field.name, wanting: "[\(folded.text)]"),
        LeafValue(value).map({ leaf.passes($0) }) ?? false
      else { continue }
      return LeafHint(code: .caseDiffers, sentence: "the letter case differs: \(folded.text) would match")
    }
    return nil
  }

  /// The same test, letter case ignored.
  private static func folded(_ test: ValueTest, _ element: JSON) -> JSON? {
    switch test {
    case .text(let bytes): ["equals-ignore-case": .string(String(decoding: bytes, as: UTF8.self))]
    case .prefix: element["prefix"].map { ["prefix": ["equals-ignore-case": $0]] }
    case .suffix: element["suffix"].map { ["suffix": ["equals-ignore-case": $0]] }
    case .address, .number, .null, .bool, .folded, .foldedPrefix, .foldedSuffix, .wildcard, .numeric, .cidr, .present,
      .absent, .noneOf:
      nil
    }
  }

  private func blanksHint(_ value: JSON) -> LeafHint? {
    guard !isNegative, let text = value.string else { return nil }
    let bare = LeafAdviser.trimmed(text)
    if bare != text, passes(.string(bare)) {
      return LeafHint(
        code: .blanksAround, sentence: "blanks stand around the event's value: \(JSON.string(bare).text) would match")
    }
    let isBlankInPattern = field.tests.contains { test in
      guard case .text(let bytes) = test else { return false }
      return LeafAdviser.trimmed(String(decoding: bytes, as: UTF8.self)) == bare
    }
    guard isBlankInPattern else { return nil }
    return LeafHint(
      code: .blanksAround, sentence: "blanks stand around the pattern's value, and every one of them counts")
  }

  private static func trimmed(_ text: String) -> String {
    var scalars = text.unicodeScalars[...]
    while let first = scalars.first, first.properties.isWhitespace { scalars.removeFirst() }
    while let last = scalars.last, last.properties.isWhitespace { scalars.removeLast() }
    return String(scalars)
  }

  private func numberHint(_ value: JSON) -> LeafHint? {
    guard case .number(let number) = value else { return nil }
    let asks = field.tests.contains { test in
      switch test {
      case .number, .numeric: true
      case .text, .address, .null, .bool, .prefix, .suffix, .folded, .foldedPrefix, .foldedSuffix, .wildcard, .cidr,
        .present, .absent, .noneOf:
        false
      }
    }
    guard asks else { return nil }
    if ComparableNumber(number.text) == nil {
      return LeafHint(
        code: .numberTooLong,
        sentence:
          "\(number.text) has digits that no double holds: it is compared by its spelling, and no range takes it")
    }
    for case .number(let text, nil) in field.tests where Double(text) == number.double {
      return LeafHint(
        code: .numberTooLong,
        sentence: "\(text) in the pattern has digits that no double holds: only the same spelling matches it")
    }
    return nil
  }
}

extension Wildcard {
  /// Whether it matches once both are in lower case.
  fileprivate func ignoresCase(_ bytes: [UInt8]) -> Bool {
    let lower = String(decoding: bytes, as: UTF8.self).lowercased()
    let text = scalars.map { piece -> String in
      switch piece {
      case nil: "*"
      case "*": "\\*"
      case "\\": "\\\\"
      case let scalar?: String(scalar).lowercased()
      }
    }.joined()
    do {
      return try Wildcard(Array(text.utf8), refuse: { PatternError($0, in: text) }).matches(Array(lower.utf8))
    } catch {
      return false
    }
  }
}
