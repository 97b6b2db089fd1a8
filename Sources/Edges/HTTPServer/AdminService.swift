import Ingestion
import AWSWire
import Alarms
import Engine
import Events
import Operations
import Rules
import Telemetry

/// Our own paths, under `/_bellcrank/`: what the CLI asks for beyond AWS's operations.
struct AdminService: Sendable {
  /// Longest lease that one call takes.
  static let leaseSecondsMax = 86_400

  private let room: ControlRoom
  private let runtime: Runtime
  /// Who asks, as the ledger will name them.
  private let who: String

  init(_ room: ControlRoom, who: String) {
    self.room = room
    self.who = who
    runtime = room.runtime
  }

  func respond(to request: HTTPRequestMessage) async -> HTTPReply {
    do {
      return reply(200, try await answer(request))
    } catch let refusal as AdminRefusal {
      return reply(refusal.status, error(refusal.code, refusal.message))
    } catch let failure as StoreError {
      return reply(failure.code == .refused ? 400 : 503, error(failure.code.rawValue, failure.reason))
    } catch {
      return reply(500, self.error("INTERNAL", "\(error)"))
    }
  }

  private var insight: InsightService { InsightService(room) }

  private func reply(_ status: Int, _ json: JSON) -> HTTPReply {
    .full(status: status, headers: [("Content-Type", "application/json")], body: json.bytes)
  }

  private func error(_ code: String, _ message: String) -> JSON {
    ["error": ["code": .string(code), "message": .string(message)]]
  }

  private func answer(_ request: HTTPRequestMessage) async throws -> JSON {
    let parts = request.path.split(separator: "/").dropFirst().map { $0.percentDecoded(plusIsBlank: false) ?? "" }
    let views = Views(runtime)
    switch (request.method, parts.first, parts.dropFirst().first) {
    case ("GET", "status", nil):
      var status = try await views.status()
      status.set("clock", try await ClockAdmin(room).show())
      return status
    case ("GET", "rules", nil): return views.rules()
    case ("GET", "decisions", nil): return try await views.decisions(try query(request.query))
    case ("GET", "decisions", let id?):
      return try found(try await runtime.ports.ledger.entry(of: id)?.json, "decision", id)
    case ("GET", "runs", nil):
      let asked = fields(request.query)
      return try await views.runs(
        limit: try limit(asked["limit"]), status: asked["status"].flatMap { Run.Status(rawValue: $0) })
    case ("GET", "runs", let id?): return try found(try await views.run(id), "run", id)
    case ("GET", "why", let id?): return try found(try await Explainer(runtime).why(id), "cause, event or run", id)
    case ("GET", "why-not", let rule?): return try await insight.whyNot(rule, fields(request.query))
    case ("GET", "tree", let id?):
      return try found(try await CausalTree(runtime).tree(of: id), "cause, event or run", id)
    case ("GET", "explain", let id?):
      return try await PatternService(runtime).explain(id, rule: fields(request.query)["rule"])
    case ("POST", "backtest", nil): return try await PatternService(runtime).backtest(try object(request.body))
    case ("GET", "verify", nil): return try await insight.verify(fields(request.query))
    case ("GET", "ledger", nil): return try await insight.export(fields(request.query))
    case ("GET", "events", nil): return try await insight.events(fields(request.query))
    case ("POST", "lease", nil): return try await lease(try object(request.body))
    case ("GET", "schedules", nil): return try await ScheduleService(runtime).list(fields(request.query))
    case ("GET", "schedules", let name?):
      return try await ScheduleService(runtime).show(name, fields(request.query))
    case ("GET", "backfills", nil): return try await ScheduleService(runtime).backfills()
    case ("GET", "backfills", let id?):
      return try found(try await ScheduleService(runtime).backfill(id), "backfill", id)
    case ("POST", "backfills", let id?):
      guard parts.count == 3, let action = parts.last else { throw missing(request) }
      return try await ScheduleService(runtime).act(onBackfill: id, action, try object(request.body), who: who)
    case ("POST", "schedules", let rule?):
      guard parts.count == 3, let action = parts.last else { throw missing(request) }
      return try await ScheduleService(runtime).act(rule, action, try object(request.body), who: who)
    case ("GET", "doctor", nil):
      let checks = try await Doctor(room).examine(asksSources: fields(request.query)["sources"] == "true")
      let isFailing = checks.contains { $0.health == .failing }
      return ["healthy": .bool(!isFailing), "checks": .array(checks.map(\.json))]
    case ("GET", "lint", nil):
      return ["findings": .array(try await insight.lint().map(\.json))]
    case ("GET", "inventory", nil): return try await StackService(room).inventory()
    case ("POST", "import", nil): return try await StackService(room).take(try object(request.body), who: who)
    case ("GET", "clock", nil): return try await ClockAdmin(room).show()
    case ("POST", "clock", let action?):
      return try await ClockAdmin(room).act(action, try object(request.body), who: who)
    case ("GET", "alarms", nil): return try await AlarmAdmin(room).list()
    case ("POST", "alarms", let name?):
      return try await AlarmAdmin(room).test(name, ChangeNote(operation: "test", who: who, why: nil))
    case ("GET", "dlq", nil):
      let asked = fields(request.query)
      return try await ShelfService(room).list(asked["queue"], previews: asked["preview"] == "true")
    case ("GET", "dlq", "tasks"): return ["tasks": .array(try await ShelfService(room).tasks().map(\.view))]
    case ("GET", "dlq", let id?): return try await ShelfService(room).show(id)
    case ("POST", "dlq", let action?):
      return try await ShelfService(room).act(action, try object(request.body), who: who)
    default: throw missing(request)
    }
  }

  private func missing(_ request: HTTPRequestMessage) -> AdminRefusal {
    AdminRefusal(status: 404, code: "NO_SUCH_PATH", message: "\(request.method) \(request.path) is not served")
  }

  /// The body, which is a JSON object; an empty one counts as one.
  private func object(_ body: [UInt8]) throws -> JSON {
    do {
      let json = body.isEmpty ? JSON.object([]) : try JSON(parsing: body)
      if json.members != nil { return json }
    } catch {
      throw AdminRefusal(status: 400, code: "MALFORMED_REQUEST", message: error.message)
    }
    throw AdminRefusal(status: 400, code: "MALFORMED_REQUEST", message: "the body is no JSON object")
  }

  private func found(_ json: JSON?, _ what: String, _ id: String) throws -> JSON {
    guard let json else { throw AdminRefusal(status: 404, code: "NOT_FOUND", message: "no \(what) has the id \(id)") }
    return json
  }

  private func fields(_ query: String) -> [String: String] {
    let pairs = query.split(separator: "&").map { field in
      let sides = field.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      return (sides[0].percentDecoded ?? "", (sides.count > 1 ? sides[1].percentDecoded : nil) ?? "")
    }
    return Dictionary(pairs.filter { !$0.1.isEmpty }, uniquingKeysWith: { _, last in last })
  }

  private func limit(_ text: String?) throws -> Int {
    guard let text else { return LedgerQuery().limit }
    guard let limit = Int(text), (1...LedgerQuery.limitMax).contains(limit) else {
      throw AdminRefusal(
        status: 400, code: "INVALID_LIMIT", message: "limit is 1 to \(LedgerQuery.limitMax), not \(text)")
    }
    return limit
  }

  private func query(_ text: String) throws -> LedgerQuery {
    let fields = fields(text)
    var query = LedgerQuery()
    query.limit = try limit(fields["limit"])
    query.rule = fields["rule"]
    query.domain = fields["domain"]
    query.id = fields["id"]
    query.after = fields["after"]
    if let name = fields["decision"] {
      guard let decision = Decision(rawValue: name) else {
        let known = Decision.allCases.map(\.rawValue).joined(separator: ", ")
        throw AdminRefusal(status: 400, code: "INVALID_DECISION", message: "\(name) is no decision; known: \(known)")
      }
      query.decision = decision
    }
    query.since = try moment(fields["since"])
    query.until = try moment(fields["until"])
    return query
  }

  private func moment(_ text: String?) throws -> Timestamp? {
    guard let text else { return nil }
    guard let moment = Timestamp(text) else {
      throw AdminRefusal(status: 400, code: "INVALID_TIME", message: "\(text) is no instant like 2025-09-09T22:00:00Z")
    }
    return moment
  }

  /// Holds a table for maintenance, or lets go of it: causes wait meanwhile, and none is lost (D13).
  private func lease(_ json: JSON) async throws -> JSON {
    guard let action = json["action"]?.string, let domain = json["domain"]?.string,
      let table = json["table_name"]?.string
    else {
      throw AdminRefusal(status: 400, code: "MALFORMED_REQUEST", message: "action, domain and table_name are strings")
    }
    let owner = json["owner"]?.string ?? "operator"
    let control = LeaseControl(runtime)
    let note = ChangeNote(operation: action, who: json["who"]?.string ?? who, why: json["why"]?.string)
    switch action {
    case "hold":
      let seconds = json["seconds"]?.int ?? 1_800
      guard (1...AdminService.leaseSecondsMax).contains(seconds) else {
        let message = "seconds is 1 to \(AdminService.leaseSecondsMax), not \(seconds)"
        throw AdminRefusal(status: 400, code: "INVALID_SECONDS", message: message)
      }
      guard
        let lease = try await control.hold(
          domain: domain, table: table, owner: owner, for: .seconds(seconds), note)
      else { throw AdminRefusal(status: 409, code: "LEASE_HELD", message: "somebody else holds \(domain).\(table)") }
      return ["held": true, "owner": .string(lease.owner), "until": .string(lease.until.preciseText)]
    case "release":
      let released = try await control.release(domain: domain, table: table, owner: owner, note)
      return ["released": .bool(released)]
    default:
      throw AdminRefusal(status: 400, code: "INVALID_ACTION", message: "action is hold or release, not \(action)")
    }
  }
}
