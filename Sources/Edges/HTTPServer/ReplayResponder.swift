import Engine
import Events
import ReplaySource
import Synchronization

/// A market-data source on a socket of this machine: the bundled replay, in the shape of the real service's answers.
public final class ReplayResponder: HTTPResponder {
  private let market: Mutex<ReplayMarket>
  private let clock: any WallClock

  public init(_ market: ReplayMarket, _ clock: any WallClock) {
    self.market = Mutex(market)
    self.clock = clock
  }

  public func respond(to request: HTTPRequestMessage) async -> HTTPReply {
    let now = clock.now()
    let answer = market.withLock { $0.answer(path: request.path, query: request.query, now: now) }
    let delay = answer.headers.first { $0.name.lowercased() == ReplayAnswer.delayHeader }.flatMap { Int64($0.value) }
    if let delay {
      do {
        try await clock.sleep(for: Span(milliseconds: delay))
      } catch {
        return .full(status: 503, headers: [], body: [])
      }
    }
    let headers = answer.headers.map { ($0.name, $0.value) }
    return .full(status: answer.status, headers: headers, body: answer.body)
  }
}
