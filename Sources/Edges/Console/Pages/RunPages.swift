import Events

/// All runs, filtered and in pages.
struct RunsPage {
  let view: JSON
  let desk: Desk

  private var t: Words { desk.t }

  var page: Page {
    let filter = Form(
      action: .trigger,
      fields: [
        Form.Input(
          "status", t("Status"), .choice(["", "running", "succeeded", "partly_failed", "failed"]),
          value: desk.query["status"] ?? "")
      ], submit: t("Filter"), asks: .runs)
    let next = view["next"]?.string.map {
      ConsoleRequest.path(of: .runs, ["before": $0, "status": desk.query["status"] ?? ""])
    }
    return Page(
      title: t("Runs"), lead: t("Accepted causes, the latest first."),
      sections: [
        Section(.form(filter)),
        Section(
          .table(
            desk.runs(
              view["runs"]?.elements ?? [], next: next ?? "",
              empty: t("No run yet: the first cause that is accepted makes one."), command: desk.commands.putEvent))),
      ],
      command: "bellcrank runs list"
        + (desk.query["status"].flatMap { $0.isEmpty ? nil : " --status \(Commands.quoted($0))" } ?? ""),
      place: .runs)
  }
}

/// A run: what was asked for, how it went over time, and what became of each symbol.
struct RunPage {
  /// Symbols that are listed at most.
  static let symbolsMax = 500
  private static let width = 960.0
  private static let rowHeight = 24.0
  private static let labels = 220.0

  let view: JSON
  let desk: Desk

  private var t: Words { desk.t }
  private var run: JSON { view["run"] ?? view }

  var page: Page {
    let status = run.word("status")
    let warnings = (run["warnings"]?.elements ?? []).compactMap(\.string)
    var sections = [Section(.details(details))]
    if !warnings.isEmpty { sections.append(Section(t("Warnings"), .text(warnings.joined(separator: "; "), .warn))) }
    sections.append(Section(t("Waterfall"), .picture(waterfall, legend)))
    sections.append(Section(t("Symbols"), .table(symbols)))
    if let request = view["request"] {
      sections.append(
        Section(t("What was asked"), note: t("Values that look like secrets are masked."), .code(request.prettyText)))
    }
    if let tree = view["tree"], let node = DecisionPage.node(tree, desk) {
      sections.append(Section(t("What led to what"), .tree(node)))
    }
    sections.append(Section(t("Log"), .table(log)))
    sections.append(Section(t("Run again, edited"), .form(again)))
    return Page(
      title: t("Run %1", t.spoken(status)), tone: Tone(status: status), lead: sentence, sections: sections,
      command: "bellcrank runs show \(Commands.quoted(run.word("run_id"))) --tree", place: .runs)
  }

  private var sentence: String {
    let asked = run["symbols"]?.elements?.count ?? 0
    return t(
      "%1 of %2: %3 of %4 symbols stored, %5 failed.", "\(run.word("domain")).\(run.word("table_name"))",
      run.word("ds"),
      "\(run.count("stored"))", "\(asked)", "\(run.count("failed"))")
  }

  private var details: [Detail] {
    [
      Detail(t("Run"), run.word("run_id")), desk.detail("Started", run.moment("started_at")),
      desk.detail("Ended", run.moment("ended_at")), Detail(t("Took"), run["took_ms"]?.int.map { desk.length($0) }),
      Detail(t("Cause"), run["cause_id"]?.string) { .decision(id: $0) },
      Detail(t("Trigger"), run["trigger_type"]?.string.map { t.spoken($0) }),
      Detail(t("Source"), run["data_source"]?.string), Detail(t("Correlation id"), run["correlation_id"]?.string),
      Detail(t("Key"), run["idempotency_key"]?.string),
    ]
  }

  private var legend: [Mark] {
    [
      Mark(tone: "good", label: t("stored")), Mark(tone: "bad", label: t("failed")),
      Mark(tone: "quiet", label: t("unfinished")),
    ]
  }

  /// A bar a chunk, from the start of the run to the chunk's end.
  private var waterfall: Picture {
    let chunks = Array((run["chunks"]?.elements ?? []).prefix(100))
    let start = run.moment("started_at") ?? desk.now
    let end = chunks.compactMap { $0.moment("finished_at") }.max() ?? run.moment("ended_at") ?? desk.now
    let whole = Double(max(1, (end - start).milliseconds))
    let height = Double(max(1, chunks.count)) * Self.rowHeight + 28
    var picture = Picture(width: Self.width, height: height, name: t("Chunks of the run over time"))
    let space = Self.width - Self.labels - 90
    for (place, chunk) in chunks.enumerated() {
      let y = 20 + Double(place) * Self.rowHeight
      let symbols = (chunk["symbols"]?.elements ?? []).compactMap(\.string).joined(separator: " ")
      let finished = chunk.moment("finished_at")
      let length = Double(((finished ?? end) - start).milliseconds) / whole * space
      let isGood = (chunk["results"]?.elements ?? []).allSatisfy { $0["stored"] == true }
      let tone = finished == nil ? "quiet" : isGood ? "good" : "bad"
      picture.shapes.append(.text(x: 0, y: y + 13, "\(chunk.count("index")) \(symbols)".cut(to: 32), anchor: "start"))
      picture.shapes.append(
        .rect(x: Self.labels, y: y + 3, width: max(2, length), height: Self.rowHeight - 10, tone: "bar \(tone)"))
      let took = finished.map { desk.length(Int(($0 - start).milliseconds)) } ?? t("unfinished")
      picture.shapes.append(.text(x: Self.labels + max(2, length) + 6, y: y + 13, took, anchor: "start"))
    }
    picture.shapes.append(.text(x: Self.labels, y: 14, desk.clock.local(start), anchor: "start"))
    return picture
  }

  private var symbols: Grid {
    let rows = (run["chunks"]?.elements ?? []).flatMap(rows)
    let leftOut = rows.count - Self.symbolsMax
    return Grid(
      columns: desk.columns([
        .init("Symbol", .token), .init("Chunk", .number), .init("Outcome", .word), "Object or reason",
      ]),
      rows: Array(rows.prefix(Self.symbolsMax)),
      empty: leftOut > 0 ? t("%1 left out", t.counted(leftOut, "symbol")) : t("The run has no chunk yet."))
  }

  /// A row for each symbol of a chunk, those without a result as well.
  private func rows(_ chunk: JSON) -> [[Cell]] {
    let results = chunk["results"]?.elements ?? []
    let known = Set(results.map { $0.word("symbol") })
    let open = (chunk["symbols"]?.elements ?? []).compactMap(\.string).filter { !known.contains($0) }
    let number = Cell("\(chunk.count("index"))")
    let attempts = chunk.count("attempts")
    let waiting = attempts == 0 ? t("not tried yet") : t("tried %1 times", "\(attempts)")
    return results.map { result in
      let symbol = Cell(result.word("symbol"))
      guard result["stored"] == true else {
        return [
          symbol, number, Cell(t("failed"), tone: .bad), Cell("\(result.word("code")): \(result.word("reason"))"),
        ]
      }
      let size = t("%1 rows, %2 bytes", "\(result.count("rows"))", "\(result.count("bytes"))")
      return [symbol, number, Cell(t("stored"), tone: .good), Cell(result.word("key"), note: size)]
    } + open.map { [Cell($0), number, Cell(t("unfinished"), tone: .quiet), Cell(waiting)] }
  }

  private var log: Grid {
    Grid(
      columns: desk.columns([.init("When", .word), .init("Level", .word), "Line"]),
      rows: (view["log"]?.elements ?? []).map { line in
        let level = line.word("level")
        return [
          desk.time(line.moment("timestamp") ?? line.moment("time")),
          Cell(level, tone: level == "ERROR" ? .bad : level == "WARN" ? .warn : .quiet),
          Cell((line["message"]?.string ?? line.word("type")).cut(to: 400)),
        ]
      }, empty: t("No line of the log names this run."),
      emptyCommand: "aws logs filter-log-events --log-group-name /bellcrank/\(view.word("environment"))/engine")
  }

  private var again: Form {
    let request = view["request"] ?? .null
    let symbols = (run["symbols"]?.elements ?? []).compactMap(\.string).joined(separator: " ")
    return Form(
      action: .trigger,
      fields: [
        Form.Input("symbols", t("Symbols"), value: symbols),
        Form.Input("period", t("Period"), value: request.word("period")),
        Form.Input("interval", t("Interval"), value: request.word("interval")),
        Form.Input("correlation_id", t("Correlation id"), hint: t("the same one a second time is a duplicate")),
        Form.Input("dry_run", t("Dry run"), .check, value: "true", hint: t("passes every gate, sends nothing")),
      ], submit: t("Run"))
  }
}
