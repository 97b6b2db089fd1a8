import Events

/// An event pattern that is sound: it says of every event whether it matches, and why not.
///
/// It accepts and refuses what EventBridge does, and matches as EventBridge matches.
/// Source: AWS, "Amazon EventBridge event patterns"; event-ruler 2.0.1 where the documentation is silent.
public struct EventPattern: Sendable {
  /// The JSON text it was made from.
  public let text: String
  /// One for each combination of the `$or`; the fields of each in the order of their paths' UTF-16 units.
  package let alternatives: [[FieldTest]]
  private let paths: PathSet

  /// Reads and checks a pattern; what follows its closing brace is ignored.
  ///
  /// Throws the first fault in reading order. The caller checks the size against `PatternLimits.sizeMax`.
  public init(_ text: String) throws(PatternError) {
    self.text = text
    var compiler = PatternCompiler(text)
    alternatives = try compiler.compile()
    paths = PathSet(alternatives)
  }

  /// Whether the event matches.
  ///
  /// - Parameter event: the whole envelope; anything but an object matches nothing.
  public func matches(_ event: JSON) -> Bool {
    guard event.members != nil else { return false }
    let leaves = EventLeaves(event, at: paths)
    return alternatives.contains { fields in
      var match = PatternMatch(fields, in: leaves)
      return match.isComplete()
    }
  }

  /// Says which leaves fail in the alternative that fails least, the first of them if several do.
  ///
  /// - Parameter event: the whole envelope; of anything but an object every leaf fails.
  public func explain(_ event: JSON) -> Explanation {
    let leaves = EventLeaves(event, at: paths)
    var closest: [FieldTest]?
    for fields in alternatives {
      var match = PatternMatch(fields, in: leaves)
      let failing = event.members == nil ? fields : match.failures()
      if failing.count < closest?.count ?? .max { closest = failing }
    }
    let failures = (closest ?? []).map { field in
      LeafFailure(path: field.name, wanted: field.wanted, had: had(leaves.values[field.path] ?? []))
    }
    return Explanation(matched: failures.isEmpty, failures: failures)
  }

  private func had(_ values: [JSON]) -> String? {
    guard let first = values.first else { return nil }
    return values.count == 1 ? first.text : JSON.array(values).text
  }
}

extension EventPattern: Hashable {
  /// Whether both are spelt the same, byte for byte.
  public static func == (left: EventPattern, right: EventPattern) -> Bool {
    left.text.utf8.elementsEqual(right.text.utf8)
  }

  /// Feeds the bytes of the text.
  public func hash(into hasher: inout Hasher) {
    for byte in text.utf8 { hasher.combine(byte) }
  }
}

/// Why an event matches a pattern or does not.
public struct Explanation: Sendable, Hashable {
  /// Whether it matches; then nothing fails.
  public let matched: Bool
  /// Every failing leaf of the closest alternative, by path.
  public let failures: [LeafFailure]

  /// Whether a single leaf keeps the event from matching.
  public var isNearMiss: Bool { failures.count == 1 }
}

/// One leaf of a pattern that an event fails.
///
/// It fails by its value, by being absent or present, or because its value lies in another array element than those of
/// the leaves before it.
public struct LeafFailure: Sendable, Hashable {
  /// The keys, joined with ".": `detail.trigger_reingestion`.
  public let path: String
  /// The pattern's list, as JSON text without white space.
  public let wanted: String
  /// What the event has there, as JSON text; several values as one array; nil if it has nothing.
  public let had: String?

  public init(path: String, wanted: String, had: String?) {
    self.path = path
    self.wanted = wanted
    self.had = had
  }
}
