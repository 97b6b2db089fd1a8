import Events
import Telemetry

/// The ledger row of a cause that told of objects: pure, so that every store writes the same.
public enum NoticeReport {
  /// - Parameters:
  ///   - notices: everything that was told.
  ///   - fresh: those of them that were news.
  public static func entry(
    _ cause: Cause, _ notices: [ObjectNotice], fresh: [ObjectNotice], at now: Timestamp
  ) -> LedgerEntry {
    let stale = notices.count - fresh.count
    let (decision, code): (Decision, ReasonCode) =
      notices.isEmpty
      ? (.skipped, .noObjectCreated) : fresh.isEmpty ? (.duplicate, .objectStale) : (.dispatched, .delivered)
    return LedgerEntry(
      causeID: cause.id, decision: decision, gate: decision == .skipped ? .shape : .dispatch, code: code,
      summary: notices.isEmpty
        ? "the notification tells of no object that came into being"
        : "\(fresh.count) objects put on the bus, \(stale) known or older ones left out",
      facts: ["events": JSON(fresh.map(\.event.event.id)), "stale": JSON(stale)], at: now,
      took: now - cause.arrivedAt, about: cause.subject)
  }
}
