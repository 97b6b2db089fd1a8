/// A page ready to be sent.
public struct ConsolePage: Sendable, Hashable {
  /// The HTTP status: 200, 404 or 503.
  public let status: Int
  /// The value of `Content-Type`, with its character set.
  public let contentType: String
  /// The body in UTF-8.
  public let body: [UInt8]

  init(status: Int, html: String) {
    self.status = status
    contentType = "text/html; charset=utf-8"
    body = Array(html.utf8)
  }

  init(style: String) {
    status = 200
    contentType = "text/css; charset=utf-8"
    body = Array(style.utf8)
  }

  init(script: String) {
    status = 200
    contentType = "text/javascript; charset=utf-8"
    body = Array(script.utf8)
  }
}
