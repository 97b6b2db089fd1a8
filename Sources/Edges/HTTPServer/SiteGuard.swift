import Events

/// Keeps other sites' pages out, which a browser lets send requests here without their readers' knowing.
///
/// A browser says where a request comes from (`Sec-Fetch-Site`, `Origin`); clients that are none say nothing, and pass. While
/// nobody has to sign, the server answers to this machine's own names only, so that no name of a stranger's that is pointed
/// here makes his pages ours (DNS rebinding). Source: Fetch Metadata; RFC 6454; RFC 6761 §6.3.
struct SiteGuard: Sendable {
  /// Whether everybody who reaches the server is let in.
  let isOpen: Bool

  /// The answer to a request that another site's page sent; nil if it may pass.
  func refusal(of request: HTTPRequestMessage) -> HTTPReply? {
    if isOpen, let host = request.header("host"), !SiteGuard.isOwn(host) {
      return SiteGuard.reply(
        421, "HOST_UNKNOWN",
        "this server is open to this machine, and answers to localhost and addresses only; add a credential to give it "
          + "another name: bellcrank credentials add")
    }
    let isReading = ["GET", "HEAD", "OPTIONS"].contains(request.method)
    guard !isReading, !ConsoleSession.isFromHere(request) else { return nil }
    return SiteGuard.reply(403, "OTHER_SITE", "a page of another site sent this; nothing was done")
  }

  /// Names that lead to this machine wherever they are asked, and addresses, which are no names that could be pointed here.
  static func isOwn(_ host: String) -> Bool {
    var name = host.lowercased()
    if name.hasPrefix("[") { return true }
    if let colon = name.lastIndex(of: ":") { name = String(name[..<colon]) }
    if name.hasSuffix(".") { name.removeLast() }
    if name == "localhost" || name.hasSuffix(".localhost") { return true }
    let parts = name.split(separator: ".", omittingEmptySubsequences: false)
    return parts.count == 4 && parts.allSatisfy { UInt8($0) != nil }
  }

  private static func reply(_ status: Int, _ code: String, _ message: String) -> HTTPReply {
    let body: JSON = ["error": ["code": .string(code), "message": .string(message)]]
    return .full(status: status, headers: [("Content-Type", "application/json")], body: body.bytes)
  }
}
