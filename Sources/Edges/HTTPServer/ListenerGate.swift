import Synchronization

/// Counts what is in flight on all connections together, and says when it is enough.
final class ListenerGate: Sendable {
  private struct Load {
    var requests = 0
    var bodyBytes = 0
  }

  private let limits: HTTPLimits
  private let load = Mutex(Load())

  init(limits: HTTPLimits) {
    self.limits = limits
  }

  /// Lets one request in, or says no. Whoever is let in calls `leave` once.
  func enter() -> Bool {
    load.withLock { load in
      guard load.requests < limits.requestsInFlightMax else { return false }
      load.requests += 1
      return true
    }
  }

  /// Makes room for more of a body, or says no and takes none.
  func reserve(bytes: Int) -> Bool {
    load.withLock { load in
      guard bytes <= limits.bufferedBytesMax - load.bodyBytes else { return false }
      load.bodyBytes += bytes
      return true
    }
  }

  /// The request is answered and its body forgotten.
  func leave(bytes: Int) {
    load.withLock { load in
      load.requests -= 1
      load.bodyBytes -= bytes
      precondition(load.requests >= 0 && load.bodyBytes >= 0, "a request left that never entered")
    }
  }
}
