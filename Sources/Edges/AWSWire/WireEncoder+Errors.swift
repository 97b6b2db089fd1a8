import Events

extension WireEncoder {
  static func jsonError(_ error: WireError, _ status: Int, _ route: Route, _ requestID: String) -> WireResponse {
    var headers: [WireResponse.Header] = [
      .init("Content-Type", contentType(route.dialect)), .init("x-amzn-RequestId", requestID),
    ]
    var type = error.code.rawValue
    if route.dialect == .queryCompatibleJSON {
      type = error.code.isSQSShape ? "com.amazonaws.sqs#\(type)" : "com.amazon.coral.service#\(type)"
      headers.append(.init("x-amzn-query-error", "\(error.code.queryCode);\(fault(status))"))
    }
    var body: JSON = ["__type": .string(type), "message": .string(error.message)]
    for member in error.members { body.set(member.name, member.value.json) }
    return WireResponse(status: status, headers: headers, body: body.bytes)
  }

  static func restJSONError(
    _ error: WireError, _ status: Int, _ route: Route, _ requestID: String
  ) -> WireResponse {
    var headers: [WireResponse.Header] = [
      .init("Content-Type", "application/json"), .init("x-amzn-RequestId", requestID),
      .init("x-amzn-ErrorType", error.code.rawValue),
    ]
    if let seconds = error.retryAfterSeconds { headers.append(.init("Retry-After", String(seconds))) }
    let body = JSON(present: [
      "Reason": JSON(text: error.reason), "Type": status < 500 ? "User" : "Service",
      messageName(error.code, route.service): .string(error.message),
    ])
    return WireResponse(status: status, headers: headers, body: body.bytes)
  }

  static func queryError(_ error: WireError, _ status: Int, _ route: Route, _ requestID: String) -> WireResponse {
    let document = XML(
      "ErrorResponse",
      [
        XML(
          "Error",
          [
            XML("Type", fault(status)), XML("Code", error.code.queryCode), XML("Message", error.message),
          ] + error.members.map { $0.value.xml($0.name) }),
        XML("RequestId", requestID),
      ])
    return WireResponse(
      status: status, headers: [.init("Content-Type", "text/xml"), .init("x-amzn-RequestId", requestID)],
      body: document.document(namespace: namespace(of: route)))
  }

  static func s3Error(_ error: WireError, _ status: Int, _ route: Route, _ requestID: String) -> WireResponse {
    guard !route.isHead, status != 304 else { return WireResponse(status: status, headers: s3Headers(requestID)) }
    let details = error.details.map { XML($0.name, $0.value) }
    let document = XML(
      "Error",
      [XML("Code", error.code.rawValue), XML("Message", error.message)] + details
        + [XML("RequestId", requestID), XML("HostId", requestID)])
    return WireResponse(
      status: status, headers: s3Headers(requestID) + [.init("Content-Type", "application/xml")],
      body: document.document(namespace: ""))
  }

  /// A JSON body would break CBOR clients; the header has the code that the query protocol had.
  static func cborError(_ error: WireError, _ status: Int, _ requestID: String) -> WireResponse {
    var body: [UInt8] = []
    let members = [
      WireTree.Member("__type", .text(error.code.rawValue)), WireTree.Member("message", .text(error.message)),
    ]
    CBOR.write(.structure(members + error.members), into: &body)
    let headers: [WireResponse.Header] = [
      .init("Content-Type", "application/cbor"), .init("smithy-protocol", "rpc-v2-cbor"),
      .init("x-amzn-RequestId", requestID),
      .init("x-amzn-query-error", "\(error.code.queryCode);\(fault(status))"),
    ]
    return WireResponse(status: status, headers: headers, body: body)
  }

  private static func fault(_ status: Int) -> String { status < 500 ? "Sender" : "Receiver" }

  /// Lambda's model calls the message `Message` in some shapes and `message` in the others, Scheduler's always `Message`.
  private static func messageName(_ code: WireError.Code, _ service: Route.Service) -> String {
    service == .scheduler || code == .resourceNotFound || code == .serviceException ? "Message" : "message"
  }
}
