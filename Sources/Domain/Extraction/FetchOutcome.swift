import Events

/// What became of asking a source for one symbol.
public enum FetchOutcome: Sendable, Hashable {
  /// The source answered with prices; there may be none in the period.
  case fetched(PriceSeries)
  /// It did not, or not with anything that can be read.
  case failed(SourceError)

  /// Why there are no prices; nil if there are.
  public var error: SourceError? {
    switch self {
    case .fetched: nil
    case .failed(let error): error
    }
  }
}

/// Why a source gave no prices for a symbol.
public struct SourceError: Error, Sendable, Hashable, Codable, CustomStringConvertible {
  /// The kinds of refusal; raw values stand in the ledger and in answers, so they are never renamed.
  public enum Code: String, Sendable, Hashable, Codable, CaseIterable {
    /// Too many requests; the source may say when to come back.
    case throttled = "SOURCE_THROTTLED"
    /// The source could not be reached, or failed itself.
    case unavailable = "SOURCE_UNAVAILABLE"
    /// The answer did not come in time.
    case timeout = "SOURCE_TIMEOUT"
    /// The source knows no such symbol.
    case unknownSymbol = "SOURCE_UNKNOWN_SYMBOL"
    /// The answer cannot be read, is too large, or is about another symbol.
    case malformed = "SOURCE_MALFORMED"
    /// The source does not accept the request: a wrong period or interval, a missing permission.
    case refused = "SOURCE_REFUSED"
  }

  /// What programs read.
  public let code: Code
  /// What people read.
  public let reason: String
  /// How long the source asks to be left alone, counted from its answer; never negative, nil if it did not say.
  public let retryAfter: Span?

  /// - Parameter retryAfter: negative counts as zero.
  public init(_ code: Code, reason: String, retryAfter: Span? = nil) {
    self.code = code
    self.reason = reason
    self.retryAfter = retryAfter.map { max($0, .zero) }
  }

  /// Whether the same question may be answered later. A garbled answer is asked for again: it may have been cut off.
  public var isRetriable: Bool {
    switch code {
    case .throttled, .unavailable, .timeout, .malformed: true
    case .unknownSymbol, .refused: false
    }
  }

  /// The code and the reason in one line.
  public var description: String { "\(code.rawValue): \(reason)" }
}
