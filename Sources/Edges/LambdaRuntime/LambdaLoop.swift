import AsyncHTTPClient
import Engine
import Events
import Synchronization

/// A function's life in Lambda: takes the next invocation, answers it, takes the next.
///
/// One invocation at a time, as Lambda has it; more of them are more processes.
public final class LambdaLoop: Sendable {
  /// What an answer may have; Lambda's own figure for 6 MB.
  public static let answerBytesMax = 6_291_556
  static let tooLarge = "Function.ResponseSizeTooLarge"

  private struct State {
    var isStopped = false
    var waiting: Task<Result<Invocation, RuntimeError>, Never>?
  }

  private let api: RuntimeAPI
  private let setVariable: @Sendable (_ name: String, _ value: String) -> Void
  private let state = Mutex(State())

  /// - Parameters:
  ///   - host: `127.0.0.1:9001`, as `AWS_LAMBDA_RUNTIME_API` says.
  ///   - client: without a read timeout; shared and shut down by its owner.
  ///   - setVariable: sets an environment variable: `_X_AMZN_TRACE_ID`.
  public init(
    api host: String, client: HTTPClient,
    setVariable: @escaping @Sendable (_ name: String, _ value: String) -> Void
  ) {
    api = RuntimeAPI(host: host, client: client)
    self.setVariable = setVariable
  }

  /// Runs until `stop()`, or until the Runtime API goes away between two invocations.
  ///
  /// Throws if it never was there, refuses an answer or speaks something else: the process has to end with an error.
  public func run(
    handler: @Sendable (Invocation) async -> FunctionOutcome
  ) async throws(RuntimeError) {
    var count = 0
    while let invocation = try await next(isFirst: count == 0) {
      count += 1
      if let traceID = invocation.traceID { setVariable("_X_AMZN_TRACE_ID", traceID) }
      try await answer(invocation.requestID, await handler(invocation))
    }
  }

  /// Ends the loop: at once where it waits, else after the invocation under way.
  public func stop() {
    let waiting = state.withLock { state in
      state.isStopped = true
      return state.waiting
    }
    waiting?.cancel()
  }

  /// Tells Lambda that the function could not be set up; the process has to end.
  public func failInit(type: String, message: String) async throws(RuntimeError) {
    try await api.failInit(type, message)
  }

  // MARK: The two halves

  /// nil: there will be none.
  private func next(isFirst: Bool) async throws(RuntimeError) -> Invocation? {
    for isLastTry in [isFirst, true] {
      if state.withLock({ $0.isStopped }) { return nil }
      // A task of its own, so that `stop()` can cancel the wait and nothing else; it is awaited right below.
      let waiting = Task<Result<Invocation, RuntimeError>, Never> { [api] in
        do throws(RuntimeError) { return .success(try await api.next()) } catch { return .failure(error) }
      }
      let isStopped = state.withLock { state in
        state.waiting = waiting
        return state.isStopped
      }
      if isStopped { waiting.cancel() }
      let result = await waiting.value
      state.withLock { $0.waiting = nil }
      switch result {
      case .success(let invocation): return invocation
      case .failure(let error):
        if state.withLock({ $0.isStopped }) { return nil }
        guard error.code == .unreachable else { throw error }
        // A connection kept open since the last answer may just have been closed: one more, on a new one.
        guard isLastTry else { continue }
        guard !isFirst else { throw error }
      }
    }
    return nil
  }

  private func answer(_ requestID: String, _ outcome: FunctionOutcome) async throws(RuntimeError) {
    switch outcome {
    case .failed(let type, let message):
      try await api.fail(type, message, requestID)
    case .answered(let json):
      let body = json.bytes
      guard body.count <= LambdaLoop.answerBytesMax else { return try await refuse(body.count, requestID) }
      do {
        try await api.respond(body, to: requestID)
      } catch {
        guard error.status == 413 else { throw error }
        try await refuse(body.count, requestID)
      }
    }
  }

  private func refuse(_ count: Int, _ requestID: String) async throws(RuntimeError) {
    try await api.fail(
      LambdaLoop.tooLarge, "the answer has \(count) bytes; Lambda takes \(LambdaLoop.answerBytesMax)", requestID)
  }
}
