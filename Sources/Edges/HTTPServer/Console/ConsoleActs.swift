import Console
import Engine
import Events
import Ingestion
import Operations
import Telemetry

/// What the forms of the console do; each act is a row of the ledger, with who and why.
struct ConsoleActs: Sendable {
  let room: ControlRoom
  let who: String

  /// What is said once it is done, by the word in the address; anything else is said by nobody.
  static let sayings = [
    "unlocked": "Actions are unlocked in this browser until the server is started again.",
    "paused": "The schedule is paused.", "resumed": "It is enabled again.", "changed": "The schedule is changed.",
    "asked": "It was asked for; this is what came of it.", "recovered": "The slot was run again.",
    "redriving": "The redrive has begun.", "redriven": "The letter was sent again.",
    "kept": "The letter would be refused again, so it stays.", "stopped": "The redrive is stopped.",
    "discarded": "The letter is thrown away.",
    "drilled": "The drill passed: the alarm rang and fell silent on a shadow.",
    "released": "The table is free.",
  ]

  struct Done {
    let said: String
    /// Where to look now; nil for where the form stood.
    var path: String?
  }

  private var runtime: Runtime { room.runtime }

  func perform(_ action: ConsoleAction, _ form: [String: String]) async throws -> Done {
    let body = JSON(present: ["why": ConsoleViews.filled(form["reason"]).map { .string($0) }])
    switch action {
    case .pause: return try await schedule("disable", form, body, "paused")
    case .resume: return try await schedule("enable", form, body, "resumed")
    case .change:
      var body = body
      body.set("expression", .string(form["expression"] ?? ""))
      return try await schedule("change", form, body, "changed")
    case .recover:
      var body = body
      body.set("slot", .string(form["slot"] ?? ""))
      return try await schedule("recover", form, body, "recovered")
    case .runNow: return try await schedule("run", form, body, "asked")
    case .trigger: return try await trigger(form)
    case .redrive: return try await redrive(form)
    case .cancel:
      var asked = body
      asked.set("task", .string(form["task"] ?? ""))
      _ = try await ShelfService(room).act("cancel", asked, who: who)
      return Done(said: "stopped")
    case .discard:
      var asked = body
      asked.set("id", .string(form["id"] ?? ""))
      _ = try await ShelfService(room).act("discard", asked, who: who)
      return Done(said: "discarded", path: ConsoleRequest.path(of: .shelf))
    case .testAlarm:
      let answer = try await AlarmAdmin(room).test(form["alarm"] ?? "", note(form))
      guard answer["passed"] == true else {
        let steps = (answer["steps"]?.elements ?? []).compactMap { $0["reason"]?.string }.joined(separator: "; ")
        throw AdminRefusal(status: 409, code: "DRILL_FAILED", message: steps)
      }
      return Done(said: "drilled")
    case .release: return try await release(form)
    case .unlock: preconditionFailure("unlocking is no act on the engine")
    }
  }

  private func schedule(_ act: String, _ form: [String: String], _ body: JSON, _ said: String) async throws -> Done {
    let answer = try await ScheduleService(runtime).act(form["rule"] ?? "", act, body, who: who)
    guard ["run", "recover"].contains(act), answer["enqueued"] == nil else { return Done(said: said) }
    guard let id = answer["run_id"]?.string else {
      let error = answer["error"]
      throw AdminRefusal(
        status: answer["statusCode"]?.int ?? 409,
        code: error?["code"]?.string ?? (answer["decision"]?.string ?? "refused").uppercased(),
        message: error?["message"]?.string ?? answer.text)
    }
    return Done(said: said, path: ConsoleRequest.path(of: .run(id: id)))
  }

  /// A run by hand, as the Lambda console's "Test" tab asks for it (§3): checked by the function itself.
  private func trigger(_ form: [String: String]) async throws -> Done {
    let names = EnvironmentNames(runtime.settings)
    guard let function = runtime.functions[names.orchestrator] else {
      throw AdminRefusal(status: 503, code: "NO_SUCH_FUNCTION", message: "there is no \(names.orchestrator)")
    }
    var request: JSON = .object([])
    let symbols = (form["symbols"] ?? "").split { $0 == " " || $0 == "," }.map(String.init)
    if !symbols.isEmpty { request.set("symbols", JSON(symbols)) }
    for name in ["period", "interval", "correlation_id"] {
      if let text = ConsoleViews.filled(form[name]) { request.set(name, .string(text)) }
    }
    for name in ["force_symbols", "urgent", "dry_run"] where form[name] == "true" { request.set(name, true) }
    if let text = ConsoleViews.filled(form["chunk_size"]) {
      guard let size = Int(text) else {
        throw AdminRefusal(status: 400, code: "INVALID_OVERRIDE", message: "chunk_size is a number, not \(text)")
      }
      request.set("override_config", ["chunk_size": JSON(size)])
    }
    let now = runtime.ports.clock.now()
    let cause = Cause(id: runtime.ports.entropy.uuid(), trigger: .manual, arrivedAt: now)
    _ = try await runtime.ports.desk.close(
      OperatorAction.entry("run from the console", of: cause, note(form)), deadLetter: nil)
    switch await function.invoke(
      request.bytes, InvocationContext(requestID: cause.id, invokedAt: now, cause: nil))
    {
    case .answered: return Done(said: "asked", path: ConsoleRequest.path(of: .decision(id: cause.id)))
    case .failed(let type, let message): throw AdminRefusal(status: 503, code: type, message: message)
    }
  }

  private func redrive(_ form: [String: String]) async throws -> Done {
    var body = JSON(present: [
      "id": ConsoleViews.filled(form["id"]).map { .string($0) },
      "code": ConsoleViews.filled(form["code"]).map { .string($0) },
      "queue": ConsoleViews.filled(form["queue"]).map { .string($0) },
      "why": ConsoleViews.filled(form["reason"]).map { .string($0) },
    ])
    if let text = ConsoleViews.filled(form["per_second"]) { body.set("per_second", JSON(Int(text) ?? 0)) }
    let answer = try await ShelfService(room).act("redrive", body, who: who)
    if let isDone = answer["redriven"]?.bool {
      return Done(said: isDone ? "redriven" : "kept", path: isDone ? ConsoleRequest.path(of: .shelf) : nil)
    }
    return Done(said: "redriving", path: ConsoleRequest.path(of: .shelf))
  }

  private func release(_ form: [String: String]) async throws -> Done {
    let isFree = try await LeaseControl(runtime).release(
      domain: form["domain"] ?? "", table: form["table"] ?? "", owner: form["owner"] ?? "", note(form))
    guard isFree else {
      throw AdminRefusal(status: 409, code: "LEASE_NOT_HELD", message: "that owner does not hold that table")
    }
    return Done(said: "released")
  }

  private func note(_ form: [String: String]) -> ChangeNote {
    ChangeNote(operation: "console", who: who, why: ConsoleViews.filled(form["reason"]))
  }
}
