import Events

/// Runs for people.
enum RunView {
  /// One line a run.
  static func list(_ runs: [JSON]) -> String {
    let columns: [Table.Column] = [
      "STARTED", "RUN", "STATUS", "TRIGGER", "TABLE", "DS", .init("STORED", .right), .init("FAILED", .right),
      .init("TOOK", .right),
    ]
    let rows = runs.map { run in
      [
        run.cell("started_at"), run.cell("run_id"), run.cell("status"), run.cell("trigger_type"), table(run),
        run.cell("ds"), run.cell("stored"), run.cell("failed"), took(run) ?? "-",
      ]
    }
    return Table(columns, rows).text
  }

  /// The run's facts, its chunks, and what became of each symbol.
  static func one(_ run: JSON) -> String {
    let facts = Table(pairs: [
      "run": run.fact("run_id"), "status": run.fact("status"), "cause": run.fact("cause_id"),
      "correlation": run.fact("correlation_id"), "key": run.fact("idempotency_key"),
      "trigger": run.fact("trigger_type"), "source": run.fact("data_source"), "table": table(run),
      "ds": run.fact("ds"), "started": run.fact("started_at"), "ended": run.fact("ended_at"), "took": took(run),
      "symbols": run.fact("symbols"), "warnings": run.fact("warnings"),
    ])
    let chunks = Table(
      [.init("CHUNK", .right), .init("ATTEMPTS", .right), "FINISHED", "SYMBOLS"], of: run.list("chunks"),
      keys: ["index", "attempts", "finished_at", "symbols"])
    return [facts.text, chunks.text, objects(run)].filter { !$0.isEmpty }.joined(separator: "\n\n")
  }

  /// One line a symbol: the object's key, or why there is none; empty before the first result.
  static func objects(_ run: JSON) -> String {
    let results = run.list("chunks").flatMap { $0.list("results") }
    let columns: [Table.Column] = ["SYMBOL", .init("ROWS", .right), .init("BYTES", .right), "OBJECT"]
    let rows = results.map { result in
      let failure = result.fact("code").map { "failed, \($0): \(result.cell("reason"))" }
      return [result.cell("symbol"), result.cell("rows"), result.cell("bytes"), failure ?? result.cell("key")]
    }
    return Table(columns, rows).text
  }

  private static func table(_ run: JSON) -> String {
    "\(run.cell("domain")).\(run.cell("table_name"))"
  }

  private static func took(_ run: JSON) -> String? {
    run.fact("took_ms").map { "\($0) ms" }
  }
}
