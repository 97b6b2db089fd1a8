import Alarms
import Engine
import Events
import Operations

/// `/_bellcrank/alarms…`: alarms with their class, and drills.
struct AlarmAdmin: Sendable {
  private let room: ControlRoom

  init(_ room: ControlRoom) {
    self.room = room
  }

  func list() async throws -> JSON {
    let alarms = try await room.alarms.alarms().map { alarm -> JSON in
      let severity = alarm.definition.severity
      return JSON(present: [
        "name": .string(alarm.definition.name), "state": .string(alarm.state.rawValue),
        "severity": severity.map { .string($0.rawValue) }, "response_time": severity.map { .string($0.responseTime) },
        "owner": severity.map { .string($0.owner) }, "escalation": severity.map { .string($0.escalation) },
        "since": .string(alarm.stateChangedAt.description), "reason": .string(alarm.reason),
        "description": alarm.definition.description.map { .string($0) },
      ])
    }
    return ["alarms": .array(alarms)]
  }

  /// The classes with who answers within what time (§9).
  static var classes: JSON {
    .array(
      AlarmSeverity.allCases.map { severity in
        [
          "severity": .string(severity.rawValue), "response_time": .string(severity.responseTime),
          "owner": .string(severity.owner), "escalation": .string(severity.escalation),
        ]
      })
  }

  func test(_ name: String, _ note: ChangeNote) async throws -> JSON {
    guard let steps = try await AlarmDrill(room).run(name) else {
      throw AdminRefusal(status: 404, code: "NO_SUCH_ALARM", message: "there is no alarm \(name)")
    }
    let isPassed = steps.allSatisfy(\.isRight)
    try await room.runtime.record("drill of \(name), \(isPassed ? "passed" : "failed")", "drill", note)
    return [
      "alarm": .string(name), "passed": .bool(isPassed),
      "steps": .array(
        steps.map { step in
          JSON(present: [
            "expected": .string(step.expected.rawValue), "found": .string(step.found.rawValue),
            "reason": .string(step.reason), "event_id": step.eventID.map { .string($0) },
          ])
        }),
    ]
  }
}
