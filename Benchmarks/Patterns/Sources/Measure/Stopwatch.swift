import Glibc

/// The processor time that this process has used, in nanoseconds.
func processorTime() -> Double {
  var time = timespec()
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
  return Double(time.tv_sec) * 1e9 + Double(time.tv_nsec)
}

/// What the same work took, again and again, in nanoseconds.
struct Samples {
  private var sorted: [Double] = []

  var median: Double { sorted[sorted.count / 2] }
  var least: Double { sorted[0] }
  var most: Double { sorted[sorted.count - 1] }

  mutating func add(_ sample: Double) {
    sorted.append(sample)
    sorted.sort()
  }

  /// Processor time of a piece of work, divided by `count`.
  mutating func measure(per count: Int, _ work: () throws -> Void) rethrows {
    let start = processorTime()
    try work()
    add((processorTime() - start) / Double(count))
  }
}

/// Where results go, so that no work is left out for being useless.
enum Sink {
  nonisolated(unsafe) static var folded: UInt64 = 0  // One thread measures.
}
