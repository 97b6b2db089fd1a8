import Events
import Patterns

/// Answers cases `{"id","pattern","event"}` one by one; whatever a line holds, it has one answer.
struct PatternCases {
  /// The pattern of the line before: files often try one pattern on many events.
  private var last: EventPattern?

  /// The line's answer: `{"id","verdict","message"}`, its id null if it has none.
  mutating func answer(_ line: InputLines.Line) -> JSON {
    let json: JSON
    do {
      json = try line.object(called: "a case")
    } catch {
      return PatternCases.answer(.null, .invalid(message: error.message))
    }
    return PatternCases.answer(json["id"] ?? .null, trial(json))
  }

  private mutating func trial(_ json: JSON) -> PatternTrial {
    guard let text = PatternCases.text(json["pattern"]) else { return .invalid(message: "the case has no pattern") }
    guard let event = PatternCases.text(json["event"]) else { return .invalid(message: "the case has no event") }
    let pattern: EventPattern
    if let last, last.text.utf8.elementsEqual(text.utf8) {
      pattern = last
    } else {
      do throws(PatternError) {
        pattern = try EventPattern(text)
      } catch {
        return .invalid(message: error.message)
      }
      last = pattern
    }
    return PatternTrial(pattern, event: event)
  }

  /// JSON text, or an object written out in the case itself.
  private static func text(_ member: JSON?) -> String? {
    switch member {
    case .string(let text): text
    case .object: member?.text
    case .null, .bool, .number, .array, nil: nil
    }
  }

  private static func answer(_ id: JSON, _ trial: PatternTrial) -> JSON {
    ["id": id, "verdict": .string(trial.verdict), "message": .string(trial.message)]
  }
}
