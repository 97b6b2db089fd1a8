import Events
import NIOCore
import NIOHTTP1
import NIOPosix
import Synchronization

/// Lambda's Runtime API, as far as a function sees it: keeps `/next` until there is an invocation, takes answers with
/// 202, refuses a stale id with 400 and what is too large with 413.
final class Emulator: Sendable {
  struct Invocation: Sendable {
    let id: String
    let payload: String
    var headers: [(String, String)] = []
  }

  /// What a function posted.
  struct Post: Sendable, Equatable {
    /// Below `/2018-06-01/runtime/`.
    let path: String
    let status: Int
    let body: [UInt8]
    let errorType: String?

    var text: String { String(decoding: body, as: UTF8.self) }
  }

  private struct State {
    var invocations: [Invocation] = []
    var waiting: [any Channel] = []
    var current: String?
    var posts: [Post] = []
    var connections = 0
    var nexts = 0
    var isClosed = false
    /// A status to answer `/next` with, and a rule that refuses answers.
    var nextStatus = 200
    var bytesMax = 6_291_556
    /// Closes the connection after each answer to a post.
    var closesAfterPost = false
    var isGone = false
    var watchers: [(@Sendable (State) -> Bool, CheckedContinuation<Void, Never>)] = []
  }

  private let state = Mutex(State())
  private let group: MultiThreadedEventLoopGroup
  private let channel: any Channel

  /// Listens on a free port of this machine; small packets leave at once.
  init() async throws {
    group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
    let handed = Mutex<Emulator?>(nil)
    let box = Box(handed)
    channel = try await ServerBootstrap(group: group)
      .serverChannelOption(ChannelOptions.socketOption(.so_reuseaddr), value: 1)
      .childChannelOption(ChannelOptions.tcpOption(.tcp_nodelay), value: 1)
      .childChannelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          try channel.pipeline.syncOperations.configureHTTPServerPipeline()
          try channel.pipeline.syncOperations.addHandler(Talk(box))
        }
      }
      .bind(host: "127.0.0.1", port: 0).get()
    box.put(self)
  }

  var host: String { "127.0.0.1:\(channel.localAddress?.port ?? 0)" }
  var posts: [Post] { state.withLock { $0.posts } }
  var connections: Int { state.withLock { $0.connections } }

  func offer(_ invocation: Invocation) {
    let channel = change { state -> (any Channel)? in
      state.invocations.append(invocation)
      return state.waiting.popLast()
    }
    if let channel { serveNext(channel) }
  }

  func refuseNext(with status: Int) { change { $0.nextStatus = status } }
  func take(bytesMax: Int) { change { $0.bytesMax = bytesMax } }
  func closeAfterPosts() { change { $0.closesAfterPost = true } }
  func forgetCurrent() { change { $0.current = nil } }

  /// Returns when a function waits for its next invocation.
  func functionWaits() async {
    await until { !$0.waiting.isEmpty }
  }

  func posted(_ count: Int) async {
    await until { $0.posts.count >= count }
  }

  /// The API goes away: nobody listens, and who waits is hung up on.
  func close() async throws {
    let waiting = change { state in
      state.isGone = true
      defer { state.waiting = [] }
      return state.waiting
    }
    try await channel.close().get()
    for channel in waiting { channel.close(promise: nil) }
  }

  func shutDown() async throws {
    try await group.shutdownGracefully()
  }

  // MARK: Answers

  private func until(_ condition: @escaping @Sendable (State) -> Bool) async {
    await withCheckedContinuation { continuation in
      let isTrue = state.withLock { state in
        if !condition(state) { state.watchers.append((condition, continuation)) }
        return condition(state)
      }
      if isTrue { continuation.resume() }
    }
  }

  @discardableResult
  private func change<Result>(_ body: (inout sending State) -> Result) -> Result {
    let (result, ready) = state.withLock { state in
      let result = body(&state)
      let watchers = state.watchers
      state.watchers = watchers.filter { !$0.0(state) }
      return (result, watchers.filter { $0.0(state) }.map(\.1))
    }
    for continuation in ready { continuation.resume() }
    return result
  }

  fileprivate func connected() { change { $0.connections += 1 } }

  fileprivate func received(_ head: HTTPRequestHead, _ body: [UInt8], _ channel: any Channel) {
    let path = String(head.uri.dropFirst("/2018-06-01/runtime/".count))
    if path == "invocation/next" {
      serveNext(channel)
      return
    }
    change { state in
      let parts = path.split(separator: "/").map(String.init)
      let isStale = parts.first == "invocation" && parts.dropFirst().first != state.current
      let isTooLarge = path.hasSuffix("/response") && body.count > state.bytesMax
      let status = isStale ? 400 : isTooLarge ? 413 : 202
      if status == 202 { state.current = nil }
      state.posts.append(
        Post(
          path: path, status: status, body: body,
          errorType: head.headers.first(name: "Lambda-Runtime-Function-Error-Type")))
      Emulator.write(channel, status, [], Array("{\"status\":\"OK\"}".utf8), closes: state.closesAfterPost)
    }
  }

  private func serveNext(_ channel: any Channel) {
    let answer = change { state -> (Int, Invocation?)? in
      guard state.nextStatus == 200 else { return (state.nextStatus, nil) }
      guard !state.invocations.isEmpty else {
        state.waiting.append(channel)
        return nil
      }
      let invocation = state.invocations.removeFirst()
      state.current = invocation.id
      return (200, invocation)
    }
    guard let (status, invocation) = answer else { return }
    var headers = invocation?.headers ?? []
    if let invocation, !headers.contains(where: { $0.0 == "Lambda-Runtime-Aws-Request-Id" }) {
      headers.append(("Lambda-Runtime-Aws-Request-Id", invocation.id))
    }
    Emulator.write(channel, status, headers, Array((invocation?.payload ?? "").utf8), closes: false)
  }

  private static func write(
    _ channel: any Channel, _ status: Int, _ headers: [(String, String)], _ body: [UInt8], closes: Bool
  ) {
    var fields = HTTPHeaders(headers)
    fields.add(name: "Content-Length", value: String(body.count))
    let head = HTTPResponseHead(version: .http1_1, status: .init(statusCode: status), headers: fields)
    channel.write(HTTPServerResponsePart.head(head), promise: nil)
    channel.write(HTTPServerResponsePart.body(.byteBuffer(ByteBuffer(bytes: body))), promise: nil)
    let sent = channel.writeAndFlush(HTTPServerResponsePart.end(nil))
    if closes { sent.whenComplete { _ in channel.close(promise: nil) } }
  }
}

/// Hands the emulator to connections that are set up while it still is.
private final class Box: Sendable {
  private let emulator: Mutex<Emulator?>

  init(_ emulator: consuming Mutex<Emulator?>) {
    self.emulator = emulator
  }

  func put(_ value: Emulator) { emulator.withLock { $0 = value } }
  var value: Emulator? { emulator.withLock { $0 } }
}

/// One connection.
private final class Talk: ChannelInboundHandler {
  typealias InboundIn = HTTPServerRequestPart

  private let box: Box
  private var head: HTTPRequestHead?
  private var body: [UInt8] = []

  init(_ box: Box) {
    self.box = box
  }

  func channelActive(context: ChannelHandlerContext) { box.value?.connected() }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    switch unwrapInboundIn(data) {
    case .head(let head):
      self.head = head
      body = []
    case .body(let buffer): body += buffer.readableBytesView
    case .end:
      if let head { box.value?.received(head, body, context.channel) }
    }
  }
}
