import Events
import Extraction

/// The only clock of the engine. Adapters: `ClockPorts.SystemClock`, and the engine's own `VirtualClock`.
public protocol WallClock: Sendable {
  /// UTC; may stand still or jump either way.
  func now() -> Timestamp
  /// Returns after that span, or early and throwing when the task is cancelled.
  func sleep(for span: Span) async throws(CancellationError)
}

/// The only dice of the engine. Adapters: `ClockPorts.SystemEntropy`, `Simulation.SeededEntropy`.
public protocol Entropy: Sendable {
  func word() -> UInt64
}

extension Entropy {
  /// A version-4 UUID.
  public func uuid() -> String {
    DerivedID.uuid(random: word(), word())
  }
}

/// Checksums that others compute too. Adapter: `CryptoPorts.CryptoDigests`.
public protocol Digests: Sendable {
  /// Lower-case hex of SHA-256.
  func sha256(_ bytes: [UInt8]) -> String
  /// Lower-case hex of MD5: S3's ETag and SQS's body digest.
  func md5(_ bytes: [UInt8]) -> String
}

/// Where prices come from. Adapters: `SourceClients.YahooFinanceClient`, `Simulation.ScriptedSource`.
public protocol Source: Sendable {
  /// One attempt; never retries and never throws, so that the caller decides what a failure means.
  func prices(of symbol: String, period: String, interval: String, timeout: Span) async -> FetchOutcome
}

/// The bytes of objects, by an id of their own. Adapters: `LocalObjects.BlobFolder`, `Simulation.MemoryBlobs`.
public protocol Blobs: Sendable {
  /// Durable when it returns.
  func write(_ bytes: [UInt8], id: String) async throws(StoreError)
  func read(_ id: String) async throws(StoreError) -> [UInt8]
  /// Does nothing if there is no such blob.
  func remove(_ id: String) async throws(StoreError)
}

/// Where the engine tells people what it does, one structured line at a time.
public protocol LogSink: Sendable {
  func write(_ line: LogLine)
}

/// One line of the log.
public struct LogLine: Sendable, Hashable {
  public enum Level: String, Sendable, Hashable, Codable {
    case debug = "DEBUG"
    case info = "INFO"
    case warning = "WARN"
    case error = "ERROR"
  }

  public let level: Level
  public let message: String
  /// Ids first of all: correlation id, run, rule.
  public let fields: [String: String]

  public init(_ level: Level, _ message: String, _ fields: [String: String] = [:]) {
    self.level = level
    self.message = message
    self.fields = fields
  }
}
