import Deliveries
import Events
import Telemetry

/// The ledger row of a cause that only had to be delivered: pure, so that every store writes the same.
public enum DeliveryReport {
  /// - Parameter error: `CODE: reason` of a delivery that was buried.
  public static func entry(
    _ cause: Cause, delivered: Int, buried: Int, error: String?, attempts: Int, at now: Timestamp
  ) -> LedgerEntry {
    let facts: JSON = JSON(present: [
      "delivered": JSON(delivered), "buried": JSON(buried), "attempts": JSON(attempts),
      "error": error.map { .string($0) },
    ])
    guard buried > 0 else {
      return LedgerEntry(
        causeID: cause.id, decision: .dispatched, gate: .delivery, code: .delivered,
        summary: "delivered to \(delivered) target\(delivered == 1 ? "" : "s")", facts: facts, at: now,
        took: now - cause.arrivedAt, about: cause.subject)
    }
    return LedgerEntry(
      causeID: cause.id, decision: .undeliverable, gate: .delivery, code: code(of: error, attempts: attempts),
      summary: "\(buried) of \(delivered + buried) targets did not take the event: \(error ?? "no reason was given")",
      facts: facts, at: now, took: now - cause.arrivedAt, about: cause.subject)
  }

  private static func code(of error: String?, attempts: Int) -> ReasonCode {
    let word = String(error?.prefix { $0 != ":" } ?? "")
    return switch DeliveryError.Code(rawValue: word) {
    case .targetMissing: .targetMissing
    case .inputNotShaped: .inputNotShaped
    case .throttled, .targetFailed, .functionFailed, nil: .retriesExhausted
    }
  }
}
