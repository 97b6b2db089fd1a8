import Events
import Telemetry

/// What retention leaves in the ledger: pure, so that every store writes the same.
public enum RetentionReport {
  /// The id under which the row of a checkpoint is found.
  public static func causeID(_ checkpoint: LedgerCheckpoint) -> String { "ledger/up-to-\(checkpoint.last.sequence)" }

  /// The row that ties a checkpoint, and by their seal all before it, into the chain: who changes one of them would have to
  /// change this row too.
  public static func entry(
    _ checkpoint: LedgerCheckpoint, _ retention: Retention, sealed: String, at now: Timestamp
  ) -> LedgerEntry {
    LedgerEntry(
      causeID: causeID(checkpoint), decision: .changed, gate: .operator, code: .ledgerRetained,
      summary: "rows \(checkpoint.first) to \(checkpoint.last.sequence) were let go of: older than \(retention.days) d "
        + "or beyond \(retention.ledgerMiB) MiB",
      facts: [
        "first": JSON(Int(checkpoint.first)), "last": JSON(Int(checkpoint.last.sequence)),
        "rows": JSON(checkpoint.rows), "hash": .string(checkpoint.last.hash), "days": JSON(retention.days),
        "ledger_mib": JSON(retention.ledgerMiB), "checkpoints_before": .string(sealed),
      ], at: now, took: .zero, about: LedgerEntry.Subject(triggerType: "operator"))
  }
}
