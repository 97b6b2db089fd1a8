import Events

/// What a function is told about its invocation besides the payload.
public struct InvocationContext: Sendable {
  public let requestID: String
  public let invokedAt: Timestamp
  /// The cause that is being delivered; nil for a direct invocation.
  public let cause: Cause?

  public init(requestID: String, invokedAt: Timestamp, cause: Cause?) {
    self.requestID = requestID
    self.invokedAt = invokedAt
    self.cause = cause
  }
}

/// How an invocation ended.
public enum FunctionOutcome: Sendable, Hashable {
  case answered(JSON)
  /// The function itself failed; a refusal is an answer, not a failure.
  case failed(type: String, message: String)
}

/// A function that runs inside the engine.
public protocol Function: Sendable {
  func invoke(_ payload: [UInt8], _ context: InvocationContext) async -> FunctionOutcome
}

/// The functions of an environment by name, as Lambda knows them.
public struct Functions: Sendable {
  private let functions: [String: any Function]

  public init(_ functions: [String: any Function]) {
    self.functions = functions
  }

  public var names: [String] { functions.keys.sorted() }

  /// nil if there is none of that name.
  public subscript(name: String) -> (any Function)? { functions[name] }
}
