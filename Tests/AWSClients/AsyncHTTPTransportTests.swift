import AWSClients
import AWSWire
import AsyncHTTPClient
import Events
import NIOCore
import NIOPosix
import Synchronization
import Testing

@Suite struct AsyncHTTPTransportTests {
  /// A server that answers what comes by a script, one part a request; nil hangs up.
  private final class Script: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let answer: @Sendable (_ request: String) -> String?
    private let log: Log
    private var received = ""

    init(_ log: Log, _ answer: @escaping @Sendable (String) -> String?) {
      self.log = log
      self.answer = answer
    }

    func channelActive(context: ChannelHandlerContext) { log.connections.withLock { $0 += 1 } }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
      received += String(buffer: unwrapInboundIn(data))
      guard received.contains("\r\n\r\n") else { return }
      log.requests.withLock { $0.append(received) }
      let text = answer(received)
      received = ""
      guard let text else { return context.close(promise: nil) }
      context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: text)), promise: nil)
    }
  }

  private final class Log: Sendable {
    let connections = Mutex(0)
    let requests = Mutex<[String]>([])
  }

  /// Longer than any machine takes: a call that shall not end by its timeout has this one.
  private static let never = Span.minutes(10)

  /// - Parameter log: what the server saw.
  /// - Returns: the same.
  @discardableResult
  private func serve(
    _ log: Log = Log(), _ answer: @escaping @Sendable (String) -> String?,
    _ body: (AsyncHTTPTransport, _ host: String) async throws -> Void
  ) async throws -> Log {
    let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
    let server = try await ServerBootstrap(group: group)
      .childChannelInitializer { channel in
        channel.eventLoop.makeCompletedFuture { try channel.pipeline.syncOperations.addHandler(Script(log, answer)) }
      }
      .bind(host: "127.0.0.1", port: 0).get()
    var configuration = AsyncHTTPTransport.configuration
    configuration.timeout.connect = .minutes(10)
    let client = HTTPClient(eventLoopGroupProvider: .shared(group), configuration: configuration)
    do {
      try await body(AsyncHTTPTransport(client: client), "127.0.0.1:\(server.localAddress?.port ?? 0)")
    } catch {
      Issue.record(error)
    }
    try await client.shutdown().get()
    try await group.shutdownGracefully()
    return log
  }

  private func request(_ host: String, _ method: String = "GET", body: String = "") -> WireRequest {
    WireRequest(
      method: method, path: "/a%20b/%C3%BC%3D1//../c", query: "x=1", headers: ["x-amz-date": "d"], host: host,
      body: Array(body.utf8))
  }

  private func failure(
    _ host: String, _ transport: AsyncHTTPTransport, timeout: Span = never
  ) async -> TransportError.Code? {
    do throws(TransportError) {
      let answer = try await transport.send(request(host), isSecure: false, timeout: timeout)
      Issue.record("an answer: \(answer.status)")
      return nil
    } catch {
      return error.code
    }
  }

  @Test func `requests go out as they are signed, and a connection serves more than one`() async throws {
    let log = Log()
    try await serve(log) { _ in
      "HTTP/1.1 404 Not Found\r\nETag: \"a\"\r\nX-Amz-Meta-A: b\r\nContent-Length: 2\r\n\r\n{}"
    } _: { transport, host in
      // A connection is back in the pool a moment after its answer, so a request that is quick may open another one.
      for _ in 0..<100 {
        let before = log.connections.withLock { $0 }
        let answer = try await transport.send(request(host, "POST", body: "{}"), isSecure: false, timeout: Self.never)
        #expect(answer.status == 404 && answer.body == Array("{}".utf8))
        #expect(answer.headers["etag"] == "\"a\"" && answer.headers["x-amz-meta-a"] == "b")
        if log.connections.withLock({ $0 }) == before { return }
      }
      Issue.record("no request went over a connection that was there")
    }
    let sent = try #require(log.requests.withLock { $0.first })
    #expect(sent.hasPrefix("POST /a%20b/%C3%BC%3D1//../c?x=1 HTTP/1.1\r\n"))
    #expect(sent.lowercased().contains("content-length: 2\r\n") && sent.contains("x-amz-date: d\r\n"))
    #expect(sent.lowercased().matches(of: /host: 127\.0\.0\.1:\d+\r\n/).count == 1)
  }

  @Test func `the answer to a head has a length and no body`() async throws {
    try await serve { _ in
      "HTTP/1.1 200 OK\r\nContent-Length: 12345\r\n\r\n"
    } _: { transport, host in
      let answer = try await transport.send(request(host, "HEAD"), isSecure: false, timeout: Self.never)
      #expect(answer.headers["content-length"] == "12345" && answer.body.isEmpty)
    }
  }

  @Test func `a redirect is an answer, not a way`() async throws {
    let log = try await serve { _ in
      "HTTP/1.1 301 Moved\r\nLocation: /elsewhere\r\nContent-Length: 0\r\n\r\n"
    } _: { transport, host in
      let answer = try await transport.send(request(host), isSecure: false, timeout: Self.never)
      #expect(answer.status == 301)
    }
    #expect(log.requests.withLock { $0.count } == 1)
  }

  @Test func `where nobody listens nothing was sent`() async throws {
    try await serve { _ in
      nil
    } _: { transport, _ in
      #expect(await failure("127.0.0.1:1", transport) == .notConnected)
      #expect(await failure("", transport) == .badURL)
    }
  }

  @Test func `a connection that breaks, before or in the middle of an answer, leaves doubt`() async throws {
    try await serve { _ in
      nil
    } _: { transport, host in
      #expect(await failure(host, transport) == .broken)
    }
    try await serve { _ in
      "nonsense\r\n\r\n"
    } _: { transport, host in
      #expect(await failure(host, transport) == .broken)
    }
  }

  @Test func `silence, and a body that trickles, end at the timeout`() async throws {
    for answer in ["", "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc"] {
      let log = Log()
      try await serve(log) { _ in
        answer
      } _: { transport, host in
        // Where the machine is too busy to send the request in time, there was no connection; it gets more time.
        var code: TransportError.Code?
        for doublings in 0..<12 where log.requests.withLock({ $0.isEmpty }) {
          code = await failure(host, transport, timeout: Span(milliseconds: 100 << doublings))
        }
        #expect(code == .timeout)
      }
    }
  }

  @Test func `a body beyond the limit is not read to its end`() async throws {
    try await serve { _ in
      "HTTP/1.1 200 OK\r\nContent-Length: \(AsyncHTTPTransport.bodyBytesMax + 1)\r\n\r\nabc"
    } _: { transport, host in
      #expect(await failure(host, transport) == .bodyTooLarge)
    }
  }

  @Test func `a caller that is cancelled is told so`() async throws {
    let (asked, asking) = AsyncStream<Void>.makeStream()
    try await serve { _ in
      asking.yield()
      return ""
    } _: { transport, host in
      let code = await withTaskGroup(of: TransportError.Code?.self) { group in
        group.addTask { await failure(host, transport) }
        for await _ in asked { break }
        group.cancelAll()
        return await group.next() ?? nil
      }
      #expect(code == .cancelled)
    }
  }
}
