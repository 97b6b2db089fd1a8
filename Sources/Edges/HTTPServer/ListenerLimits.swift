/// Everything the listener bounds; each bound names its unit.
public struct HTTPLimits: Sendable, Hashable {
  /// The largest body as sent, in bytes. A bigger one is answered 413.
  public let bodyBytesMax: Int
  /// The largest body after inflating, in bytes: a gzip bomb ends here. A bigger one is answered 413.
  public let inflatedBytesMax: Int
  /// The bodies held in memory at once, all requests together, in bytes. Beyond it the answer is 503.
  public let bufferedBytesMax: Int
  /// The head of a request: any one field and all of them together, in bytes. A bigger one is answered 400.
  public let headerBytesMax: Int
  /// The fields in the head of a request. More are answered 400.
  public let headerCountMax: Int
  /// Requests being read or answered at once. Beyond it the answer is 503 with `Retry-After`.
  public let requestsInFlightMax: Int
  /// Open connections; further ones wait in the system's queue until one closes.
  public let connectionsMax: Int
  /// How long a connection may be silent between requests or inside one before it is closed, in seconds.
  public let idleSeconds: Int
  /// How long a connection that is being closed may take nothing of the rest of its last answer, in seconds; all of the
  /// rest may take twelve times as long.
  public let flushSeconds: Int
  /// How much of a refused body is read and thrown away, so that the client sees the refusal, in bytes.
  public let lingerBytesMax: Int
  /// What `Retry-After` says in a 503, in seconds.
  public let retryAfterSeconds: Int

  /// Traps if a bound is less than one: a listener that can take nothing is a mistake.
  public init(
    bodyBytesMax: Int = 64 << 20, inflatedBytesMax: Int = 8 << 20, bufferedBytesMax: Int = 256 << 20,
    headerBytesMax: Int = 64 << 10, headerCountMax: Int = 256, requestsInFlightMax: Int = 256,
    connectionsMax: Int = 768, idleSeconds: Int = 60, flushSeconds: Int = 5, lingerBytesMax: Int = 1 << 20,
    retryAfterSeconds: Int = 1
  ) {
    let bounds = [
      bodyBytesMax, inflatedBytesMax, bufferedBytesMax, headerBytesMax, headerCountMax, requestsInFlightMax,
      connectionsMax, idleSeconds, flushSeconds, lingerBytesMax, retryAfterSeconds,
    ]
    precondition(bounds.allSatisfy { $0 >= 1 }, "every limit of the listener is at least one")
    self.bodyBytesMax = bodyBytesMax
    self.inflatedBytesMax = inflatedBytesMax
    self.bufferedBytesMax = bufferedBytesMax
    self.headerBytesMax = headerBytesMax
    self.headerCountMax = headerCountMax
    self.requestsInFlightMax = requestsInFlightMax
    self.connectionsMax = connectionsMax
    self.idleSeconds = idleSeconds
    self.flushSeconds = flushSeconds
    self.lingerBytesMax = lingerBytesMax
    self.retryAfterSeconds = retryAfterSeconds
  }

  /// What `serve` runs with.
  public static let standard = HTTPLimits()
}
