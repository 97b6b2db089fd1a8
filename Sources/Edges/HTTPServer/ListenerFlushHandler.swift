import NIOCore
import NIOHTTPTypes

/// Holds back the closing of a connection until the answers already written have left.
///
/// Whoever closes after writing would otherwise cut off what the client has not taken yet: a large answer at a graceful
/// stop. A client that takes too long is cut off after all.
final class ListenerFlushHandler: ChannelOutboundHandler, RemovableChannelHandler {
  typealias OutboundIn = HTTPResponsePart
  typealias OutboundOut = HTTPResponsePart

  private let patience: TimeAmount
  /// Answers written to their end, of which some bytes may still be here.
  private var leaving = 0
  /// Set while a close is held back: what ends the wait.
  private var deadline: Scheduled<Void>?

  /// - Parameter patience: the longest that a close is held back.
  init(patience: TimeAmount) {
    self.patience = patience
  }

  func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
    guard case .end = unwrapOutboundIn(data) else { return context.write(data, promise: promise) }
    let written = promise ?? context.eventLoop.makePromise()
    leaving += 1
    written.futureResult.assumeIsolated().whenComplete { _ in
      self.leaving -= 1
      if self.leaving == 0, self.deadline != nil { self.closeNow(context) }
    }
    context.write(data, promise: written)
  }

  func close(context: ChannelHandlerContext, mode: CloseMode, promise: EventLoopPromise<Void>?) {
    guard mode == .all, leaving > 0 else { return context.close(mode: mode, promise: promise) }
    promise.map { context.channel.closeFuture.cascade(to: $0) }
    guard deadline == nil else { return }
    deadline = context.eventLoop.assumeIsolated().scheduleTask(in: patience) { self.closeNow(context) }
  }

  func handlerRemoved(context: ChannelHandlerContext) {
    deadline?.cancel()
    deadline = nil
  }

  private func closeNow(_ context: ChannelHandlerContext) {
    deadline?.cancel()
    deadline = nil
    context.close(mode: .all, promise: nil)
  }
}
