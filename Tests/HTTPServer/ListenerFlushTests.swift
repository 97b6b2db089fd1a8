import HTTPTypes
import NIOCore
import NIOEmbedded
import NIOHTTPTypes
import Testing

@testable import HTTPServer

/// A close while an answer still leaves, on a clock that the test moves.
@Suite struct ListenerFlushTests {
  private static let patience = TimeAmount.seconds(5)

  /// What the channel has not sent yet, as the test says.
  private final class Unsent {
    var bytes = 0
  }

  private let channel = EmbeddedChannel()
  private let unsent = Unsent()

  /// An answer has been written to its end and nothing of it has left, when somebody closes.
  init() throws {
    let handler = ListenerFlushHandler(patience: Self.patience) { [unsent] _ in unsent.bytes }
    try channel.pipeline.syncOperations.addHandler(handler)
    try channel.connect(to: SocketAddress(unixDomainSocketPath: "client")).wait()
    channel.write(HTTPResponsePart.head(HTTPResponse(status: .ok)), promise: nil)
    channel.write(HTTPResponsePart.end(nil), promise: nil)
    unsent.bytes = 1_000_000
    channel.close(promise: nil)
  }

  @Test func `a client that takes nothing is cut off when the patience ends`() {
    channel.embeddedEventLoop.advanceTime(by: Self.patience - .nanoseconds(1))
    #expect(channel.isActive)
    channel.embeddedEventLoop.advanceTime(by: .nanoseconds(1))
    #expect(!channel.isActive)
  }

  @Test func `a client that takes something within each patience gets it all`() {
    for _ in 0..<(ListenerFlushHandler.patiencesMax - 1) {
      unsent.bytes -= 1
      channel.embeddedEventLoop.advanceTime(by: Self.patience)
      #expect(channel.isActive)
    }
    channel.flush()
    #expect(!channel.isActive)  // The answer is out, so nothing is waited for.
  }

  @Test func `a client that stops taking is cut off a patience later`() {
    unsent.bytes -= 1
    channel.embeddedEventLoop.advanceTime(by: Self.patience)
    #expect(channel.isActive)
    channel.embeddedEventLoop.advanceTime(by: Self.patience)
    #expect(!channel.isActive)
  }

  @Test func `a client that never comes to an end is cut off in the end`() {
    for _ in 0..<ListenerFlushHandler.patiencesMax {
      #expect(channel.isActive)
      unsent.bytes -= 1
      channel.embeddedEventLoop.advanceTime(by: Self.patience)
    }
    #expect(!channel.isActive)
  }
}
