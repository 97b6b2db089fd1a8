import AWSWire
import Console
import Engine
import Events
import Operations

/// Answers every request: our own paths first, then the console, then AWS's protocols.
public struct ServerResponder: HTTPResponder {
  private let room: ControlRoom
  private let runtime: Runtime
  private let console: ConsolePages

  public init(_ room: ControlRoom, _ console: ConsolePages) {
    self.room = room
    runtime = room.runtime
    self.console = console
  }

  public func respond(to request: HTTPRequestMessage) async -> HTTPReply {
    let path = request.path
    if path.hasPrefix("/_bellcrank/") { return await AdminService(room).respond(to: request) }
    if path == "/metrics" { return await metrics() }
    if path == "/console" || path.hasPrefix("/console/") { return await page(path, request) }
    return await wire(request)
  }

  /// The metrics for Prometheus.
  private func metrics() async -> HTTPReply {
    do {
      try await room.monitor.flush()
      let text = Exposition.text(try await room.metrics.totals())
      return .full(status: 200, headers: [("Content-Type", Exposition.contentType)], body: Array(text.utf8))
    } catch {
      return .full(status: 503, headers: [("Content-Type", "text/plain")], body: Array("\(error.reason)\n".utf8))
    }
  }

  // MARK: The console

  /// Nothing but our own stylesheet may be loaded, and nothing may frame the page.
  private static let pageHeaders = [
    ("Content-Security-Policy", "default-src 'none'; style-src 'self'; frame-ancestors 'none'; base-uri 'none'"),
    ("X-Content-Type-Options", "nosniff"), ("Referrer-Policy", "no-referrer"), ("Cache-Control", "no-store"),
  ]

  private func page(_ path: String, _ request: HTTPRequestMessage) async -> HTTPReply {
    guard request.method == "GET" || request.method == "HEAD" else {
      return .full(status: 405, headers: [("Allow", "GET, HEAD")], body: [])
    }
    let route = ConsoleRequest.route(path)
    let pages = ServerResponder.origin(request).map { console.addressed(to: $0) } ?? console
    let page: ConsolePage
    do {
      page = pages.page(route, view: try await view(of: route))
    } catch {
      page = pages.unreadable(error.reason)
    }
    return .full(
      status: page.status, headers: [("Content-Type", page.contentType)] + ServerResponder.pageHeaders, body: page.body)
  }

  /// Where the client reached us; nil if its Host header is not plainly a host and a port.
  private static func origin(_ request: HTTPRequestMessage) -> String? {
    guard let host = request.header("host"), !host.isEmpty,
      host.utf8.allSatisfy({ byte in
        Character(Unicode.Scalar(byte)).isLetter || Character(Unicode.Scalar(byte)).isNumber
          || "-.:[]".utf8.contains(byte)
      })
    else { return nil }
    return "http://\(host)"
  }

  private func view(of route: ConsoleRequest.Route) async throws(StoreError) -> JSON? {
    switch route {
    case .overview: try await Views(runtime).status()
    case .decision(let id): try await Explainer(runtime).why(id)
    case .run(let id): try await Views(runtime).run(id)
    case .style, .missing: nil
    }
  }

  // MARK: AWS's protocols

  private func wire(_ message: HTTPRequestMessage) async -> HTTPReply {
    let request = WireRequest(
      method: message.method, path: message.path, query: message.query,
      headers: Dictionary(message.headers.map { ($0.name, $0.value) }, uniquingKeysWith: { first, _ in first }),
      host: message.header("host") ?? "", body: message.body)
    let route = Route(request)
    let context = ServiceContext(
      room: room, origin: "http://\(request.host)", requestID: runtime.ports.entropy.uuid(),
      who: route.scope?.accessKeyID ?? "unsigned", why: message.header("x-bellcrank-reason"))
    let response: WireResponse
    do {
      response = try await answer(try route.decode(request), route, context)
    } catch let error as WireError {
      response = WireEncoder.encode(error, for: route, requestID: context.requestID)
    } catch let error as StoreError where error.code == .refused {
      response = WireEncoder.encode(
        WireError(.validation, error.reason), for: route, requestID: context.requestID)
    } catch {
      runtime.ports.log.write(LogLine(.error, "request failed", ["request": context.requestID, "reason": "\(error)"]))
      response = WireEncoder.encode(
        WireError(.internalException, "The store is not available; nothing was changed."), for: route,
        requestID: context.requestID)
    }
    return .full(
      status: response.status, headers: response.headers.map { ($0.name, $0.value) }, body: response.body)
  }

  private func answer(
    _ operation: WireOperation, _ route: Route, _ context: ServiceContext
  ) async throws -> WireResponse {
    var extra: [WireResponse.Header] = []
    let answer: WireAnswer
    switch operation {
    case .events(let operation):
      let (events, headers) = try await EventsService(context).answer(operation)
      (answer, extra) = (.events(events), headers)
    case .lambda(let operation): answer = .lambda(try await LambdaService(context).answer(operation))
    case .sqs(let operation): answer = .sqs(try await SQSService(context).answer(operation))
    case .s3(let operation): answer = .s3(try await S3Service(context).answer(operation))
    case .cloudWatch(let operation, let input):
      answer = .tree(try await CloudWatchService(context).answer(operation, input))
    case .logs(let operation, let input): answer = .tree(try await LogsService(context).answer(operation, input))
    case .iam(let operation, let input): answer = .tree(try await IAMService(context).answer(operation, input))
    case .buses(let operation, let input): answer = .tree(try await BusService(context).answer(operation, input))
    case .moves(let operation, let input): answer = .tree(try await MoveService(context).answer(operation, input))
    case .permission(let operation): answer = .tree(try await PermissionService(context).answer(operation))
    case .sts(.getCallerIdentity):
      let account = context.names.account
      answer = .sts(.getCallerIdentity(userID: account, account: account, arn: "arn:aws:iam::\(account):root"))
    }
    var response = WireEncoder.encode(answer, for: route, requestID: context.requestID)
    response.headers += extra
    return response
  }
}
