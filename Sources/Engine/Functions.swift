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

/// The functions of an environment by name, as Lambda knows them; every invocation is observed.
public struct Functions: Sendable {
  private let functions: [String: any Function]

  public init(_ functions: [String: any Function], _ clock: any WallClock, _ observer: any Observer) {
    self.functions = functions.reduce(into: [:]) { observed, function in
      observed[function.key] = ObservedFunction(
        name: function.key, function: function.value, clock: clock, observer: observer)
    }
  }

  public var names: [String] { functions.keys.sorted() }

  /// nil if there is none of that name.
  public subscript(name: String) -> (any Function)? { functions[name] }
}

/// A function whose invocations are told to an observer, and whose log lines say which invocation wrote them.
private struct ObservedFunction: Function {
  let name: String
  let function: any Function
  let clock: any WallClock
  let observer: any Observer

  func invoke(_ payload: [UInt8], _ context: InvocationContext) async -> FunctionOutcome {
    let start = clock.now()
    observer.observe(.invocationStarted(function: name, requestID: context.requestID), at: start)
    let outcome = await LogOrigin.$current.withValue(LogOrigin(function: name, requestID: context.requestID)) {
      await function.invoke(payload, context)
    }
    let end = clock.now()
    observer.observe(
      .invocationEnded(function: name, requestID: context.requestID, took: max(.zero, end - start), outcome), at: end)
    return outcome
  }
}
