import Dispatch

#if canImport(Musl)
  import Musl
#elseif canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// SIGTERM and SIGINT: how a process is asked to end.
public final class TerminationSignal: Sendable {
  // Set up once and only cancelled after that, from any thread.
  private nonisolated(unsafe) let sources: [any DispatchSourceSignal]

  /// Calls `action` for each such signal, instead of the death that is its default, as long as this lives;
  /// when this returns they are heard.
  public init(_ action: @escaping @Sendable () -> Void) {
    // Dispatch sets its handlers on a thread of its own; until then a signal would still kill.
    let isReady = DispatchSemaphore(value: 0)
    sources = [SIGTERM, SIGINT].map { number in
      #if canImport(Darwin)
        // Dispatch hears what nobody handles; on Linux it sets a handler of its own, and what is ignored never comes.
        signal(number, SIG_IGN)
      #endif
      let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
      source.setEventHandler(handler: action)
      source.setRegistrationHandler { isReady.signal() }
      source.resume()
      return source
    }
    for _ in sources { isReady.wait() }
  }

  deinit {
    for source in sources { source.cancel() }
  }
}
