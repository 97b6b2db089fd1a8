import AsyncHTTPClient
import NIOCore
import NIOHTTP1
import Operations

/// Webhooks over AsyncHTTPClient.
public struct AsyncHTTPWebhook: WebhookClient {
  /// How long a webhook may take to answer.
  public static let timeoutSeconds: Int64 = 10

  private let client: HTTPClient

  /// - Parameter client: shared and shut down by its owner.
  public init(client: HTTPClient) {
    self.client = client
  }

  public func post(_ body: [UInt8], headers: [(name: String, value: String)], to url: String) async -> Int? {
    var request = HTTPClientRequest(url: url)
    request.method = .POST
    for header in headers { request.headers.add(name: header.name, value: header.value) }
    request.body = .bytes(ByteBuffer(bytes: body))
    do {
      let answer = try await client.execute(request, timeout: .seconds(AsyncHTTPWebhook.timeoutSeconds))
      return Int(answer.status.code)
    } catch {
      return nil  // Whatever the reason, nobody took it; the notifier tries again.
    }
  }
}
