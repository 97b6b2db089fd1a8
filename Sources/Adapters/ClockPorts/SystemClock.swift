import Engine
import Events

#if canImport(Musl)
  import Musl
#elseif canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// The machine's clock, of both runtimes.
public struct SystemClock: WallClock {
  public init() {}

  public func now() -> Timestamp {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    return Timestamp(milliseconds: Int64(time.tv_sec) * 1_000 + Int64(time.tv_nsec) / 1_000_000)
  }

  public func sleep(for span: Span) async throws(CancellationError) {
    do {
      try await Task.sleep(for: .milliseconds(max(0, span.milliseconds)), tolerance: .zero)
    } catch {
      throw CancellationError()
    }
  }
}

/// The machine's dice.
public struct SystemEntropy: Entropy {
  public init() {}

  public func word() -> UInt64 {
    var generator = SystemRandomNumberGenerator()
    return generator.next()
  }
}
