import ArgumentParser
import Engine
import Events

/// `bellcrank verify`: the proof that the ledger is whole.
struct VerifyCommand: SurroundedCommand {
  static let configuration = CommandConfiguration(
    commandName: "verify",
    abstract: "Prove that no row of the ledger was changed or removed, and nothing left undecided.",
    discussion: Help.text(
      """
      Follows the chain of hashes row by row, compares columns with texts and
      checkpoints with rows, then looks that every slot of every schedule and every
      match of an event and a rule has exactly one decision. The last line is the
      head of the chain: keep it elsewhere, and --head proves later that the ledger
      still begins with what it was then.
      """,
      examples: ["bellcrank verify", "bellcrank verify --head 41822:9f86d081884c7d65…", "bellcrank verify -o json"],
      exits: [
        .done: "the ledger is whole", .refused: "something is wrong with it",
        .unavailable: "no server answers, or it is in trouble",
      ]))

  /// Faults that are named; all are counted.
  static let faultsMax = 100

  @Option(help: ArgumentHelp("A head that an earlier verify printed.", valueName: "row:hash"))
  var head: String?

  @OptionGroup var server: ServerOptions
  @OptionGroup var output: OutputOptions

  func perform(in surroundings: Surroundings) async throws(CommandFailure) -> ExitStatus {
    let server = try server.server(surroundings)
    var counts = (rows: 0, slots: 0, matches: 0)
    var faults: [JSON] = []
    var place: String?
    var last: JSON = .null
    var said = surroundings.clock.now()
    repeat {
      let step = try await server.view(["verify"], query: ["place": place, "head": place == nil ? head : nil])
      counts.rows += step["rows"]?.int ?? 0
      counts.slots += step["slots"]?.int ?? 0
      counts.matches += step["matches"]?.int ?? 0
      faults += step.list("faults")
      last = step
      place = step["next"]?.string
      let now = surroundings.clock.now()
      if now - said >= .seconds(1), place != nil {
        try surroundings.printer.talk("\(counts.rows) rows, \(counts.slots) slots, \(counts.matches) matches so far")
        said = now
      }
    } while place != nil
    let found: JSON = JSON(present: [
      "whole": .bool(faults.isEmpty), "rows": JSON(counts.rows), "slots": JSON(counts.slots),
      "matches": JSON(counts.matches), "faults": .array(Array(faults.prefix(VerifyCommand.faultsMax))),
      "fault_count": JSON(faults.count), "head": last["head"],
    ])
    try surroundings.printer.show(Report(VerifyCommand.text(found), document: found, rows: faults), as: output.format)
    return faults.isEmpty ? .done : .refused
  }

  private static func text(_ found: JSON) -> String {
    let size = "\(found.cell("rows")) rows, \(found.cell("slots")) slots, \(found.cell("matches")) matches"
    let verdict =
      found["whole"] == true
      ? "the ledger is whole: \(size)"
      : "\(found.cell("fault_count") == "1" ? "1 fault" : "\(found.cell("fault_count")) faults") in \(size)"
    let faults = found.list("faults").map { "\($0.cell("code"))  \($0.cell("reason"))" }
    return ([verdict] + faults + (found.fact("head").map { ["head \($0)"] } ?? [])).joined(separator: "\n")
  }
}

/// `bellcrank ledger`.
struct LedgerCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "ledger", abstract: "The ledger as a whole.",
    discussion: Help.text(examples: ["bellcrank ledger export > ledger.jsonl"]), subcommands: [LedgerExportCommand.self]
  )
}

/// `bellcrank ledger export`.
struct LedgerExportCommand: SurroundedCommand {
  static let configuration = CommandConfiguration(
    commandName: "export", abstract: "Write every row as a JSON line, in the order of the chain.",
    discussion: Help.text(
      "Each line has the row's place (seq) and hash; --after goes on where an earlier export ended.",
      examples: ["bellcrank ledger export > ledger.jsonl", "bellcrank ledger export --after 41822 >> ledger.jsonl"],
      exits: Help.serverExits))

  @Option(help: ArgumentHelp("Only rows behind this one.", valueName: "seq"))
  var after: Int?

  @OptionGroup var server: ServerOptions

  func perform(in surroundings: Surroundings) async throws(CommandFailure) -> ExitStatus {
    let server = try server.server(surroundings)
    var place = after
    var count = 0
    var said = surroundings.clock.now()
    repeat {
      let page = try await server.view(["ledger"], query: ["after": place.map { "\($0)" }])
      for row in page.list("rows") { try surroundings.printer.line(row.text) }
      count += page.list("rows").count
      place = page["next"]?.int
      let now = surroundings.clock.now()
      if now - said >= .seconds(1), place != nil {
        try surroundings.printer.talk("\(count) rows so far")
        said = now
      }
    } while place != nil
    try surroundings.printer.talk("\(count) rows")
    return .done
  }
}
