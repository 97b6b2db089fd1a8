import AWSClients
import AWSWire
import Engine
import Events
import Synchronization

/// A clock on which sleeping is time passing; it remembers how long was slept.
final class SteppingClock: WallClock {
  private struct State {
    var now: Timestamp
    var pauses: [Span] = []
  }

  private let state: Mutex<State>

  init(_ now: Timestamp = Timestamp(seconds: 1_757_455_200)) {
    state = Mutex(State(now: now))
  }

  func now() -> Timestamp { state.withLock { $0.now } }

  func sleep(for span: Span) async throws(CancellationError) {
    state.withLock { state in
      state.now = state.now + span
      state.pauses.append(span)
    }
  }

  func advance(_ span: Span) {
    state.withLock { $0.now = $0.now + span }
  }

  var pauses: [Span] { state.withLock { $0.pauses } }
}

/// Dice that always show the same; all bits set by default, so that a pause is as long as it may be.
struct LoadedDice: Entropy {
  var face = UInt64.max

  func word() -> UInt64 { face }
}

/// A network that says what it was told to say, in that order, and remembers what was sent.
final class ScriptedTransport: AWSTransport {
  typealias Outcome = Result<AWSAnswer, TransportError>

  struct Sent: Sendable {
    let request: WireRequest
    let isSecure: Bool
    let timeout: Span
  }

  private struct State {
    var outcomes: [Outcome]
    var sent: [Sent] = []
  }

  private let state: Mutex<State>
  private let before: @Sendable () async -> Void

  /// - Parameter before: runs before each answer.
  init(_ outcomes: [Outcome], before: @escaping @Sendable () async -> Void = {}) {
    state = Mutex(State(outcomes: outcomes))
    self.before = before
  }

  var sent: [Sent] { state.withLock { $0.sent } }

  func send(_ request: WireRequest, isSecure: Bool, timeout: Span) async throws(TransportError) -> AWSAnswer {
    await before()
    let outcome = state.withLock { state in
      state.sent.append(Sent(request: request, isSecure: isSecure, timeout: timeout))
      return state.outcomes.isEmpty ? nil : state.outcomes.removeFirst()
    }
    guard let outcome else { throw TransportError(.notConnected, reason: "nobody is there") }
    return try outcome.get()
  }
}

extension Result where Success == AWSAnswer, Failure == TransportError {
  static func answer(_ status: Int, _ body: JSON, _ headers: [String: String] = [:]) -> Self {
    .success(AWSAnswer(status: status, headers: headers, body: body.bytes))
  }

  static func silence(_ code: TransportError.Code) -> Self {
    .failure(TransportError(code, reason: "\(code)"))
  }
}
