import Engine
import Events
import Operations
import ServiceLifecycle

/// `/_bellcrank/clock…`: what time it is, and how a virtual clock is moved; each act with who and why.
struct ClockAdmin: Sendable {
  private let room: ControlRoom
  private let runtime: Runtime

  init(_ room: ControlRoom) {
    self.room = room
    runtime = room.runtime
  }

  /// Which clock it is and what it shows.
  func show() async throws -> JSON {
    guard let time = room.timekeeper?.reading else {
      return ["mode": .string(ClockMark.Mode.real.rawValue), "now": .string(runtime.ports.clock.now().preciseText)]
    }
    return JSON(present: [
      "mode": .string(ClockMark.Mode.virtual.rawValue), "now": .string(time.now.preciseText), "speed": JSON(time.speed),
      "advancing_to": time.target.map { .string($0.preciseText) },
      "next_due": try await runtime.nextDue().map { .string($0.preciseText) },
    ])
  }

  func act(_ action: String, _ body: JSON, who: String) async throws -> JSON {
    guard let timekeeper = room.timekeeper else {
      throw refusal(.clockIsReal, "this server lives by the machine's clock; nothing was changed", status: 409)
    }
    let note = ChangeNote(operation: action, who: body["who"]?.string ?? who, why: body["why"]?.string)
    switch action {
    case "advance": return try await advance(try goal(body, timekeeper.reading.now), note, timekeeper)
    case "speed":
      guard let speed = body["speed"]?.int, speed > 0, ClockMark.speeds.contains(speed) else {
        throw refusal(.invalidSpeed, "speed is 1 to \(ClockMark.speeds.upperBound)")
      }
      try await runtime.record("clock runs \(speed) times as fast as real time", "clock", note)
      try await timekeeper.run(at: speed)
      return try await show()
    case "stop":
      timekeeper.interrupt()
      try await timekeeper.run(at: 0)
      try await runtime.record("clock stands", "clock", note)
      return try await show()
    default: throw refusal(.invalidAction, "action is one of advance, speed, stop, not \(action)")
    }
  }

  /// `{"seconds": …}` or `{"to": …}`.
  private func goal(_ body: JSON, _ now: Timestamp) throws -> Timekeeper.Goal {
    if let seconds = body["seconds"]?.int {
      guard (1...ClockAdmin.secondsMax).contains(seconds) else {
        throw refusal(.invalidSeconds, "seconds is 1 to \(ClockAdmin.secondsMax), not \(seconds)")
      }
      return .by(.seconds(seconds))
    }
    guard let text = body["to"]?.string else {
      throw refusal(.malformedRequest, "seconds is a number, or to is an instant like 2025-09-09T22:00:00Z")
    }
    guard let moment = Timestamp(text), moment <= ClockMark.last else {
      throw refusal(.invalidTime, "\(text) is no instant like 2025-09-09T22:00:00Z before \(ClockMark.last)")
    }
    guard moment >= now else {
      throw refusal(.clockRunsForward, "the clock shows \(now) already", status: 409)
    }
    return .to(moment)
  }

  /// A hundred years.
  static let secondsMax = 3_155_760_000

  private func advance(
    _ goal: Timekeeper.Goal, _ note: ChangeNote, _ timekeeper: Timekeeper
  ) async throws -> JSON {
    let words =
      switch goal {
      case .by(let span): "by \(span.wholeSecondsUp) s"
      case .to(let moment): "to \(moment)"
      }
    try await runtime.record("clock advanced \(words)", "clock", note)
    // A server that is told to stop does not wait for the end of an advance of years.
    let passage = try await withGracefulShutdownHandler {
      try await timekeeper.advance(goal, in: room)
    } onGracefulShutdown: {
      timekeeper.interrupt()
    }
    var json = try await show()
    json.set("from", .string(passage.from.preciseText))
    json.set("to", .string(passage.to.preciseText))
    json.set("reached", .bool(passage.isWhole))
    json.set("instants", JSON(passage.instants))
    json.set("done", JSON(passage.done))
    json.set("took_ms", JSON(Int(passage.took.milliseconds)))
    return json
  }

  private func refusal(_ code: OperatorCode, _ message: String, status: Int = 400) -> AdminRefusal {
    AdminRefusal(status: status, code: code.rawValue, message: message)
  }
}
