import HummingbirdCore
import Logging
import NIOCore
import NIOPosix
import ServiceLifecycle

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// The socket half of the server: reads HTTP/1.1 requests within limits, and hands each to the responder whole.
///
/// Connections are kept alive and may be pipelined; the answers keep the order of the requests. At a graceful stop idle
/// connections close at once and requests in flight are answered first; cancellation closes what is left.
/// TCP_NODELAY is on: NIO sets it on the listening socket, and accepted sockets inherit it.
public struct HTTPListener: Service {
  /// The host that only this machine can reach.
  public static let loopback = "127.0.0.1"
  /// Connections the system queues before they are accepted.
  static let backlogMax = 256

  private let host: String
  private let port: Int
  private let limits: HTTPLimits
  private let responder: any HTTPResponder
  private let logger: Logger
  private let onBound: @Sendable (Int) async -> Void

  /// - Parameters:
  ///   - host: an address or name of this machine; any but `loopback` opens the server to others.
  ///   - port: 1–65535, or 0 for any free one.
  ///   - onBound: told the port once clients can connect.
  public init(
    host: String, port: Int, limits: HTTPLimits, responder: any HTTPResponder, logger: Logger,
    onBound: @escaping @Sendable (Int) async -> Void
  ) {
    precondition((0...65_535).contains(port), "a port is 0 to 65535")
    self.host = host
    self.port = port
    self.limits = limits
    self.responder = responder
    self.logger = logger
    self.onBound = onBound
  }

  /// Listens until the service is stopped; throws if it cannot listen.
  public func run() async throws(HTTPListenerError) {
    let exchange = ListenerExchange(limits: limits, responder: responder, logger: logger)
    let server = Server(
      childChannelSetup: HTTP1Channel(responder: exchange.serve, configuration: channelConfiguration),
      configuration: ServerConfiguration(
        address: .hostname(host, port: port), backlog: Self.backlogMax,
        availableConnectionsDelegate: .maximum(limits.connectionsMax, logger: logger)),
      onServerRunning: { [onBound, port] channel in await onBound(channel.localAddress?.port ?? port) },
      eventLoopGroup: MultiThreadedEventLoopGroup.singleton, logger: logger)
    do {
      try await server.run()
    } catch let error as IOError {
      throw HTTPListenerError(code(of: error), host: host, port: port, reason: error.description)
    } catch {
      throw HTTPListenerError(.hostUnusable, host: host, port: port, reason: "\(error)")
    }
  }

  private var channelConfiguration: HTTP1Channel.Configuration {
    let bodyBytesMax = limits.bodyBytesMax
    let flushSeconds = Int64(limits.flushSeconds)
    return HTTP1Channel.Configuration(
      additionalChannelHandlers: [
        ListenerFlushHandler(patience: .seconds(flushSeconds), unsentBytes: ListenerFlushHandler.buffered),
        ContinueHandler(bodyBytesMax: bodyBytesMax),
      ],
      idleTimeout: .seconds(Int64(limits.idleSeconds)),
      httpDecoderConfiguration: .init(
        maxHeaderFieldSize: limits.headerBytesMax, maxHeaderListSize: limits.headerBytesMax,
        maxHeaderFieldCount: limits.headerCountMax))
  }

  private func code(of error: IOError) -> HTTPListenerError.Code {
    switch error.errnoCode {
    case EADDRINUSE: .portTaken
    case EACCES: .portForbidden
    default: .hostUnusable
    }
  }
}
