import AsyncHTTPClient
import Events
import NIOCore
import NIOHTTP1

/// Lambda's Runtime API as a client sees it, version 2018-06-01.
struct RuntimeAPI: Sendable {
  /// An event has at most 6 MB; Lambda's own limit stands before this one.
  static let eventBytesMax = 8 * 1_024 * 1_024
  static let postTimeout = TimeAmount.seconds(10)

  private let base: String
  private let client: HTTPClient

  /// - Parameter host: `127.0.0.1:9001`, as `AWS_LAMBDA_RUNTIME_API` says.
  init(host: String, client: HTTPClient) {
    base = "http://\(host)/2018-06-01/runtime"
    self.client = client
  }

  /// The next invocation; waits for it without end.
  func next() async throws(RuntimeError) -> Invocation {
    let (status, invocation): (Int, Invocation?)
    do {
      let response = try await client.execute(
        HTTPClientRequest(url: "\(base)/invocation/next"), deadline: .distantFuture)
      status = Int(response.status.code)
      let body = try await response.body.collect(upTo: RuntimeAPI.eventBytesMax)
      invocation = Invocation(headers: { response.headers.first(name: $0) }, payload: Array(body.readableBytesView))
    } catch {
      throw RuntimeError(.unreachable, reason: "no next invocation: \(error)")
    }
    guard status == 200 else {
      throw RuntimeError(.refused, status: status, reason: "no next invocation: status \(status)")
    }
    guard let invocation else {
      throw RuntimeError(.unreadable, status: status, reason: "an invocation without an id or a deadline")
    }
    return invocation
  }

  func respond(_ body: [UInt8], to requestID: String) async throws(RuntimeError) {
    try await post("invocation/\(requestID)/response", body, type: nil)
  }

  func fail(_ type: String, _ message: String, _ requestID: String) async throws(RuntimeError) {
    try await post("invocation/\(requestID)/error", RuntimeAPI.body(type, message), type: type)
  }

  func failInit(_ type: String, _ message: String) async throws(RuntimeError) {
    try await post("init/error", RuntimeAPI.body(type, message), type: type)
  }

  private static func body(_ type: String, _ message: String) -> [UInt8] {
    let body: JSON = ["errorMessage": .string(message), "errorType": .string(type), "stackTrace": []]
    return body.bytes
  }

  private func post(_ path: String, _ body: [UInt8], type: String?) async throws(RuntimeError) {
    var request = HTTPClientRequest(url: "\(base)/\(path)")
    request.method = .POST
    request.headers.add(name: "Content-Type", value: "application/json")
    if let type { request.headers.add(name: "Lambda-Runtime-Function-Error-Type", value: type) }
    request.body = .bytes(body)
    let status: Int
    do {
      let response = try await client.execute(request, deadline: NIODeadline.now() + RuntimeAPI.postTimeout)
      // The connection is free for the next request only when the body has been read.
      _ = try await response.body.collect(upTo: RuntimeAPI.eventBytesMax)
      status = Int(response.status.code)
    } catch {
      throw RuntimeError(.unreachable, reason: "\(path) was not taken: \(error)")
    }
    guard (200...299).contains(status) else {
      throw RuntimeError(.refused, status: status, reason: "\(path) was refused: status \(status)")
    }
  }
}
