import Events
import Rules

/// What is known of the rules that an event, which no rule wanted, missed by a single leaf.
public enum NearMissLook: Sendable, Hashable {
  /// Those rules, by name: none if it missed all of them by more.
  case looked([EventBus.NearMiss])
  /// Nobody looked, for such events came faster than they are looked at (`NearMissSampler`).
  ///
  /// - Parameter like: an event of the same source and detail-type that was looked at, in the same second and by the
  ///   same rules; nil if there was none.
  case skipped(like: String?)

  public var misses: [EventBus.NearMiss] {
    switch self {
    case .looked(let misses): misses
    case .skipped: []
    }
  }
}

/// Which of the events that no rule wanted are looked at for near misses: the first few of a kind in each second.
///
/// An unmatched event's row is committed with the event, so the look lies on the event's way. The matcher bounds what one
/// look costs, whatever the number of rules; this bounds how often there is one. Whoever sends thousands of events a
/// second that nobody wants sends a few kinds of them, a kind being a source and a detail-type: the first of each kind
/// say what is wrong, and the rows of the others say that nobody looked and refer to the first. Counting begins anew
/// with each second of the clock and each change of a rule, so that no row refers to an event that other rules judged.
/// `bellcrank why` looks at any event again, whether it was sampled or not.
///
/// Pure: the moment is handed in.
struct NearMissSampler {
  /// Events of one kind that are looked at in one second.
  static let looksPerKindMax = 10
  /// Kinds that are told apart in one second; events of any further kind are counted together.
  static let kindsMax = 256

  enum Verdict: Hashable {
    case look
    case skip(like: String?)
  }

  private struct Kind: Hashable {
    let source: String
    let detailType: String
  }

  private struct Count {
    var looks = 1
    let first: String
  }

  private var second: Int64?
  private var edition: Int?
  private var counts: [Kind: Count] = [:]
  private var looksAtFurther = 0

  /// - Parameter edition: of the bus that routes the event.
  mutating func verdict(on event: Event, edition: Int, at now: Timestamp) -> Verdict {
    if now.seconds != second || edition != self.edition {
      (second, self.edition, looksAtFurther) = (now.seconds, edition, 0)
      counts.removeAll(keepingCapacity: true)
    }
    let kind = Kind(source: event.source, detailType: event.detailType)
    if let count = counts[kind] {
      guard count.looks < NearMissSampler.looksPerKindMax else { return .skip(like: count.first) }
      counts[kind]?.looks += 1
    } else if counts.count < NearMissSampler.kindsMax {
      counts[kind] = Count(first: event.id)
    } else {
      guard looksAtFurther < NearMissSampler.looksPerKindMax else { return .skip(like: nil) }
      looksAtFurther += 1
    }
    return .look
  }
}
