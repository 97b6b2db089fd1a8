import Engine
import Synchronization

/// A log that remembers its latest lines.
public final class MemoryLog: LogSink {
  private let limit: Int
  private let kept = Mutex<[LogLine]>([])

  /// - Parameter limit: lines that are kept; the oldest go first.
  public init(limit: Int = 10_000) {
    self.limit = limit
  }

  /// The lines that are kept, the oldest first.
  public var lines: [LogLine] { kept.withLock { $0 } }

  public func write(_ line: LogLine) {
    kept.withLock { lines in
      lines.append(line)
      if lines.count > limit { lines.removeFirst(lines.count - limit) }
    }
  }
}
