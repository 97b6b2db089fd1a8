import AsyncHTTPClient
import Events
import NIOCore
import NIOHTTP1

/// The network, through AsyncHTTPClient.
public struct AsyncHTTPTransport: HTTPTransport {
  private let client: HTTPClient

  /// - Parameter client: shared and shut down by its owner; its redirect and TLS settings apply.
  public init(client: HTTPClient) {
    self.client = client
  }

  /// Gets that URL within the timeout; a body that is declared or turns out too large is not read to its end.
  public func get(
    _ url: String, headers: [(name: String, value: String)], timeout: Span
  ) async throws(TransportError) -> HTTPAnswer {
    var request = HTTPClientRequest(url: url)
    for header in headers { request.headers.add(name: header.name, value: header.value) }
    let deadline = NIODeadline.now() + .milliseconds(timeout.milliseconds)
    do {
      return try await whole(request, by: deadline)
    } catch let error as TransportError {
      throw error
    } catch {
      throw transportError(error, isLate: NIODeadline.now() >= deadline)
    }
  }

  /// The client's own deadline ends with the head, so a timer cancels a body that trickles on.
  private func whole(_ request: HTTPClientRequest, by deadline: NIODeadline) async throws -> HTTPAnswer {
    // A task of its own, so that the timer can cancel it; it ends before this function does, being awaited below.
    let fetching = Task { [client] in
      let response = try await client.execute(request, deadline: deadline)
      let body = try await response.body.collect(upTo: HTTPAnswerLimits.bodyBytesMax)
      return HTTPAnswer(
        status: Int(response.status.code), headers: response.headers.map { ($0.name, $0.value) },
        body: Array(body.readableBytesView))
    }
    let timer = client.eventLoopGroup.any().scheduleTask(deadline: deadline + AsyncHTTPTransport.grace) {
      fetching.cancel()
    }
    defer { timer.cancel() }
    return try await withTaskCancellationHandler {
      try await fetching.value
    } onCancel: {
      fetching.cancel()
    }
  }

  /// - Parameter isLate: whether the deadline has passed, so that a cancellation was the timer's and not the caller's.
  private func transportError(_ error: any Error, isLate: Bool) -> TransportError {
    switch error {
    case is NIOTooManyBytesError:
      return TransportError(.bodyTooLarge, reason: "the body is larger than \(HTTPAnswerLimits.bodyBytesMax) bytes")
    case is CancellationError where isLate:
      return TransportError(.timeout, reason: "the source did not answer in time")
    case let error as HTTPClientError where AsyncHTTPTransport.urlErrors.contains(error):
      return TransportError(.badURL, reason: "the URL cannot be asked for: \(error)")
    case let error as HTTPClientError where AsyncHTTPTransport.timeouts.contains(error):
      return TransportError(.timeout, reason: "the source did not answer in time: \(error)")
    case let error as HTTPClientError where error == .cancelled && isLate:
      return TransportError(.timeout, reason: "the source did not answer in time: \(error)")
    default:
      return TransportError(.unreachable, reason: "the source could not be reached: \(error)")
    }
  }

  /// The client speaks first at the deadline, for it knows why no connection came about.
  private static let grace = TimeAmount.milliseconds(50)
  private static let urlErrors: [HTTPClientError] = [.invalidURL, .emptyHost, .emptyScheme]
  private static let timeouts: [HTTPClientError] = [
    .deadlineExceeded, .connectTimeout, .readTimeout, .tlsHandshakeTimeout, .getConnectionFromPoolTimeout,
  ]
}
