import Events
import Schedules

/// What every page is made with: whose language, which clock, which commands, and whether its reader may act.
struct Desk: Sendable {
  let t: Words
  let clock: WallTexts
  let now: Timestamp
  let commands: Commands
  /// The fields of the page's query.
  let query: [String: String]

  /// `05:00 KST, in 3 h 12 min` in a cell.
  func time(_ moment: Timestamp?) -> Cell {
    guard let moment else { return "–" }
    return Cell(clock.local(moment), note: clock.relative(moment, to: now, t), iso: moment.description)
  }

  /// The same as a line of details, with UTC besides.
  func detail(_ label: String, _ moment: Timestamp?) -> Detail {
    guard let moment else { return Detail(t(label), nil) }
    return Detail(
      t(label), clock.local(moment), note: "\(clock.relative(moment, to: now, t)) · \(clock.utc(moment))",
      iso: moment.description)
  }

  func length(_ milliseconds: Int?) -> String {
    milliseconds.map { WallTexts.length(Span(milliseconds: Int64($0)), t) } ?? "–"
  }

  /// What a decision's cell says.
  func decision(_ entry: JSON) -> Cell {
    let word = entry.word("decision")
    return Cell(t.spoken(word), tone: Tone(decision: word))
  }

  /// What of the page's query cannot be read.
  func problem(_ view: JSON) -> [Section] {
    view["problem"]?.string.map { [Section(.text(t($0), .bad))] } ?? []
  }

  func columns(_ labels: [Grid.Column]) -> [Grid.Column] { labels.map { Grid.Column(t($0.label), $0.kind) } }

  /// The rows of the ledger, as every page lists them.
  func decisions(_ entries: [JSON], next: String = "", empty: String, command: String = "") -> Grid {
    Grid(
      columns: columns([.init("Decided", .word), .init("Decision", .word), .init("Code", .token), "Summary and cause"]),
      rows: entries.map { entry in
        let cause = entry.word("cause_id")
        return [
          time(entry.moment("at")), decision(entry), Cell(entry.word("code")),
          Cell(
            entry.word("summary").cut(to: 240), note: cause.cut(to: 160),
            noteHref: ConsoleRequest.path(of: .decision(id: cause))),
        ]
      }, empty: empty, emptyCommand: command, next: next)
  }

  /// The rows of runs, as every page lists them.
  func runs(_ runs: [JSON], next: String = "", empty: String, command: String = "") -> Grid {
    Grid(
      columns: columns([
        .init("Started", .word), .init("Status", .word), "Table", .init("ds", .word), .init("Stored", .number),
        .init("Failed", .number),
        .init("Took", .number), "Run",
      ]),
      rows: runs.map { run in
        let status = run.word("status")
        let asked = run["symbols"]?.elements?.count ?? 0
        return [
          time(run.moment("started_at")), Cell(t.spoken(status), tone: Tone(status: status)),
          Cell("\(run.word("domain")).\(run.word("table_name"))"), Cell(run.word("ds")),
          Cell(t("%1 of %2", "\(run.count("stored"))", "\(asked)")), Cell("\(run.count("failed"))"),
          Cell(length(run["took_ms"]?.int)),
          Cell(run.word("run_id").cut(to: 60), to: .run(id: run.word("run_id"))),
        ]
      }, empty: empty, emptyCommand: command, next: next)
  }
}
