import ArgumentParser
import Engine
import Events
import Foundation
import Logging

/// The log's threshold, as `--log-level` takes it.
extension Logger.Level: @retroactive ExpressibleByArgument {}

/// swift-log's handler that writes one JSON object a line to stderr: time, level, message, then the fields.
struct JSONLinesLog: LogHandler {
  let clock: any WallClock
  var logLevel: Logger.Level
  var metadata: Logger.Metadata = [:]
  var metadataProvider: Logger.MetadataProvider?

  subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  func log(event: LogEvent) {
    var json: JSON = [
      "time": .string(clock.now().preciseText), "level": .string(event.level.rawValue.uppercased()),
      "message": .string(event.message.description),
    ]
    let fields = metadata.merging(event.metadata ?? [:]) { _, new in new }
    for (key, value) in fields.sorted(by: { $0.key < $1.key }) { json.set(key, .string("\(value)")) }
    var line = json.bytes
    line.append(UInt8(ascii: "\n"))
    // One write a line: lines of several threads do not mix. A log that cannot be written stops nothing.
    _ = line.withUnsafeBytes { write(STDERR_FILENO, $0.baseAddress, $0.count) }
  }
}

/// The engine's log in swift-log's hands.
struct LoggerSink: LogSink {
  let logger: Logger

  func write(_ line: LogLine) {
    let level: Logger.Level =
      switch line.level {
      case .debug: .debug
      case .info: .info
      case .warning: .warning
      case .error: .error
      }
    logger.log(level: level, "\(line.message)", metadata: line.fields.mapValues { .string($0) })
  }
}
