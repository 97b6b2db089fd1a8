import Events

/// What becomes of slots that passed while nobody was looking.
///
/// Bounded by age (`window`) and by number (`firesMax`). Source: D23; SCHEDULES §2, recurring demands.
public struct MisfirePolicy: Sendable, Hashable, Codable {
  /// Which of the missed slots inside the window still fire.
  public enum Kind: String, Sendable, Codable, CaseIterable {
    case skip, latest, all
  }

  /// The most slots that a policy may let fire, the newest first chosen; a week of minutes.
  public static let firesMax = 10_080

  /// `latest` within one hour, the default of D23.
  public static let standard = MisfirePolicy(kind: .latest, window: .hours(1))

  public let kind: Kind
  /// How old a slot may be and still fire, its end included; never negative.
  public let window: Span
  /// How many slots fire at most, the newest of them; 1 to `firesMax`. Only `all` fires more than one.
  public let countMax: Int

  /// Traps on a negative window, and on a count that is outside its bounds.
  public init(kind: Kind = .latest, window: Span = .hours(1), countMax: Int = MisfirePolicy.firesMax) {
    precondition(window >= .zero, "a window looks back, so it is not negative")
    precondition((1...MisfirePolicy.firesMax).contains(countMax), "a count is 1 to \(MisfirePolicy.firesMax)")
    self.kind = kind
    self.window = window
    self.countMax = countMax
  }

  /// Reads `kind`, `window` in milliseconds and `countMax`, which older data have not; a negative window is corrupt
  /// data.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    kind = try container.decode(Kind.self, forKey: .kind)
    window = try container.decode(Span.self, forKey: .window)
    guard window >= .zero else {
      throw DecodingError.dataCorruptedError(forKey: .window, in: container, debugDescription: "window is negative")
    }
    countMax = try container.decodeIfPresent(Int.self, forKey: .countMax) ?? MisfirePolicy.firesMax
    guard (1...MisfirePolicy.firesMax).contains(countMax) else {
      throw DecodingError.dataCorruptedError(
        forKey: .countMax, in: container, debugDescription: "countMax is out of bounds")
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
    case .all: firing = Set(open.suffix(countMax))
    }
    return passed.map { (slot: $0, fires: firing.contains($0)) }
  }
}
