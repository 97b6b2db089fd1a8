import HTTPTypes
import NIOCore
import NIOHTTPTypes

/// When a client that asked may be told to go on sending its body.
///
/// Pure. The answer to an earlier request on the same connection goes first, so that no `100` lands inside it.
struct ContinueTurn: Sendable, Hashable {
  /// Requests whose heads have arrived and whose answers have not ended.
  private var unanswered = 0
  /// The newest request asked, its body has not begun, and it has not been told.
  private var isWaiting = false

  /// The head of a request arrived; true means "tell it now".
  mutating func headArrived(asks: Bool) -> Bool {
    unanswered += 1
    isWaiting = asks && unanswered > 1
    return asks && unanswered == 1
  }

  /// A part of the body arrived, or its end: the client did not wait.
  mutating func bodyArrived() {
    isWaiting = false
  }

  /// An answer ended; true means "tell the next request now".
  mutating func answerEnded() -> Bool {
    unanswered = max(0, unanswered - 1)  // A malformed head is answered and never arrived.
    guard isWaiting, unanswered <= 1 else { return false }
    isWaiting = false
    return unanswered == 1
  }
}

/// Answers `Expect: 100-continue` at once.
///
/// S3 clients send it with every put and wait a second for it. A body whose stated length is too great is not asked
/// for: its refusal is the answer. Source: RFC 9110 §10.1.1.
final class ContinueHandler: ChannelDuplexHandler, RemovableChannelHandler {
  typealias InboundIn = HTTPRequestPart
  typealias InboundOut = HTTPRequestPart
  typealias OutboundIn = HTTPResponsePart
  typealias OutboundOut = HTTPResponsePart

  private let bodyBytesMax: Int
  private var turn = ContinueTurn()

  init(bodyBytesMax: Int) {
    self.bodyBytesMax = bodyBytesMax
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    switch unwrapInboundIn(data) {
    case .head(let head):
      if turn.headArrived(asks: asks(head)) { tellToContinue(context) }
    case .body, .end:
      turn.bodyArrived()
    }
    context.fireChannelRead(data)
  }

  func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
    context.write(data, promise: promise)
    guard case .end = unwrapOutboundIn(data) else { return }
    if turn.answerEnded() { tellToContinue(context) }
  }

  private func asks(_ head: HTTPRequest) -> Bool {
    guard head.headerFields[.expect]?.lowercased() == "100-continue" else { return false }
    guard let stated = head.headerFields[.contentLength].flatMap({ Int($0) }) else { return true }
    return stated <= bodyBytesMax
  }

  private func tellToContinue(_ context: ChannelHandlerContext) {
    context.writeAndFlush(wrapOutboundOut(.head(HTTPResponse(status: .continue))), promise: nil)
  }
}
