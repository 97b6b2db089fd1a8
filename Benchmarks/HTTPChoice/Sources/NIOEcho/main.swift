import NIOCore
import NIOHTTP1
import NIOPosix

/// `POST` a body, get its length as JSON; on SwiftNIO alone, in one channel handler.
final class Echo: ChannelInboundHandler {
  typealias InboundIn = HTTPServerRequestPart
  typealias OutboundOut = HTTPServerResponsePart

  private var body = ByteBuffer()

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    switch unwrapInboundIn(data) {
    case .head:
      body.clear()
    case .body(var part):
      body.writeBuffer(&part)
    case .end:
      let answer = ByteBuffer(string: #"{"bytes":\#(body.readableBytes)}"#)
      let headers: HTTPHeaders = ["content-type": "application/json", "content-length": "\(answer.readableBytes)"]
      let head = HTTPResponseHead(version: .http1_1, status: .ok, headers: headers)
      context.write(wrapOutboundOut(.head(head)), promise: nil)
      context.write(wrapOutboundOut(.body(.byteBuffer(answer))), promise: nil)
      context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
    }
  }
}

let port = CommandLine.arguments.dropFirst().first.flatMap { Int($0) } ?? 8_082

let listening = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
  .serverChannelOption(.backlog, value: 256)
  .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
  .childChannelInitializer { channel in
    channel.eventLoop.makeCompletedFuture {
      try channel.pipeline.syncOperations.configureHTTPServerPipeline(withErrorHandling: true)
      try channel.pipeline.syncOperations.addHandler(Echo())
    }
  }
  .bind(host: "127.0.0.1", port: port).get()
try await listening.closeFuture.get()
