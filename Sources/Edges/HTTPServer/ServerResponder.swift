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
  private let gatekeeper: Gatekeeper
  private let session: ConsoleSession
  private let tokens = ClientTokens()

  public init(_ room: ControlRoom, _ console: ConsolePages, _ gatekeeper: Gatekeeper, _ session: ConsoleSession) {
    self.session = session
    self.gatekeeper = gatekeeper
    self.room = room
    runtime = room.runtime
    self.console = console
  }

  public func respond(to request: HTTPRequestMessage) async -> HTTPReply {
    if let refusal = SiteGuard(isOpen: gatekeeper.isOpen).refusal(of: request) { return refusal }
    let path = request.path
    let isOwn = path.hasPrefix("/_bellcrank/")
    let isConsole = path == "/console" || path.hasPrefix("/console/")
    guard isOwn || isConsole || path == "/metrics" else { return await wire(request) }
    let caller: Caller
    do {
      caller = try gatekeeper.ownCaller(of: request, ServerResponder.wireRequest(request))
      try gatekeeper.permit(caller, Demand(ServerResponder.isReading(request) ? "bellcrank:View" : "bellcrank:Operate"))
    } catch {
      return ServerResponder.refusal(error)
    }
    if isOwn { return await AdminService(room, who: caller.name).respond(to: request) }
    return isConsole ? await page(request, caller) : await metrics()
  }

  /// Whether nothing is changed by it: a backtest is posted only because patterns are long.
  private static func isReading(_ request: HTTPRequestMessage) -> Bool {
    request.method == "GET" || request.method == "HEAD" || request.path == "/_bellcrank/backtest"
  }

  /// Who may not come in is asked for a key and its secret, which a browser can do.
  private static func refusal(_ error: WireError) -> HTTPReply {
    let isKnown = error.code == .accessDenied
    let body: JSON = ["error": ["code": .string(error.code.rawValue), "message": .string(error.message)]]
    let ask = isKnown ? [] : [("WWW-Authenticate", "Basic realm=\"bellcrank\", charset=\"UTF-8\"")]
    return .full(
      status: isKnown ? 403 : 401, headers: [("Content-Type", "application/json")] + ask, body: body.bytes)
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

  private func page(_ request: HTTPRequestMessage, _ caller: Caller) async -> HTTPReply {
    let pages = ServerResponder.origin(request).map { console.addressed(to: $0) } ?? console
    let who = caller.accessKeyID.isEmpty ? "console" : caller.name
    return await ConsoleService(room: room, pages: pages, session: session, who: who).respond(to: request)
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

  // MARK: AWS's protocols

  private static func wireRequest(_ message: HTTPRequestMessage) -> WireRequest {
    WireRequest(
      method: message.method, path: message.path, query: message.query,
      headers: Dictionary(message.headers.map { ($0.name, $0.value) }, uniquingKeysWith: { first, _ in first }),
      host: message.header("host") ?? "", body: message.body)
  }

  private func wire(_ message: HTTPRequestMessage) async -> HTTPReply {
    let request = ServerResponder.wireRequest(message)
    let route = Route(request)
    var context = ServiceContext(
      room: room, origin: "http://\(request.host)", requestID: runtime.ports.entropy.uuid(),
      caller: .root(of: runtime.settings.names.account, accessKeyID: ""), why: message.header("x-bellcrank-reason"))
    let response: WireResponse
    do {
      context.caller = try gatekeeper.caller(of: request, message, route)
      let operation = try route.decode(request)
      for demand in try Demand.of(operation, context.names) { try gatekeeper.permit(context.caller, demand) }
      response = try await answer(operation, route, context)
    } catch let error as WireError {
      response = WireEncoder.encode(error, for: route, requestID: context.requestID)
    } catch let error as StoreError where error.code == .refused {
      response = WireEncoder.encode(
        WireError(.validation, error.reason), for: route, requestID: context.requestID)
    } catch {
      runtime.ports.log.write(LogLine(.error, "request failed", ["request": context.requestID, "reason": "\(error)"]))
      response = WireEncoder.encode(
        WireError(
          route.service == .scheduler ? .internalServer : .internalException,
          "The store is not available; nothing was changed."), for: route,
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
    case .scheduler(let operation): answer = .tree(try await SchedulerService(context, tokens).answer(operation))
    case .sts(.getCallerIdentity):
      let caller = context.caller
      answer = .sts(
        .getCallerIdentity(
          userID: caller.role.map { "\($0.id):\(caller.arn.resource.split(separator: "/").last ?? "")" }
            ?? caller.account,
          account: caller.account, arn: caller.arn.description))
    }
    var response = WireEncoder.encode(answer, for: route, requestID: context.requestID)
    response.headers += extra
    return response
  }
}
