import HTTPTypes

extension HTTPRequestMessage {
  /// Puts a head and its body together, inflating the body if the client compressed the request.
  ///
  /// Only a `POST` is inflated: in a `PUT` the encoding describes the object that S3 stores. `aws-chunked` is S3's own
  /// framing, not a compression. Source: RFC 9110 §8.4; Smithy, trait `requestCompression`.
  init(_ head: HTTPRequest, sent: [UInt8], inflatedBytesMax: Int, remote: String?) throws(ListenerExchange.Refusal) {
    let encoding = head.headerFields[.contentEncoding]?.lowercased() ?? "identity"
    var body = sent
    if head.method == .post, !sent.isEmpty {
      switch encoding {
      case "identity", "aws-chunked":
        break
      case "gzip", "x-gzip":
        body = try Self.inflated(sent, bytesMax: inflatedBytesMax)
      default:
        throw ListenerExchange.Refusal(
          status: 415, text: "The server reads bodies encoded as gzip or not at all, not as '\(encoding)'.",
          isBodyUnread: false)
      }
    }
    self.init(
      method: head.method.rawValue, target: head.path ?? "/", headers: Self.headers(of: head), body: body,
      bodyAsSent: sent, remote: remote)
  }

  private static func inflated(_ sent: [UInt8], bytesMax: Int) throws(ListenerExchange.Refusal) -> [UInt8] {
    do {
      return try Gzip.inflated(sent, bytesMax: bytesMax)
    } catch {
      switch error {
      case .tooLarge:
        throw ListenerExchange.Refusal(
          status: 413, text: "The body inflates to more than \(bytesMax) bytes, the most this server takes.",
          isBodyUnread: false)
      case .malformed(let reason):
        throw ListenerExchange.Refusal(
          status: 400, text: "The body is not gzip, though its Content-Encoding says so: \(reason).",
          isBodyUnread: false)
      }
    }
  }

  private static func headers(of head: HTTPRequest) -> [Header] {
    var headers: [Header] = []
    headers.reserveCapacity(head.headerFields.count + 1)
    if let authority = head.authority { headers.append(Header(name: "host", value: authority)) }
    var isCookieSeen = false
    for field in head.headerFields {
      if field.name == .cookie {
        if isCookieSeen { continue }
        isCookieSeen = true
        headers.append(Header(name: "cookie", value: head.headerFields[.cookie] ?? field.value))
      } else {
        headers.append(Header(name: field.name.canonicalName, value: field.value))
      }
    }
    return headers
  }
}
