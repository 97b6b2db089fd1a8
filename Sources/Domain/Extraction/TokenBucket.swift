import Events

/// The request limit of a source, shared by all workers: tokens that flow in evenly and are taken before asking.
///
/// Pure and exact: no fraction of a token is lost. Source: the specification §5, `MAX_REQUESTS_PER_MINUTE`; D12.
public struct TokenBucket: Sendable, Hashable {
  /// The answer to asking for tokens; either way the bucket in it replaces the one that was asked.
  public enum Take: Sendable, Hashable {
    /// They were taken.
    case granted(TokenBucket)
    /// None was taken; they will be there after that time, if nobody else takes them.
    case wait(Span, TokenBucket)
  }

  /// Requests a minute towards Yahoo Finance (§5).
  public static let yahooRequestsPerMinute = 100

  /// How far a clock may be behind the last one seen and count as merely late; beyond, it has been set back.
  public static let skewMax = Span.minutes(1)

  /// The most tokens it holds, and those that flow in each minute.
  public let requestsPerMinute: Int
  /// Counted in 60,000ths of a token, of which `requestsPerMinute` flow in each millisecond.
  private let level: Int64
  /// The time up to which the inflow is counted.
  private let counted: Timestamp

  private static let unitsPerToken: Int64 = 60_000

  /// A full bucket.
  ///
  /// - Parameter requestsPerMinute: 1 to 1,000,000.
  public init(requestsPerMinute: Int, at now: Timestamp) {
    precondition((1...1_000_000).contains(requestsPerMinute), "a source takes 1 to 1,000,000 requests a minute")
    self.init(requestsPerMinute, level: Int64(requestsPerMinute) * TokenBucket.unitsPerToken, counted: now)
  }

  private init(_ requestsPerMinute: Int, level: Int64, counted: Timestamp) {
    self.requestsPerMinute = requestsPerMinute
    self.level = level
    self.counted = counted
  }

  /// Takes all of the tokens or none.
  ///
  /// - Parameters:
  ///   - count: 1 to `requestsPerMinute`; more could never be granted.
  ///   - now: wall-clock time. A clock that is late grants nothing extra; one that was set back finds the bucket empty.
  public func take(_ count: Int, at now: Timestamp) -> Take {
    precondition((1...requestsPerMinute).contains(count), "\(count) of \(requestsPerMinute) tokens can never be taken")
    let current = refilled(at: now)
    let price = Int64(count) * TokenBucket.unitsPerToken
    if current.level >= price {
      return .granted(TokenBucket(requestsPerMinute, level: current.level - price, counted: current.counted))
    }
    let inflow = Int64(requestsPerMinute)
    let missing = (price - current.level + inflow - 1) / inflow
    let late = max(0, (current.counted - now).milliseconds)
    return .wait(Span(milliseconds: missing + late), current)
  }

  /// Whole tokens that could be taken at that time; under a clock that was set back, those that were there last.
  public func available(at now: Timestamp) -> Int {
    let isBack = (now - counted).milliseconds < -TokenBucket.skewMax.milliseconds
    return Int((isBack ? level : refilled(at: now).level) / TokenBucket.unitsPerToken)
  }

  private func refilled(at now: Timestamp) -> TokenBucket {
    let capacity = Int64(requestsPerMinute) * TokenBucket.unitsPerToken
    let passed = (now - counted).milliseconds
    if passed < -TokenBucket.skewMax.milliseconds {
      return TokenBucket(requestsPerMinute, level: 0, counted: now)
    }
    guard passed > 0 else { return self }
    // A minute fills it from empty, so a longer time is not multiplied, and cannot overflow.
    let inflow = min(passed, TokenBucket.unitsPerToken) * Int64(requestsPerMinute)
    return TokenBucket(requestsPerMinute, level: min(capacity, level + inflow), counted: now)
  }
}

extension TokenBucket {
  /// The bucket for stores; `init(stored:)` reads it back.
  public var stored: JSON {
    [
      "requests_per_minute": JSON(requestsPerMinute), "level": JSON(Int(level)),
      "counted": JSON(Int(counted.milliseconds)),
    ]
  }

  /// Reads what `stored` wrote; nil if a member is absent, or the level is one that the bucket cannot hold.
  public init?(stored: JSON) {
    guard let rate = stored["requests_per_minute"]?.int, (1...1_000_000).contains(rate),
      let level = stored["level"]?.int, (0...rate * Int(TokenBucket.unitsPerToken)).contains(level),
      let counted = stored["counted"]?.int
    else { return nil }
    self.init(rate, level: Int64(level), counted: Timestamp(milliseconds: Int64(counted)))
  }
}

extension TokenBucket: Codable {
  private enum CodingKeys: String, CodingKey {
    case requestsPerMinute, level, counted
  }

  /// Reads a stored bucket; throws `DecodingError` for a level that the bucket cannot hold.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    let requestsPerMinute = try container.decode(Int.self, forKey: .requestsPerMinute)
    let level = try container.decode(Int64.self, forKey: .level)
    guard (1...1_000_000).contains(requestsPerMinute) else {
      throw DecodingError.dataCorruptedError(
        forKey: .requestsPerMinute, in: container, debugDescription: "is not 1 to 1,000,000")
    }
    guard (0...Int64(requestsPerMinute) * TokenBucket.unitsPerToken).contains(level) else {
      throw DecodingError.dataCorruptedError(
        forKey: .level, in: container, debugDescription: "is more than the bucket holds, or negative")
    }
    self.init(requestsPerMinute, level: level, counted: try container.decode(Timestamp.self, forKey: .counted))
  }

  /// Writes the bucket for `init(from:)`.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(requestsPerMinute, forKey: .requestsPerMinute)
    try container.encode(level, forKey: .level)
    try container.encode(counted, forKey: .counted)
  }
}
