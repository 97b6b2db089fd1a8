import AWSWire
import Engine
import Synchronization

/// What was answered to requests that had a client token, so that a repetition gets the same answer.
///
/// The latest are kept, in memory: a repetition after that, or after a restart, is a request like any other.
final class ClientTokens: Sendable {
  static let countMax = 10_000

  private struct Answered {
    let request: Int
    let answer: WireTree
  }

  private struct State {
    var answers: [String: Answered] = [:]
    /// The keys in the order in which they came; the next one takes the place of the oldest.
    var order: [String] = []
    var oldest = 0
  }

  private let state = Mutex(State())
  /// Requests with the same token take turns.
  private let turnstiles = (0..<64).map { _ in Turnstile() }

  /// The answer to a request: the one that its token already has, or a new one.
  ///
  /// - Throws: `ConflictException` if another request had the token; and what `make` throws, which is not kept.
  func answer(
    _ operation: SchedulerOperation, _ make: @Sendable () async throws -> WireTree
  ) async throws -> WireTree {
    guard let token = operation.clientToken else { return try await make() }
    let key = "\(operation.name) \(token)"
    let turnstile = turnstiles[Int(UInt(bitPattern: key.hashValue) % UInt(turnstiles.count))]
    return try await turnstile.pass {
      let request = operation.hashValue
      if let known = state.withLock({ $0.answers[key] }) {
        guard known.request == request else {
          throw WireError(.conflict, "The ClientToken \(token) came with another \(operation.name) before.")
        }
        return known.answer
      }
      let answer = try await make()
      keep(Answered(request: request, answer: answer), of: key)
      return answer
    }
  }

  private func keep(_ answered: Answered, of key: String) {
    state.withLock { state in
      state.answers[key] = answered
      if state.order.count < ClientTokens.countMax {
        state.order.append(key)
      } else {
        state.answers[state.order[state.oldest]] = nil
        state.order[state.oldest] = key
        state.oldest = (state.oldest + 1) % ClientTokens.countMax
      }
    }
  }
}
