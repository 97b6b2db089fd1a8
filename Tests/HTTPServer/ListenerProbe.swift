import Foundation
import HTTPServer
import Logging
import NIOCore
import NIOPosix
import ServiceLifecycle

/// A listener that runs for the length of one test.
struct RunningListener {
  let port: Int
  private let group: ServiceGroup

  /// Starts a graceful stop and returns at once; the listener ends when the last request in flight is answered.
  func beginStop() async { await group.triggerGracefulShutdown() }

  /// Runs a listener on a free loopback port, hands it to `use`, then stops it gracefully and waits for its end.
  static func with<Result: Sendable>(
    limits: HTTPLimits = .patient(), answer: @escaping @Sendable (HTTPRequestMessage) async -> HTTPReply = echo,
    use: (RunningListener) async throws -> Result
  ) async throws -> Result {
    let (bound, announce) = AsyncStream.makeStream(of: Int.self)
    let listener = HTTPListener(
      host: HTTPListener.loopback, port: 0, limits: limits, responder: Answering(answer: answer), logger: quiet,
      onBound: { announce.yield($0) })
    let group = ServiceGroup(services: [listener], logger: quiet)
    return try await withThrowingTaskGroup(of: Void.self) { tasks in
      tasks.addTask {
        defer { announce.finish() }
        try await group.run()
      }
      var ports = bound.makeAsyncIterator()
      guard let port = await ports.next() else { throw ProbeError.notListening }
      do {
        let result = try await use(RunningListener(port: port, group: group))
        await group.triggerGracefulShutdown()
        try await tasks.waitForAll()
        return result
      } catch {
        await group.triggerGracefulShutdown()
        throw error
      }
    }
  }

  /// Opens one raw connection for the length of `use`.
  func connect<Result: Sendable>(use: (RawConnection) async throws -> Result) async throws -> Result {
    try await Self.connect(port: port, use: use)
  }

  static func connect<Result: Sendable>(
    port: Int, use: (RawConnection) async throws -> Result
  ) async throws -> Result {
    let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
      .channelOption(.allowRemoteHalfClosure, value: true)
      .connect(host: HTTPListener.loopback, port: port) { channel in
        channel.eventLoop.makeCompletedFuture {
          try NIOAsyncChannel<ByteBuffer, ByteBuffer>(
            wrappingChannelSynchronously: channel, configuration: .init(isOutboundHalfClosureEnabled: true))
        }
      }
    return try await channel.executeThenClose { inbound, outbound in
      let connection = RawConnection(
        channel: channel.channel, inbound: inbound.makeAsyncIterator(), outbound: outbound)
      return try await use(connection)
    }
  }

  /// Sends one request on a connection of its own and reads the answer.
  func exchange(_ request: String, isHead: Bool = false) async throws -> RawAnswer {
    try await connect { connection in
      try await connection.send(request)
      return try await connection.answer(isHead: isHead)
    }
  }
}

extension HTTPLimits {
  /// The standard limits, but for those of time: both ends of a test's connection may wait for a processor that long.
  static func patient(
    bodyBytesMax: Int = standard.bodyBytesMax, inflatedBytesMax: Int = standard.inflatedBytesMax,
    bufferedBytesMax: Int = standard.bufferedBytesMax, requestsInFlightMax: Int = standard.requestsInFlightMax,
    lingerBytesMax: Int = standard.lingerBytesMax
  ) -> HTTPLimits {
    HTTPLimits(
      bodyBytesMax: bodyBytesMax, inflatedBytesMax: inflatedBytesMax, bufferedBytesMax: bufferedBytesMax,
      requestsInFlightMax: requestsInFlightMax, idleSeconds: 86_400, flushSeconds: 86_400,
      lingerBytesMax: lingerBytesMax)
  }
}

/// A connection that speaks bytes, so that a test can say what no client library would.
final class RawConnection {
  let channel: any Channel
  private var inbound: NIOAsyncChannelInboundStream<ByteBuffer>.AsyncIterator
  let outbound: NIOAsyncChannelOutboundWriter<ByteBuffer>
  private var held: [UInt8] = []

  init(
    channel: any Channel, inbound: NIOAsyncChannelInboundStream<ByteBuffer>.AsyncIterator,
    outbound: NIOAsyncChannelOutboundWriter<ByteBuffer>
  ) {
    self.channel = channel
    self.inbound = inbound
    self.outbound = outbound
  }

  func send(_ text: String) async throws { try await send(Array(text.utf8)) }

  func send(_ bytes: [UInt8]) async throws { try await outbound.write(ByteBuffer(bytes: bytes)) }

  /// Everything until the server closes the connection.
  func rest() async throws -> String {
    while try await receive() {}
    defer { held = [] }
    return String(decoding: held, as: UTF8.self)
  }

  /// One head, up to and with its empty line.
  func head() async throws -> String {
    let end = Array("\r\n\r\n".utf8)
    var scanned = 0
    while true {
      while scanned + end.count <= held.count {
        if held[scanned..<scanned + end.count].elementsEqual(end) {
          return String(decoding: take(scanned + end.count), as: UTF8.self)
        }
        scanned += 1
      }
      guard try await receive() else { throw ProbeError.closedTooEarly(String(decoding: held, as: UTF8.self)) }
    }
  }

  /// One answer; its body is as long as its `Content-Length` says, unless it answers a `HEAD`.
  func answer(isHead: Bool = false) async throws -> RawAnswer {
    let lines = try await head().split(separator: "\r\n")
    let status = lines.first?.split(separator: " ").dropFirst().first.flatMap { Int($0) }
    guard let status else { throw ProbeError.noStatus(lines.joined(separator: "|")) }
    var headers: [String: String] = [:]
    for line in lines.dropFirst() {
      let parts = line.split(separator: ":", maxSplits: 1)
      headers[parts[0].lowercased()] = parts[1].trimmingCharacters(in: .whitespaces)
    }
    let count = isHead ? 0 : headers["content-length"].flatMap { Int($0) } ?? 0
    while held.count < count {
      guard try await receive() else { throw ProbeError.closedTooEarly("after \(held.count) of \(count) bytes") }
    }
    return RawAnswer(status: status, headers: headers, body: take(count))
  }

  private func receive() async throws -> Bool {
    guard let buffer = try await inbound.next() else { return false }
    held.append(contentsOf: buffer.readableBytesView)
    return true
  }

  private func take(_ count: Int) -> [UInt8] {
    defer { held.removeFirst(count) }
    return Array(held.prefix(count))
  }
}

struct RawAnswer: Sendable {
  let status: Int
  let headers: [String: String]
  let body: [UInt8]

  var text: String { String(decoding: body, as: UTF8.self) }
}

enum ProbeError: Error {
  case notListening
  case closedTooEarly(String)
  case noStatus(String)
}

struct Answering: HTTPResponder {
  let answer: @Sendable (HTTPRequestMessage) async -> HTTPReply

  func respond(to request: HTTPRequestMessage) async -> HTTPReply { await answer(request) }
}

/// A gate that a test opens once; who waits for an open gate does not wait.
final class Latch: Sendable {
  private let stream: AsyncStream<Void>
  private let source: AsyncStream<Void>.Continuation

  init() { (stream, source) = AsyncStream.makeStream(of: Void.self) }

  func open() { source.finish() }

  /// For one waiter.
  func wait() async { for await _ in stream {} }
}

/// Answers with the method, the target and the body.
@Sendable func echo(_ request: HTTPRequestMessage) async -> HTTPReply {
  text("\(request.method) \(request.target) ", request.body)
}

func text(_ words: String, _ bytes: [UInt8] = []) -> HTTPReply {
  .full(status: 200, headers: [("Content-Type", "text/plain")], body: Array(words.utf8) + bytes)
}

let quiet = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

/// The rows of `Tests/Vectors/<name>.json`.
func vectors<Row: Decodable>(_ name: String, as row: Row.Type) throws -> [Row] {
  let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
  return try JSONDecoder().decode([Row].self, from: Data(contentsOf: folder.appending(path: "Vectors/\(name).json")))
}
