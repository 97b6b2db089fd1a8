import AsyncHTTPClient
import Events
import Foundation
import NIOCore
import NIOHTTP1
import NIOPosix

/// A server over HTTP, through AsyncHTTPClient.
struct HTTPServerClient: ServerClient {
  /// The most that an answer may have; a thousand runs with all their objects have a few megabytes.
  static let bodyBytesMax = 64 * 1_024 * 1_024

  /// Lives as long as the process, so nobody shuts it down; it does not try again where nobody listens.
  private static let client: HTTPClient = {
    var configuration = HTTPClient.Configuration(
      redirectConfiguration: .disallow, timeout: .init(connect: .seconds(5)))
    configuration.connectionPool.retryConnectionEstablishment = false
    return HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
  }()

  /// Sends the request and collects the answer within its timeout.
  func send(_ request: ServerRequest, to endpoint: String) async throws(ServerSilence) -> ServerAnswer {
    var sent = HTTPClientRequest(url: endpoint + request.path)
    sent.method = HTTPMethod(rawValue: request.method.rawValue)
    for header in request.headers { sent.headers.add(name: header.name, value: header.value) }
    if !request.body.isEmpty { sent.body = .bytes(request.body) }
    do {
      let timeout = TimeAmount.milliseconds(request.timeout.milliseconds)
      let response = try await HTTPServerClient.client.execute(sent, timeout: timeout)
      let body = try await response.body.collect(upTo: HTTPServerClient.bodyBytesMax)
      return ServerAnswer(
        status: Int(response.status.code),
        headers: response.headers.map { ServerRequest.Header(name: $0.name, value: $0.value) },
        body: Array(body.readableBytesView))
    } catch {
      throw HTTPServerClient.silence(error)
    }
  }

  private static func silence(_ error: any Error) -> ServerSilence {
    switch error {
    case is NIOConnectionError: .nobodyThere
    case is NIOTooManyBytesError: .broken(reason: "the answer is larger than \(bodyBytesMax) bytes")
    case let error as IOError where unreachable.contains(error.errnoCode): .nobodyThere
    case let error as HTTPClientError where error == .connectTimeout: .nobodyThere
    case let error as HTTPClientError where timeouts.contains(error): .late
    case let error: .broken(reason: "\(error)")
    }
  }

  /// What the system says where nobody listens.
  private static let unreachable = [ECONNREFUSED, EHOSTUNREACH, ENETUNREACH]
  private static let timeouts: [HTTPClientError] = [.deadlineExceeded, .readTimeout, .getConnectionFromPoolTimeout]
}
