#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// The processor time of this process, which has one thread.
enum Stopwatch {
  /// Nanoseconds.
  static func nanoseconds(_ work: () -> Void) -> Double {
    let start = now()
    work()
    return now() - start
  }

  private static func now() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
    return Double(time.tv_sec) * 1e9 + Double(time.tv_nsec)
  }
}

/// What rounds of the same work took, each in nanoseconds for one piece of it.
struct Rounds {
  let median: Double
  let least: Double
  let most: Double

  /// One round to warm up, then those that count.
  init(_ rounds: Int, pieces: Int, _ work: () -> Void) {
    work()
    let times = (0..<rounds).map { _ in Stopwatch.nanoseconds(work) / Double(pieces) }.sorted()
    median = times[times.count / 2]
    least = times[0]
    most = times[times.count - 1]
  }
}
