import Events

/// A run: what was asked for, and what became of each symbol.
struct RunPage {
  /// Symbols that are listed at most.
  static let symbolsMax = 500

  let run: JSON
  let clock: WallTexts

  var fields: Fields {
    let all = (run["chunks"]?.elements ?? []).flatMap(symbolRows)
    let warnings = (run["warnings"]?.elements ?? []).compactMap(\.string)
    let status = run.word("status")
    let leftOut = all.count - Self.symbolsMax
    return [
      "title": .text("Run \(run.word("run_id").cut(to: 100))"), "run": .text(run.word("run_id")),
      "status": .text(spoken(status)), "status_tone": .text(Tone(status: status).rawValue),
      "sentence": .text(sentence), "details": .rows(details), "has_warnings": .flag(!warnings.isEmpty),
      "warnings": .rows(warnings.map { ["warning": .text($0)] }), "has_symbols": .flag(!all.isEmpty),
      "symbols": .rows(Array(all.prefix(Self.symbolsMax))),
      "left_out": .text(leftOut > 0 ? "\(counted(leftOut, "symbol")) left out." : ""),
    ]
  }

  private var sentence: String {
    let table = "\(run.word("domain")).\(run.word("table_name"))"
    let stored = "\(run.count("stored")) of \(counted(run["symbols"]?.elements?.count ?? 0, "symbol")) stored"
    return "\(table) of \(run.word("ds")): \(stored), \(run.count("failed")) failed."
  }

  private var details: [Fields] {
    [
      clock.detail("Started", run.moment("started_at")),
      clock.detail("Ended", run.moment("ended_at")),
      detail("Took", run["took_ms"]?.int.map { WallTexts.length(Span(milliseconds: Int64($0))) }),
      detail("Cause", run["cause_id"]?.string) { .decision(id: $0) }, detail("Trigger", run["trigger_type"]?.string),
      detail("Source", run["data_source"]?.string), detail("Correlation id", run["correlation_id"]?.string),
      detail("Key", run["idempotency_key"]?.string),
    ].compactMap(\.self)
  }

  /// A row for each symbol of a chunk, those without a result as well.
  private func symbolRows(_ chunk: JSON) -> [Fields] {
    let results = chunk["results"]?.elements ?? []
    let known = Set(results.map { $0.word("symbol") })
    let open = (chunk["symbols"]?.elements ?? []).compactMap(\.string).filter { !known.contains($0) }
    let attempts = chunk.count("attempts")
    return results.map { row(of: $0, in: chunk) }
      + open.map { symbol in
        row(
          symbol, in: chunk, outcome: "open", tone: .quiet,
          text: attempts == 0 ? "not tried yet" : "tried \(counted(attempts, "time"))")
      }
  }

  private func row(of result: JSON, in chunk: JSON) -> Fields {
    let symbol = result.word("symbol")
    guard result["stored"]?.bool ?? false else {
      return row(
        symbol, in: chunk, outcome: "failed", tone: .bad, text: "\(result.word("code")): \(result.word("reason"))")
    }
    let size = "\(counted(result.count("rows"), "row")), \(counted(result.count("bytes"), "byte"))"
    return row(symbol, in: chunk, outcome: "stored", tone: .good, text: size, key: result.word("key"))
  }

  private func row(
    _ symbol: String, in chunk: JSON, outcome: String, tone: Tone, text: String, key: String = ""
  ) -> Fields {
    [
      "symbol": .text(symbol), "chunk": .text("\(chunk.count("index"))"), "outcome": .text(outcome),
      "outcome_tone": .text(tone.rawValue), "text": .text(text), "key": .text(key),
    ]
  }
}
