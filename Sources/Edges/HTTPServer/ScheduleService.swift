import Engine
import Events
import Rules

/// `POST /_bellcrank/schedules/RULE/ACTION`: what operators do with schedules (§9), each act with who and why.
struct ScheduleService: Sendable {
  private let runtime: Runtime

  init(_ runtime: Runtime) {
    self.runtime = runtime
  }

  func act(_ name: String, _ action: String, _ body: JSON, who: String) async throws -> JSON {
    let note = ChangeNote(
      operation: action, who: body["who"]?.string ?? who, why: body["why"]?.string)
    let control = ScheduleControl(runtime)
    do {
      switch action {
      case "disable": return shown(try await control.set(name, .disabled, note))
      case "enable": return shown(try await control.set(name, .enabled, note))
      case "change":
        guard let expression = body["expression"]?.string else {
          throw AdminRefusal(status: 400, code: "MALFORMED_REQUEST", message: "expression is a string")
        }
        return shown(try await control.change(name, to: expression, note))
      case "run": return try await control.run(name, requestID: runtime.ports.entropy.uuid(), note)
      case "recover":
        guard let slot = body["slot"]?.string.flatMap({ Timestamp($0) }) else {
          throw AdminRefusal(
            status: 400, code: "MALFORMED_REQUEST", message: "slot is an instant like 2025-09-09T22:00:00Z")
        }
        return try await control.recover(name, slot: slot, note)
      default:
        let known = "disable, enable, change, run, recover"
        throw AdminRefusal(status: 400, code: "INVALID_ACTION", message: "action is one of \(known), not \(action)")
      }
    } catch let error as ControlError {
      throw AdminRefusal(
        status: ScheduleService.status(of: error.code), code: error.code.rawValue, message: error.reason)
    }
  }

  private func shown(_ rule: Rule) -> JSON {
    var json = rule.json
    let fires = Views.fires(of: rule, after: runtime.ports.clock.now())
    json.set("next_fires", JSON(fires.map(\.description)))
    return json
  }

  private static func status(of code: ControlError.Code) -> Int {
    switch code {
    case .noSuchRule: 404
    case .notScheduled, .invalidSchedule, .invalidSlot: 400
    case .slotPending, .noFunctionTarget: 409
    case .failed: 503
    }
  }
}
