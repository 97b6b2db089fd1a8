import AWSWire
import AsyncHTTPClient
import Events
import NIOCore
import NIOHTTP1
import NIOPosix

#if canImport(Musl)
  import Musl
#elseif canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// The network, through AsyncHTTPClient.
public struct AsyncHTTPTransport: AWSTransport {
  /// DynamoDB's largest answer to what we ask is 1 MB of items, some more as JSON.
  public static let bodyBytesMax = 8 * 1_024 * 1_024

  private let client: HTTPClient

  /// - Parameter client: shared and shut down by its owner; see `configuration`.
  public init(client: HTTPClient) {
    self.client = client
  }

  /// How the owner should set up the client: AWS's endpoints speak HTTP/1.1, never redirect, and close idle
  /// connections; there is no read timeout, for each request brings its own deadline.
  public static var configuration: HTTPClient.Configuration {
    var configuration = HTTPClient.Configuration(
      redirectConfiguration: .disallow, timeout: .init(connect: .seconds(2)),
      connectionPool: .init(idleTimeout: .seconds(20)))
    configuration.httpVersion = .http1Only
    // Whether to try again is for the retry plan to say, within its deadline.
    configuration.connectionPool.retryConnectionEstablishment = false
    return configuration
  }

  public func send(
    _ request: WireRequest, isSecure: Bool, timeout: Span
  ) async throws(TransportError) -> AWSAnswer {
    let query = request.query.isEmpty ? "" : "?\(request.query)"
    var outgoing = HTTPClientRequest(url: "\(isSecure ? "https" : "http")://\(request.host)\(request.path)\(query)")
    outgoing.method = HTTPMethod(rawValue: request.method)
    for (name, value) in request.headers { outgoing.headers.add(name: name, value: value) }
    if !request.body.isEmpty { outgoing.body = .bytes(request.body) }
    let deadline = NIODeadline.now() + .milliseconds(timeout.milliseconds)
    do {
      return try await whole(outgoing, by: deadline)
    } catch {
      throw AsyncHTTPTransport.transportError(error, isLate: NIODeadline.now() >= deadline)
    }
  }

  /// The client's own deadline ends with the head, so a timer cancels a body that trickles on.
  private func whole(_ request: HTTPClientRequest, by deadline: NIODeadline) async throws -> AWSAnswer {
    // A task of its own, so that the timer can cancel it; it ends before this function does, being awaited below.
    let exchange = Task { [client] in
      let response = try await client.execute(request, deadline: deadline)
      let body = try await response.body.collect(upTo: AsyncHTTPTransport.bodyBytesMax)
      let headers = response.headers.map { ($0.name.lowercased(), $0.value) }
      return AWSAnswer(
        status: Int(response.status.code), headers: Dictionary(headers, uniquingKeysWith: { first, _ in first }),
        body: Array(body.readableBytesView))
    }
    let timer = client.eventLoopGroup.any().scheduleTask(deadline: deadline + AsyncHTTPTransport.grace) {
      exchange.cancel()
    }
    defer { timer.cancel() }
    return try await withTaskCancellationHandler {
      try await exchange.value
    } onCancel: {
      exchange.cancel()
    }
  }

  /// - Parameter isLate: whether the deadline has passed, so that a cancellation was the timer's and not the caller's.
  private static func transportError(_ error: any Error, isLate: Bool) -> TransportError {
    switch error {
    case is NIOTooManyBytesError:
      TransportError(.bodyTooLarge, reason: "the answer is larger than \(bodyBytesMax) bytes")
    case is CancellationError:
      isLate ? late(error) : TransportError(.cancelled, reason: "the call was cancelled")
    case let error as HTTPClientError where urlErrors.contains(error):
      TransportError(.badURL, reason: "no URL: \(error)")
    case let error as HTTPClientError where error == .cancelled:
      isLate ? late(error) : TransportError(.cancelled, reason: "the call was cancelled")
    case let error as HTTPClientError where unsent.contains(error):
      TransportError(.notConnected, reason: "no connection: \(error)")
    case let error as HTTPClientError where timeouts.contains(error):
      late(error)
    case is NIOConnectionError:
      TransportError(.notConnected, reason: "no connection: \(error)")
    case let error as IOError where unreachable.contains(error.errnoCode):
      TransportError(.notConnected, reason: "no connection: \(error)")
    default:
      TransportError(.broken, reason: "the connection broke: \(error)")
    }
  }

  private static func late(_ error: any Error) -> TransportError {
    TransportError(.timeout, reason: "no answer in time: \(error)")
  }

  /// The client speaks first at the deadline, for it knows why no connection came about.
  private static let grace = TimeAmount.milliseconds(50)
  private static let urlErrors: [HTTPClientError] = [.invalidURL, .emptyHost, .emptyScheme]
  private static let unsent: [HTTPClientError] = [.connectTimeout, .tlsHandshakeTimeout, .getConnectionFromPoolTimeout]
  /// What connecting to an address says; a connection that stands never does.
  private static let unreachable: [CInt] = [ECONNREFUSED, EHOSTUNREACH, ENETUNREACH, EADDRNOTAVAIL]
  private static let timeouts: [HTTPClientError] = [.deadlineExceeded, .readTimeout, .writeTimeout]
}
