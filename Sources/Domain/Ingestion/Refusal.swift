/// Why a request was refused, in the words of the ledger's reason codes (D15).
public enum RefusalCode: String, Sendable, Hashable, Codable, CaseIterable {
  case malformedEvent = "MALFORMED_EVENT"
  case invalidDataSource = "INVALID_DATA_SOURCE"
  case invalidDomain = "INVALID_DOMAIN"
  case invalidTableName = "INVALID_TABLE_NAME"
  case invalidSymbols = "INVALID_SYMBOLS"
  case unknownDataSource = "UNKNOWN_DATA_SOURCE"
  case unknownTable = "UNKNOWN_TABLE"
  case noSymbols = "NO_SYMBOLS"
  case loopStopped = "LOOP_STOPPED"
  case rateLimited = "RATE_LIMITED"
  case idempotencyConflict = "IDEMPOTENCY_CONFLICT"
  case breakerOpen = "BREAKER_OPEN"

  /// The rows of D15's table that refuse, and the two refusals of admission that it does not list (D9, D11).
  public enum Family: String, Sendable, Hashable, CaseIterable {
    case structure, identityValue, businessRule, limit, conflict, breaker
  }

  /// How loud a refusal is in the log.
  public enum LogLevel: String, Sendable, Hashable {
    case info = "INFO"
    case warn = "WARN"
    case error = "ERROR"
  }

  public var family: Family {
    switch self {
    case .malformedEvent: .structure
    case .invalidDataSource, .invalidDomain, .invalidTableName, .invalidSymbols: .identityValue
    case .unknownDataSource, .unknownTable, .noSymbols, .loopStopped: .businessRule
    case .rateLimited: .limit
    case .idempotencyConflict: .conflict
    case .breakerOpen: .breaker
    }
  }

  /// The `statusCode` of the answer.
  public var statusCode: Int {
    switch family {
    case .structure, .identityValue: 400
    case .businessRule: 422
    case .limit: 429
    case .conflict: 409
    case .breaker: 503
    }
  }

  /// Whether the cause goes to the dead-letter queue.
  public var goesToDeadLetter: Bool {
    switch family {
    case .businessRule: true
    case .structure, .identityValue, .limit, .conflict, .breaker: false
    }
  }

  public var logLevel: LogLevel {
    switch family {
    case .structure, .businessRule: .error
    case .identityValue, .limit, .conflict, .breaker: .warn
    }
  }

  /// The decision that the ledger records, in the vocabulary of D32.
  public var decision: String {
    switch family {
    case .structure, .identityValue: "invalid"
    case .businessRule: self == .loopStopped ? "loop_stopped" : "rejected"
    case .limit: "rate_limited"
    case .conflict: "conflict"
    case .breaker: "breaker_open"
    }
  }
}

/// One thing that is wrong with a request.
public struct Violation: Sendable, Hashable {
  public let code: RefusalCode
  /// The member at fault, as `symbols[2]`; nil where none is.
  public let field: String?
  /// For people; programs read `code`.
  public let message: String

  public init(_ code: RefusalCode, field: String? = nil, _ message: String) {
    self.code = code
    self.field = field
    self.message = message
  }
}

/// Everything that is wrong with a request; the first violation decides the answer.
public struct Refusal: Error, Sendable, Hashable {
  public let first: Violation
  public let others: [Violation]

  public init(_ code: RefusalCode, field: String? = nil, _ message: String) {
    first = Violation(code, field: field, message)
    others = []
  }

  /// nil if there is no violation.
  public init?(_ violations: [Violation]) {
    guard let first = violations.first else { return nil }
    self.first = first
    others = Array(violations.dropFirst())
  }

  /// At least one, the deciding one first.
  public var violations: [Violation] { [first] + others }
  public var code: RefusalCode { first.code }
  public var statusCode: Int { code.statusCode }
}
