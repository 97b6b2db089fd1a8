import HTTPTypes
import HummingbirdCore
import Logging
import NIOCore
import NIOPosix

/// `POST` a body, get its length as JSON; on HummingbirdCore, the body collected whole as the listener does.
let port = CommandLine.arguments.dropFirst().first.flatMap { Int($0) } ?? 8_081
let bodyBytesMax = 1 << 20

let server = Server(
  childChannelSetup: HTTP1Channel { request, writer, _ in
    let body = try await request.body.collect(upTo: bodyBytesMax)
    let answer = ByteBuffer(string: #"{"bytes":\#(body.readableBytes)}"#)
    let fields: HTTPFields = [.contentType: "application/json", .contentLength: "\(answer.readableBytes)"]
    try await writer.write(response: HTTPResponse(status: .ok, headerFields: fields), body: .init(byteBuffer: answer))
  },
  configuration: ServerConfiguration(address: .hostname("127.0.0.1", port: port)),
  eventLoopGroup: MultiThreadedEventLoopGroup.singleton,
  logger: Logger(label: "echo") { _ in SwiftLogNoOpLogHandler() })
try await server.run()
