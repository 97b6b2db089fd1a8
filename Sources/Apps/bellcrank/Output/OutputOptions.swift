import ArgumentParser

/// In which form data are printed.
enum OutputFormat: String, Sendable, CaseIterable, ExpressibleByArgument {
  /// Aligned columns, for people.
  case table
  /// One document, laid out.
  case json
  /// One JSON value a line.
  case jsonl
}

/// The option that every command with data to print has.
struct OutputOptions: ParsableArguments {
  @Option(
    name: [.customShort("o"), .customLong("output")],
    help: ArgumentHelp("How to print: table, json or jsonl (default: table).", valueName: "format"))
  var chosen: OutputFormat?

  /// The table unless something else was chosen, on a terminal or off it.
  var format: OutputFormat { chosen ?? .table }
}
