import Engine
import Events

#if canImport(Musl)
  import Musl
#elseif canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// The log of a Lambda function: one JSON object a line on standard output, as Lambda's own JSON log format has it.
///
/// Source: AWS Lambda Developer Guide, "Working with Lambda function logs", JSON format: `timestamp`, `level`,
/// `message`, `requestId`; the fields of a line stand beside them.
public struct StandardOutputLog: LogSink {
  private let clock: any WallClock
  private let threshold: LogLine.Level
  private let descriptor: Int32

  /// - Parameters:
  ///   - threshold: `AWS_LAMBDA_LOG_LEVEL`'s; what is below it is not written.
  ///   - descriptor: 1, but for tests.
  public init(_ clock: any WallClock, threshold: LogLine.Level = .info, descriptor: Int32 = STDOUT_FILENO) {
    self.clock = clock
    self.threshold = threshold
    self.descriptor = descriptor
  }

  public func write(_ line: LogLine) {
    guard Self.rank(line.level) >= Self.rank(threshold) else { return }
    let origin = LogOrigin.current
    var members = [
      JSON.Member("timestamp", .string(clock.now().preciseText)), JSON.Member("level", .string(line.level.rawValue)),
      JSON.Member("message", .string(line.message)),
    ]
    if let origin {
      members.append(JSON.Member("requestId", .string(origin.requestID)))
      members.append(JSON.Member("function", .string(origin.function)))
    }
    let taken = Set(members.map(\.key))
    for (name, value) in line.fields.sorted(by: { $0.key < $1.key }) where !taken.contains(name) {
      members.append(JSON.Member(name, .string(value)))
    }
    writeRaw(JSON.object(members))
  }

  /// One object as it stands on a line of its own: metrics in embedded metric format.
  public func writeRaw(_ object: JSON) {
    var bytes = object.bytes
    bytes.append(UInt8(ascii: "\n"))
    var rest = bytes[...]
    // One write a line as a rule: lines of several threads do not mix. A log that cannot be written stops nothing.
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { Self.put(descriptor, $0.baseAddress, $0.count) }
      guard count > 0 else { return }
      rest = rest.dropFirst(count)
    }
  }

  private static func put(_ descriptor: Int32, _ bytes: UnsafeRawPointer?, _ count: Int) -> Int {
    #if canImport(Musl)
      Musl.write(descriptor, bytes, count)
    #elseif canImport(Glibc)
      Glibc.write(descriptor, bytes, count)
    #else
      Darwin.write(descriptor, bytes, count)
    #endif
  }

  private static func rank(_ level: LogLine.Level) -> Int {
    switch level {
    case .debug: 0
    case .info: 1
    case .warning: 2
    case .error: 3
    }
  }
}
