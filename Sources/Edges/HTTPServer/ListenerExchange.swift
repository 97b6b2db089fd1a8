import HTTPTypes
import HummingbirdCore
import Logging
import NIOCore

/// One request and its answer: reads the body within the limits, asks the responder, writes what it said.
struct ListenerExchange: Sendable {
  /// A request that the listener answers by itself.
  struct Refusal: Error, Hashable {
    let status: Int
    /// For people, in `text/plain`.
    let text: String
    /// The rest of the body has not been read.
    let isBodyUnread: Bool
  }

  /// Why a connection ends after an answer; nobody is to blame.
  enum Ending: Error, Hashable {
    case bodyNotWanted
    case bodyCutShort
  }

  private let limits: HTTPLimits
  private let responder: any HTTPResponder
  private let logger: Logger
  private let gate: ListenerGate

  init(limits: HTTPLimits, responder: any HTTPResponder, logger: Logger) {
    self.limits = limits
    self.responder = responder
    self.logger = logger
    self.gate = ListenerGate(limits: limits)
  }

  /// Answers one request; throws to end the connection.
  func serve(_ request: Request, _ writer: consuming ResponseWriter, _ channel: any Channel) async throws {
    var body = request.body.makeAsyncIterator()
    guard gate.enter() else {
      return try await refuse(busy(.requests), request, &body, writer)
    }
    var heldBytes = 0
    defer { gate.leave(bytes: heldBytes) }
    let message: HTTPRequestMessage
    do {
      let sent = try await collect(&body, of: request, heldBytes: &heldBytes)
      message = try HTTPRequestMessage(
        request.head, sent: sent, inflatedBytesMax: limits.inflatedBytesMax, remote: channel.remoteAddress?.ipAddress)
    } catch let refusal as Refusal {
      return try await refuse(refusal, request, &body, writer)
    }
    let reply = await responder.respond(to: message)
    try await write(reply, to: request, closing: false, writer)
  }

  /// Reads the body to its end.
  ///
  /// - Throws: `Refusal`; `Ending.bodyCutShort` when the end never came; what the connection throws.
  private func collect(
    _ body: inout RequestBody.AsyncIterator, of request: Request, heldBytes: inout Int
  ) async throws -> [UInt8] {
    let stated = statedLength(of: request)
    if let stated, stated > limits.bodyBytesMax { throw tooLarge() }
    var bytes: [UInt8] = []
    bytes.reserveCapacity(min(stated ?? 0, limits.lingerBytesMax))
    while let part = try await body.next() {
      guard part.readableBytes <= limits.bodyBytesMax - bytes.count else { throw tooLarge() }
      guard gate.reserve(bytes: part.readableBytes) else { throw busy(.bytes) }
      heldBytes += part.readableBytes
      bytes.append(contentsOf: part.readableBytesView)
    }
    // Hummingbird takes a stream that merely ends for a body that ended; half a body must never pass for a whole one.
    guard stated == nil || stated == bytes.count else { throw Ending.bodyCutShort }
    return bytes
  }

  /// Answers without the responder, and ends the connection unless the rest of the body is worth reading.
  private func refuse(
    _ refusal: Refusal, _ request: Request, _ body: inout RequestBody.AsyncIterator,
    _ writer: consuming ResponseWriter
  ) async throws {
    let isChunked = request.headers[.transferEncoding] != nil
    let unreadBytes = isChunked ? Int.max : statedLength(of: request) ?? 0
    let isClosing = refusal.isBodyUnread && unreadBytes > limits.lingerBytesMax
    logger.debug("refused a request", metadata: ["status": "\(refusal.status)", "reason": "\(refusal.text)"])
    var headers = [("Content-Type", "text/plain; charset=utf-8")]
    if refusal.status == 503 { headers.append(("Retry-After", "\(limits.retryAfterSeconds)")) }
    let reply = HTTPReply.full(status: refusal.status, headers: headers, body: Array((refusal.text + "\n").utf8))
    try await write(reply, to: request, closing: isClosing, writer)
    guard isClosing else { return }
    // Closing with bytes unread makes the system reset the connection, and the client may never see the answer.
    var lingered = 0
    do {
      while lingered <= limits.lingerBytesMax, let part = try await body.next() { lingered += part.readableBytes }
    } catch {
      logger.trace("the client of a refused request left", metadata: ["error": "\(error)"])
    }
    throw Ending.bodyNotWanted
  }

  private func write(
    _ reply: HTTPReply, to request: Request, closing isClosing: Bool, _ writer: consuming ResponseWriter
  ) async throws {
    switch reply {
    case .full(let status, let headers, let body):
      let isHead = request.method == .head
      var head = responseHead(status: status, headers: headers, bodyCount: body.count, isHead: isHead)
      if isClosing { head.headerFields[.connection] = "close" }
      let hasNoBody = isHead || body.isEmpty || !mayHaveBody(head.status)
      let content = hasNoBody ? ResponseBody() : ResponseBody(byteBuffer: ByteBuffer(bytes: body))
      try await writer.write(response: head, body: content)
    case .stream(let status, let headers, let body):
      var head = responseHead(status: status, headers: headers, bodyCount: 0, isHead: request.method == .head)
      head.headerFields[.contentLength] = nil
      guard request.method != .head else { return try await writer.write(response: head, body: ResponseBody()) }
      let content = ResponseBody { out in
        var out = out
        try await body { try await out.write(ByteBuffer(bytes: $0)) }
        try await out.finish(nil)
      }
      try await writer.write(response: head, body: content)
    }
  }

  private func responseHead(
    status: Int, headers: [(String, String)], bodyCount: Int, isHead: Bool
  ) -> HTTPResponse {
    precondition((200...599).contains(status), "a final answer has a status from 200 to 599")
    var fields = HTTPFields()
    for (name, value) in headers {
      guard let name = HTTPField.Name(name) else {
        logger.error("dropped a header that is no header", metadata: ["name": "\(name)"])
        continue
      }
      fields.append(HTTPField(name: name, value: value))
    }
    let status = HTTPResponse.Status(code: status)
    let isLengthStated = isHead && bodyCount == 0 && fields[.contentLength] != nil
    if !isLengthStated { fields[.contentLength] = mayHaveBody(status) ? "\(bodyCount)" : nil }
    return HTTPResponse(status: status, headerFields: fields)
  }

  private func mayHaveBody(_ status: HTTPResponse.Status) -> Bool { status.code != 204 && status.code != 304 }

  private func statedLength(of request: Request) -> Int? {
    request.headers[.contentLength].flatMap { Int($0) }
  }

  private func tooLarge() -> Refusal {
    Refusal(
      status: 413, text: "The body is larger than \(limits.bodyBytesMax) bytes, the most this server takes.",
      isBodyUnread: true)
  }

  private enum Scarce {
    case requests, bytes
  }

  private func busy(_ scarce: Scarce) -> Refusal {
    let what =
      switch scarce {
      case .requests: "\(limits.requestsInFlightMax) requests"
      case .bytes: "\(limits.bufferedBytesMax) bytes of bodies"
      }
    return Refusal(
      status: 503, text: "The server already has \(what) in flight. Try again in a moment.", isBodyUnread: true)
  }
}
