import Events

/// What keeps an event from matching a pattern, leaf by leaf, and what would mend it.
public struct PatternAdvice: Sendable, Hashable {
  /// Whether the event matches; then there are no leaves.
  public let matched: Bool
  /// Every failing leaf of the closest alternative, by path; the first is the one that was looked at first.
  public let leaves: [LeafAdvice]
}

/// One leaf of a pattern that an event fails, with the smallest change of either that mends this leaf.
///
/// A change is proved before it is told: it was made, and the leaf then passed and no other leaf failed that passed before.
public struct LeafAdvice: Sendable, Hashable {
  public let failure: LeafFailure
  /// Misunderstandings that the values show.
  public let hints: [LeafHint]
  /// nil if none was found within `AdviceLimits`.
  public let eventChange: EventChange?
  /// nil if none was found within `AdviceLimits`.
  public let patternChange: PatternChange?
}

/// A change of an event.
public struct EventChange: Sendable, Hashable {
  /// What is done; raw values are printed.
  public enum Action: String, Sendable, Hashable, CaseIterable {
    /// The value at the place becomes another.
    case set
    /// Nothing is at the place, and a value gets there.
    case add
    /// All that is at the path goes.
    case remove
    /// What lies at another path comes to this one.
    case move
  }

  public let action: Action
  /// Where: keys joined with ".", and elements of arrays by their number, `detail.items[1].name`.
  public let place: String
  /// The path that a moved value comes from.
  public let origin: String?
  /// What is at the place afterwards; nil where it is removed.
  public let value: JSON?
  /// The event with the change made.
  public let event: JSON

  /// `set detail.count to 5`.
  public var sentence: String {
    let value = value?.text ?? "nothing"
    return switch action {
    case .set: "set \(place) to \(value)"
    case .add: "add \(place) with \(value)"
    case .remove: "remove \(place)"
    case .move: "move \(origin ?? place) to \(place)"
    }
  }
}

/// A change of a pattern's leaf.
public struct PatternChange: Sendable, Hashable {
  /// The path of the leaf, which may be another than it was.
  public let path: String
  /// The list that it has then, as JSON text without white space.
  public let wanted: String

  /// `"detail.count": [5,"5"]`.
  public var sentence: String { "\(JSON.string(path).text): \(wanted)" }
}

/// A misunderstanding, told about one case.
public struct LeafHint: Sendable, Hashable {
  public let code: HintCode
  /// For people, about this very case.
  public let sentence: String
}

/// How hard advice is looked for.
public enum AdviceLimits {
  /// Places of one path in one event that a value is tried at.
  public static let placesMax = 64
  /// Changes that are tried for one leaf.
  public static let trialsMax = 128
  /// Bytes of events that are matched in all for one pattern; at least `trialsMin` changes are tried whatever they take.
  public static let trialBytesMax = 8 * 1_024 * 1_024
  /// Changes that are tried also with events of any size.
  public static let trialsMin = 8
  /// Cells of the table in which two texts are aligned.
  public static let alignmentMax = 262_144
  /// Paths of an event that are compared with one that it lacks.
  public static let pathsMax = 2_000
  /// Other paths that are named.
  public static let othersMax = 3
}

extension PatternAdvice {
  /// `{"matched", "failures": [{"path", "wanted", "had", "hints", "change_event", "change_pattern"}]}`
  public var json: JSON {
    ["matched": .bool(matched), "failures": .array(leaves.map(\.json))]
  }
}

extension LeafAdvice {
  public var json: JSON {
    [
      "path": .string(failure.path), "wanted": .string(failure.wanted), "had": failure.had.map { .string($0) } ?? .null,
      "hints": .array(hints.map { ["code": .string($0.code.rawValue), "sentence": .string($0.sentence)] }),
      "change_event": eventChange?.json ?? .null, "change_pattern": patternChange?.json ?? .null,
    ]
  }
}

extension EventChange {
  /// Without the changed event, which the reader can make.
  public var json: JSON {
    JSON(present: [
      "action": .string(action.rawValue), "place": .string(place), "from": origin.map { .string($0) }, "value": value,
      "sentence": .string(sentence),
    ])
  }
}

extension PatternChange {
  public var json: JSON {
    ["path": .string(path), "wanted": .string(wanted), "sentence": .string(sentence)]
  }
}
