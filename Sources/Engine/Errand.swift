import Deliveries
import Events
import Rules

/// What one attempt at a delivery does: pure, so that it can be checked when a target is named.
enum Errand: Sendable {
  case message(queue: ResourceName, body: String, attributes: [String: MessageAttribute], delay: Span)
  /// - `isDry`: only whether it would be allowed counts.
  case invocation(function: ResourceName, payload: String, isDry: Bool)
  /// Events for buses, which have the same ids at every attempt.
  case events([(bus: ResourceName, event: Event)])

  /// Of a rule's target, or of an invocation whose body stands already.
  init(body: String, to target: ResourceName) throws(DeliveryError) {
    switch target.service {
    case "sqs": self = .message(queue: target, body: body, attributes: [:], delay: .zero)
    case "lambda": self = .invocation(function: target, payload: body, isDry: false)
    case let service:
      throw DeliveryError(.targetMissing, "there is no target \(target): \(service) is not served")
    }
  }

  /// Everything it needs to be allowed: an action and the resource.
  var demands: [(action: String, resource: ResourceName)] {
    switch self {
    case .message(let queue, _, _, _): [("sqs:SendMessage", queue)]
    case .invocation(let function, _, _): [("lambda:InvokeFunction", function)]
    case .events(let events): Set(events.map(\.bus)).map { ("events:PutEvents", $0) }
    }
  }
}
