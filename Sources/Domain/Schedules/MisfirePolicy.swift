import Events

/// What becomes of slots that passed while nobody was looking.
///
/// Bounded by age (`window`) and by number (`firesMax`). Source: D23; SCHEDULES §2, recurring demands.
public struct MisfirePolicy: Sendable, Hashable, Codable {
  /// Which of the missed slots inside the window still fire.
  public enum Kind: String, Sendable, Codable, CaseIterable {
    case skip, latest, all
  }

  /// The most slots one decision fires, the newest first chosen; a week of minutes.
  public static let firesMax = 10_080

  /// `latest` within one hour, the default of D23.
  public static let standard = MisfirePolicy(kind: .latest, window: .hours(1))

  public let kind: Kind
  /// How old a slot may be and still fire, its end included; never negative.
  public let window: Span

  /// Traps on a negative window.
  public init(kind: Kind = .latest, window: Span = .hours(1)) {
    precondition(window >= .zero, "a window looks back, so it is not negative")
    self.kind = kind
    self.window = window
  }

  /// Reads `kind` and `window`, in milliseconds; a negative window is corrupt data.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    kind = try container.decode(Kind.self, forKey: .kind)
    window = try container.decode(Span.self, forKey: .window)
    guard window >= .zero else {
      throw DecodingError.dataCorruptedError(forKey: .window, in: container, debugDescription: "window is negative")
    }
  }

  /// Says of each missed slot whether it fires, in the order given.
  ///
  /// - Parameters:
  ///   - missed: slots nobody decided, each once. One later than `now` is not missed and left out: the clock went
  ///     back, and the slot will come again.
  ///   - now: wall-clock time.
  public func decide(missed: [Timestamp], now: Timestamp) -> [(slot: Timestamp, fires: Bool)] {
    let passed = missed.filter { $0 <= now }
    let oldest = now - window
    let open = passed.filter { $0 >= oldest }.sorted()
    let firing: Set<Timestamp>
    switch kind {
    case .skip: firing = []
    case .latest: firing = Set(open.suffix(1))
    case .all: firing = Set(open.suffix(MisfirePolicy.firesMax))
    }
    return passed.map { (slot: $0, fires: firing.contains($0)) }
  }
}
