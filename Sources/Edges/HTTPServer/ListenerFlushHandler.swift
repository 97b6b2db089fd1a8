import NIOCore
import NIOHTTPTypes

/// Holds back the closing of a connection until the answers already written have left.
///
/// Whoever closes after writing would otherwise cut off what the client has not taken yet: a large answer at a graceful
/// stop. A client that takes nothing any more is cut off after all, and one that never comes to an end, too.
final class ListenerFlushHandler: ChannelOutboundHandler, RemovableChannelHandler {
  typealias OutboundIn = HTTPResponsePart
  typealias OutboundOut = HTTPResponsePart

  /// How many times the patience a close is held back at most, however steadily the client takes.
  static let patiencesMax = 12

  private let patience: TimeAmount
  private let unsentBytes: (any Channel) -> Int
  /// Answers written to their end, of which some bytes may still be here.
  private var leaving = 0
  /// Set while a close is held back: what ends the wait.
  private var deadline: Scheduled<Void>?

  /// - Parameters:
  ///   - patience: the longest that a close is held back while nothing leaves.
  ///   - unsentBytes: what the channel still holds of what was written.
  init(patience: TimeAmount, unsentBytes: @escaping (any Channel) -> Int) {
    self.patience = patience
    self.unsentBytes = unsentBytes
  }

  /// What a socket's channel holds that the system has not taken yet.
  static func buffered(in channel: any Channel) -> Int {
    do {
      return try channel.syncOptions?.getOption(.bufferedWritableBytes) ?? 0
    } catch {
      return 0  // A channel that is closed already holds nothing.
    }
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
    hold(context, patiences: Self.patiencesMax)
  }

  func handlerRemoved(context: ChannelHandlerContext) {
    deadline?.cancel()
    deadline = nil
  }

  /// Waits once more if something has left by the end of the patience.
  private func hold(_ context: ChannelHandlerContext, patiences: Int) {
    let unsent = unsentBytes(context.channel)
    deadline = context.eventLoop.assumeIsolated().scheduleTask(in: patience) {
      guard patiences > 1, self.unsentBytes(context.channel) < unsent else { return self.closeNow(context) }
      self.hold(context, patiences: patiences - 1)
    }
  }

  private func closeNow(_ context: ChannelHandlerContext) {
    deadline?.cancel()
    deadline = nil
    context.close(mode: .all, promise: nil)
  }
}
