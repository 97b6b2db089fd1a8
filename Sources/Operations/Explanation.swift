import Alarms
import Deliveries
import Engine
import Events
import Patterns
import Telemetry
import Templates

/// The page of a code: what it means, and what to do.
public struct Explanation: Sendable, Hashable {
  public let code: String
  /// Where the code is met: `decision`, `lint`, `template`, `dead letter`, `store`, `operator`, `hint`,
  /// `alarm`.
  public let kind: String
  public let meaning: String
  /// nil if nothing is to be done.
  public let remedy: String?

  public var json: JSON {
    JSON(present: [
      "code": .string(code), "kind": .string(kind), "meaning": .string(meaning),
      "remedy": remedy.map { .string($0) },
    ])
  }

  /// Every page there is for an environment.
  ///
  /// - Parameter alarms: those of the environment, which are explained by their names.
  public static func all(_ alarms: [AlarmDefinition]) -> [Explanation] {
    ReasonCode.allCases.map {
      Explanation(code: $0.rawValue, kind: "decision", meaning: $0.meaning, remedy: $0.remedy)
    }
      + LintCode.allCases.map {
        Explanation(code: $0.rawValue, kind: "lint", meaning: $0.meaning, remedy: $0.remedy)
      }
      + TemplateCode.allCases.map {
        Explanation(code: $0.rawValue, kind: "template", meaning: $0.meaning, remedy: $0.remedy)
      }
      + DeliveryError.Code.allCases.map {
        Explanation(code: $0.rawValue, kind: "dead letter", meaning: meaning($0), remedy: remedy($0))
      }
      + StoreError.Code.allCases.map {
        Explanation(code: $0.rawValue, kind: "store", meaning: meaning($0), remedy: remedy($0))
      }
      + OperatorCode.allCases.map {
        Explanation(code: $0.rawValue, kind: "operator", meaning: $0.meaning, remedy: $0.remedy)
      }
      + HintCode.allCases.map {
        Explanation(code: $0.rawValue, kind: "hint", meaning: $0.meaning, remedy: $0.remedy)
      } + alarms.map(page)
  }

  /// The page of a code; upper and lower case are alike.
  public static func page(_ code: String, _ alarms: [AlarmDefinition]) -> Explanation? {
    let wanted = code.uppercased()
    return all(alarms).first { $0.code.uppercased() == wanted || $0.code.uppercased().hasSuffix("CUSTOMER-\(wanted)") }
  }

  private static func meaning(_ code: DeliveryError.Code) -> String {
    switch code {
    case .targetMissing: "the target of the rule does not exist"
    case .notPermitted: "the policy of the target does not let the rule use it"
    case .inputNotShaped: "the input of the target could not be made from the event"
    case .throttled: "the target took no more at that moment, until the retries were used up"
    case .targetFailed: "the target refused the event, until the retries were used up"
    case .functionFailed: "the function failed, until the retries were used up"
    }
  }

  private static func remedy(_ code: DeliveryError.Code) -> String {
    switch code {
    case .targetMissing: "aws events put-targets with an ARN that exists; then bellcrank dlq redrive"
    case .notPermitted: "bellcrank doctor prints the command that grants it; then bellcrank dlq redrive"
    case .inputNotShaped: "mend the InputPath or InputTransformer: aws events put-targets; then bellcrank dlq redrive"
    case .throttled, .targetFailed, .functionFailed:
      "bellcrank dlq show ID says what the target answered; mend it, then bellcrank dlq redrive"
    }
  }

  private static func meaning(_ code: StoreError.Code) -> String {
    switch code {
    case .unavailable: "the data directory cannot be written: the disk is full, the file is locked, the volume is gone"
    case .corrupt: "what is stored cannot be read back"
    case .refused: "what was asked contradicts what is stored"
    }
  }

  private static func remedy(_ code: StoreError.Code) -> String {
    switch code {
    case .unavailable: "bellcrank doctor looks at the disk; nothing that was accepted is lost"
    case .corrupt: "stop the server and restore the data directory from a copy"
    case .refused: "the message says what contradicts it; mend the request"
    }
  }

  private static func page(_ alarm: AlarmDefinition) -> Explanation {
    return Explanation(
      code: alarm.name, kind: "alarm", meaning: alarm.description ?? "an alarm",
      remedy: "bellcrank doctor names the cause; aws cloudwatch describe-alarm-history --alarm-name \(alarm.name)")
  }
}
