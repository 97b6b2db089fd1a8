import Engine
import Events
import Operations

/// Who may act in the console: whoever showed the token that the server printed at its start.
///
/// A cookie that scripts cannot read says so, and each form carries a second word that no other site knows.
public struct ConsoleSession: Sendable {
  static let cookie = "bellcrank_session"
  static let languageCookie = "bellcrank_lang"

  /// What boards have drawn of days that are over.
  let days = BoardDays()
  /// The pages that follow along.
  let audience = LiveAudience()
  /// As the banner shows it; new with every start.
  public let token: String
  private let session: String
  /// What forms carry.
  let csrf: String
  private let digests: any Digests

  public init(_ entropy: any Entropy, _ signer: any Signer, _ digests: any Digests) {
    let token = entropy.uuid().replacing("-", with: "")
    self.token = token
    self.digests = digests
    session = signer.signature(of: Array("console session".utf8), secret: Array(token.utf8))
    csrf = signer.signature(of: Array("console forms".utf8), secret: Array(token.utf8))
  }

  /// Whether the reader has shown the token before.
  func knows(_ request: HTTPRequestMessage) -> Bool {
    same(ConsoleSession.cookies(of: request)[ConsoleSession.cookie] ?? "", session)
  }

  /// The header that lets a browser act; nil if that is not the token.
  func opening(with shown: String) -> (String, String)? {
    guard same(shown, token) else { return nil }
    return ("Set-Cookie", "\(ConsoleSession.cookie)=\(session); Path=/console; HttpOnly; SameSite=Strict")
  }

  /// Whether a form was sent by a page of ours, by somebody who showed the token.
  func permits(_ request: HTTPRequestMessage, _ form: [String: String]) -> Bool {
    knows(request) && same(form["csrf"] ?? "", csrf) && ConsoleSession.isFromHere(request)
  }

  /// Whether a browser says that another site sent it.
  static func isFromHere(_ request: HTTPRequestMessage) -> Bool {
    if let site = request.header("sec-fetch-site"), site != "same-origin", site != "none" { return false }
    guard let origin = request.header("origin") else { return true }
    let host = origin.split(separator: "/", maxSplits: 2).last.map(String.init) ?? ""
    return host == request.header("host")
  }

  static func cookies(of request: HTTPRequestMessage) -> [String: String] {
    var cookies: [String: String] = [:]
    for pair in (request.header("cookie") ?? "").split(separator: ";") {
      let sides = pair.split(separator: "=", maxSplits: 1).map { $0.filter { $0 != " " } }
      if sides.count == 2 { cookies[String(sides[0])] = String(sides[1]) }
    }
    return cookies
  }

  /// Digests are compared, so the time tells nothing about the secret.
  private func same(_ left: String, _ right: String) -> Bool {
    digests.sha256(Array(left.utf8)) == digests.sha256(Array(right.utf8))
  }
}
