import Deliveries
import Events
import Telemetry

/// The ledger row of a cause that only had to be delivered: pure, so that every store writes the same.
public enum DeliveryReport {
  /// - Parameters:
  ///   - error: `CODE: reason` of a delivery that was buried.
  ///   - exhausted: which bound of its retry policy ended it, in the word of a dead letter (D21).
  public static func entry(
    _ cause: Cause, delivered: Int, buried: Int, error: String?, exhausted: String?, attempts: Int, at now: Timestamp
  ) -> LedgerEntry {
    let facts: JSON = JSON(present: [
      "delivered": JSON(delivered), "buried": JSON(buried), "attempts": JSON(attempts),
      "error": error.map { .string($0) }, "exhausted": exhausted.map { .string($0) },
    ])
    guard buried > 0 else {
      return LedgerEntry(
        causeID: cause.id, decision: .dispatched, gate: .delivery, code: .delivered,
        summary: "delivered to \(delivered) target\(delivered == 1 ? "" : "s")", facts: facts, at: now,
        took: now - cause.arrivedAt, about: cause.subject)
    }
    return LedgerEntry(
      causeID: cause.id, decision: .undeliverable, gate: .delivery, code: code(of: error, exhausted),
      summary: "\(buried) of \(delivered + buried) targets did not take the event: \(error ?? "no reason was given")",
      facts: facts, at: now, took: now - cause.arrivedAt, about: cause.subject)
  }

  private static func code(of error: String?, _ exhausted: String?) -> ReasonCode {
    if exhausted == Delivery.DeadLetterCause.tooOld { return .eventTooOld }
    let word = String(error?.prefix { $0 != ":" } ?? "")
    return switch DeliveryError.Code(rawValue: word) {
    case .targetMissing: .targetMissing
    case .notPermitted: .notPermitted
    case .inputNotShaped: .inputNotShaped
    case .throttled, .targetFailed, .functionFailed, nil: .retriesExhausted
    }
  }
}
