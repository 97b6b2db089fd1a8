import Console
import Engine
import Events
import Operations
import ServiceLifecycle
import Synchronization

/// The console over HTTP: pages, what follows along with them, and what their forms do.
struct ConsoleService: Sendable {
  /// Nothing but our own style and script may be loaded, nothing may frame the page, and forms lead nowhere else.
  static let policy =
    "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; form-action 'self'; "
    + "frame-ancestors 'none'; base-uri 'none'"
  static let pageHeaders = [
    ("Content-Security-Policy", policy), ("X-Content-Type-Options", "nosniff"), ("Referrer-Policy", "same-origin"),
    ("Cache-Control", "no-store"),
  ]

  let room: ControlRoom
  let pages: ConsolePages
  let session: ConsoleSession
  /// Who asks, as the ledger will name them.
  let who: String

  private var now: Timestamp { room.runtime.ports.clock.now() }

  func respond(to request: HTTPRequestMessage) async -> HTTPReply {
    if request.path.hasPrefix("/console/act/"), ConsoleAction(path: request.path) == nil {
      return await page(.missing, request)
    }
    if let action = ConsoleAction(path: request.path) {
      guard request.method == "POST" else { return ConsoleService.notAllowed("POST") }
      return await act(action, request)
    }
    guard request.method == "GET" || request.method == "HEAD" else { return ConsoleService.notAllowed("GET, HEAD") }
    let route = ConsoleRequest.route(request.path)
    if route == .live {
      guard request.method == "GET" else {
        return .full(
          status: 200, headers: [("Content-Type", "text/event-stream")] + ConsoleService.pageHeaders, body: [])
      }
      let seen = request.header("last-event-id") ?? ConsoleRequest.fields(request.query)["since"]
      return LiveStream(room: room, audience: session.audience, seen: seen).reply
    }
    return await page(route, request)
  }

  private static func notAllowed(_ methods: String) -> HTTPReply {
    .full(status: 405, headers: [("Allow", methods)], body: [])
  }

  // MARK: Pages

  private func page(_ route: ConsoleRequest.Route, _ request: HTTPRequestMessage) async -> HTTPReply {
    let query = ConsoleRequest.fields(request.query)
    var reader = self.reader(of: request, query)
    reader.said = ConsoleActs.sayings[query["said"] ?? ""] ?? ""
    let page: ConsolePage
    do {
      page = pages.page(
        route, view: try await ConsoleViews(room: room, days: session.days).view(of: route, query), reader, at: now)
    } catch let error as StoreError {
      page = pages.unreadable(error.reason, reader, at: now)
    } catch {
      page = pages.unreadable("\(error)", reader, at: now)
    }
    var headers = [("Content-Type", page.contentType)] + ConsoleService.pageHeaders
    if let language = query["lang"].flatMap({ Language(rawValue: $0) }) {
      let cookie =
        "\(ConsoleSession.languageCookie)=\(language.rawValue); Path=/console; SameSite=Strict; Max-Age=31536000"
      headers.append(("Set-Cookie", cookie))
    }
    return .full(status: page.status, headers: headers, body: page.body)
  }

  private func reader(of request: HTTPRequestMessage, _ query: [String: String]) -> ConsoleReader {
    var reader = ConsoleReader()
    let wanted = query["lang"] ?? ConsoleSession.cookies(of: request)[ConsoleSession.languageCookie]
    reader.language =
      wanted.flatMap { Language(rawValue: $0) } ?? Language(accepting: request.header("accept-language") ?? "")
    reader.csrf = session.knows(request) ? session.csrf : nil
    reader.target = request.target
    reader.mark = LiveStream.text(of: room.view.committed.mark, in: room)
    return reader
  }

  // MARK: Acts

  private func act(_ action: ConsoleAction, _ request: HTTPRequestMessage) async -> HTTPReply {
    let form = ConsoleRequest.fields(String(decoding: request.body, as: UTF8.self))
    var reader = self.reader(of: request, [:])
    let back = ConsoleService.back(form["back"])
    reader.target = back
    if action == .unlock {
      guard ConsoleSession.isFromHere(request), let cookie = session.opening(with: form["token"] ?? "") else {
        return refused(AdminRefusal(status: 403, code: "TOKEN_WRONG", message: "that is not the token"), reader)
      }
      return ConsoleService.see(
        ConsoleService.path(back == "/console/unlock" ? "/console" : back, saying: "unlocked"), [cookie])
    }
    guard session.permits(request, form) else {
      let message = "show the token first: /console/unlock"
      return refused(AdminRefusal(status: 403, code: "ACTION_LOCKED", message: message), reader)
    }
    do {
      let done = try await ConsoleActs(room: room, who: who).perform(action, form)
      return ConsoleService.see(ConsoleService.path(done.path ?? back, saying: done.said), [])
    } catch let refusal as AdminRefusal {
      return refused(refusal, reader)
    } catch let error as StoreError {
      return refused(AdminRefusal(status: 503, code: error.code.rawValue, message: error.reason), reader)
    } catch {
      return refused(AdminRefusal(status: 500, code: "INTERNAL", message: "\(error)"), reader)
    }
  }

  private func refused(_ refusal: AdminRefusal, _ reader: ConsoleReader) -> HTTPReply {
    let page = pages.refused(refusal.code, refusal.message, reader, status: refusal.status, at: now)
    return .full(
      status: page.status, headers: [("Content-Type", page.contentType)] + ConsoleService.pageHeaders, body: page.body)
  }

  /// After an act the browser asks for a page, so that a reload repeats nothing.
  private static func see(_ path: String, _ headers: [(String, String)]) -> HTTPReply {
    .full(status: 303, headers: [("Location", path)] + headers + pageHeaders, body: [])
  }

  /// Where the form stood; never anywhere else than in the console.
  static func back(_ path: String?) -> String {
    guard let path, path.hasPrefix("/console"), !path.hasPrefix("/console/act/"),
      path.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "\\") })
    else { return "/console" }
    return path
  }

  private static func path(_ path: String, saying said: String) -> String {
    let sides = path.split(separator: "?", maxSplits: 1).map(String.init)
    let kept = (sides.count > 1 ? sides[1] : "").split(separator: "&").filter { !$0.hasPrefix("said=") }
    return "\(sides.first ?? "/console")?" + (kept.map(String.init) + ["said=\(said)"]).joined(separator: "&")
  }
}

/// Tells a page, as server-sent events, that something was committed.
///
/// Source: HTML Living Standard, "Server-sent events".
struct LiveStream: Sendable {
  /// Between two signs of life.
  static let pause = Span.seconds(5)
  /// Commits that come together are told together.
  static let gather = Span(milliseconds: 100)

  let room: ControlRoom
  let audience: LiveAudience
  /// The mark that the page carries, or the last that a stream before this one told it; nil where it tells none.
  let seen: String?

  /// A mark as pages carry it; a server that started anew has others.
  static func text(of mark: Bell.Mark, in room: ControlRoom) -> String {
    "\(room.runtime.startedAt.milliseconds)-\(mark)"
  }

  var reply: HTTPReply {
    let stream = self
    guard let place = audience.enter() else {
      return .full(status: 503, headers: [("Retry-After", "15"), ("Content-Type", "text/plain")], body: [])
    }
    return .stream(
      status: 200, headers: [("Content-Type", "text/event-stream")] + ConsoleService.pageHeaders
    ) { write in
      let isStopping = Mutex(false)
      defer { stream.audience.leave(place) }
      try await withGracefulShutdownHandler {
        try await stream.follow(write) { isStopping.withLock { $0 } || !stream.audience.isWelcome(place) }
      } onGracefulShutdown: {
        isStopping.withLock { $0 = true }
        stream.room.view.committed.ring()
      }
    }
  }

  private func follow(_ write: ([UInt8]) async throws -> Void, isStopping: () -> Bool) async throws {
    let bell = room.view.committed
    let clock = room.waitingClock
    try await write(Array("retry: 1000\n\n".utf8))
    var mark = bell.mark
    if let seen, seen != LiveStream.text(of: mark, in: room) { try await write(changed(to: mark)) }
    while !Task.isCancelled, !isStopping() {
      await bell.wait(since: mark, atMost: LiveStream.pause, clock)
      guard !Task.isCancelled, !isStopping() else { return }
      let fresh = bell.mark
      try await write(fresh == mark ? Array(": still here\n\n".utf8) : changed(to: fresh))
      mark = fresh
      try await clock.sleep(for: LiveStream.gather)
    }
  }

  private func changed(to mark: Bell.Mark) -> [UInt8] {
    Array("event: changed\nid: \(LiveStream.text(of: mark, in: room))\ndata: 1\n\n".utf8)
  }
}

/// Which pages follow along: each holds a request open, and requests are what everybody shares.
///
/// A page that was closed is noticed by the next thing that is written to it, so where there are too many, the oldest goes:
/// one that is still open comes back by itself.
final class LiveAudience: Sendable {
  /// A fraction of the requests that the listener has in flight at most.
  static let pagesMax = 80
  /// Pages that were told to go and have not gone yet.
  static let leavingMax = 80

  private struct State {
    var next = 0
    /// The oldest first.
    var pages: [Int] = []
    var leaving: Set<Int> = []
  }

  private let state = Mutex(State())

  /// A place for one more; nil if there are too many still on their way out.
  func enter() -> Int? {
    state.withLock { state in
      if state.pages.count >= LiveAudience.pagesMax {
        guard state.leaving.count < LiveAudience.leavingMax else { return nil }
        state.leaving.insert(state.pages.removeFirst())
      }
      state.next += 1
      state.pages.append(state.next)
      return state.next
    }
  }

  func isWelcome(_ place: Int) -> Bool { state.withLock { !$0.leaving.contains(place) } }

  func leave(_ place: Int) {
    state.withLock { state in
      state.pages.removeAll { $0 == place }
      state.leaving.remove(place)
    }
  }
}
