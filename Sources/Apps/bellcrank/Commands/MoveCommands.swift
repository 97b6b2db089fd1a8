import ArgumentParser
import ConfigFiles
import ConfigModel
import Events
import Templates

/// What a stack can be written in.
enum StackFormat: String, CaseIterable, ExpressibleByArgument {
  /// A CloudFormation template, also as the CDK synthesises it or SAM writes it.
  case cfn
}

/// `KEY=VALUE` of a template's parameter; the value is a text as it stands.
struct ParameterValue: Sendable, Hashable, ExpressibleByArgument {
  let name: String
  let value: String

  /// nil without a `=`, and if the key is empty.
  init?(argument: String) {
    guard let mark = argument.firstIndex(of: "="), mark > argument.startIndex else { return nil }
    name = String(argument[..<mark])
    value = String(argument[argument.index(after: mark)...])
  }
}

/// `bellcrank import`.
struct ImportCommand: SurroundedCommand {
  static let configuration = CommandConfiguration(
    commandName: "import", abstract: "Take rules, schedules and queues of a template over into a running server.",
    discussion: Help.text(
      """
      Reads a CloudFormation template, JSON or YAML, synthesised or written by hand, and
      makes what it has: rules with their targets, schedules and their groups, queues,
      buckets, buses, the symbols.
      What is named replaces what is there, what is not named stays, and importing twice
      changes nothing. All that cannot be kept is named, one line each, with a code:
      bellcrank explain CODE. A template that AWS would refuse changes nothing.

      The account and the region are the server's. Docs/Moving.md says what is read.
      """,
      examples: [
        "bellcrank import --from cfn cdk.out/Shop.template.json --dry-run",
        "bellcrank import stack.yaml --parameter Stage=test --functions-as-queues",
        "bellcrank import --strict - < stack.json",
      ],
      exits: [
        .done: "taken over, or it was there already",
        .refused: "with --strict: something would not be kept, so nothing was changed",
        .unavailable: "no server answers, or it is in trouble",
        .invalidInput: "the template cannot be read, or AWS would refuse it; nothing was changed",
      ]))

  @Option(name: .customLong("from"), help: "What the stack is written in: cfn.")
  var format = StackFormat.cfn

  @Argument(help: ArgumentHelp("The template; - stands for standard input.", valueName: "template"))
  var path: String

  @Option(
    name: .customLong("parameter"), parsing: .singleValue,
    help: ArgumentHelp("A parameter of the template; may be repeated.", valueName: "key=value"))
  var parameters: [ParameterValue] = []

  @Option(help: ArgumentHelp("What AWS::StackName is, and names that the template leaves out.", valueName: "name"))
  var stackName = "stack"

  @Flag(help: "For each function that is not here make a queue FUNCTION-inbox that gets what it would get.")
  var functionsAsQueues = false

  @Flag(help: "Say what would be done, and do nothing.")
  var dryRun = false

  @Flag(help: "Do nothing if anything of the template would not be kept.")
  var strict = false

  @Option(help: ArgumentHelp("Why, for the ledger.", valueName: "text"))
  var reason: String?

  @OptionGroup var server: ServerOptions
  @OptionGroup var output: OutputOptions

  func perform(in surroundings: Surroundings) async throws(CommandFailure) -> ExitStatus {
    let template = try read()
    let server = try server.server(surroundings)
    let place = try StackPlace(inventory: try await server.view(["inventory"]), stackName: stackName)
    let values = Dictionary(parameters.map { ($0.name, $0.value) }, uniquingKeysWith: { _, last in last })
    let reading = TemplateReader.read(
      template, at: place, .init(parameters: values, functionsAsQueues: functionsAsQueues))
    let isBarred = reading.isRefused || (strict && !reading.notes.isEmpty)
    var answer: JSON = ["dry_run": .bool(dryRun), "steps": []]
    if !isBarred {
      answer = try await server.post(
        ["import"],
        JSON(present: [
          "definitions": reading.definitions.json, "dry_run": .bool(dryRun),
          "who": surroundings.variables["USER"].map { .string($0) }, "why": reason.map { .string($0) },
        ]))
    }
    answer.set("notes", .array(reading.notes.map(\.json)))
    try surroundings.printer.show(report(answer, reading.notes), as: output.format)
    guard !reading.isRefused else {
      throw CommandFailure(.invalidInput, "AWS would refuse the template; nothing was changed")
    }
    guard !isBarred else {
      throw CommandFailure(.refused, "\(reading.notes.count) things would not be kept; nothing was changed")
    }
    try surroundings.printer.talk(ImportCommand.summary(of: answer.list("steps"), dryRun: dryRun))
    return .done
  }

  private func read() throws(CommandFailure) -> JSON {
    let text = try GivenText.content(of: path)
    do {
      return try TemplateFile.parse(text, name: path == "-" ? "standard input" : path)
    } catch {
      throw CommandFailure(.invalidInput, error.description)
    }
  }

  private func report(_ answer: JSON, _ notes: [TemplateNote]) -> Report {
    let steps = answer.list("steps")
    let table = Table(
      ["KIND", "NAME", dryRun ? "WOULD BE" : "WAS", "WHAT"],
      steps.map { step in
        let what = step.list("what").compactMap(\.string).joined(separator: ", ")
        return [step.cell("kind"), step.cell("name"), ImportCommand.words(step.cell("action")), what]
      })
    let parts = [notes.map(\.line).joined(separator: "\n"), table.text].filter { !$0.isEmpty }
    return Report(parts.joined(separator: "\n\n"), document: answer, rows: notes.map(\.json) + steps)
  }

  private static func words(_ action: String) -> String {
    switch StackPlan.Action(rawValue: action) {
    case .create: "created"
    case .change: "changed"
    case .unchanged: "unchanged"
    case .left: "left"
    case nil: action
    }
  }

  private static func summary(of steps: [JSON], dryRun: Bool) -> String {
    let counts = StackPlan.Action.allCases.map { action in
      "\(steps.filter { $0["action"]?.string == action.rawValue }.count) \(words(action.rawValue))"
    }
    return (dryRun ? "dry run, nothing was done: " : "") + counts.joined(separator: ", ")
  }
}

/// `bellcrank export`.
struct ExportCommand: SurroundedCommand {
  static let configuration = CommandConfiguration(
    commandName: "export", abstract: "Print a running server's rules, schedules and queues as a template.",
    discussion: Help.text(
      """
      The template is JSON, has a stable order, and holds what AWS needs so that rules
      reach their targets: policies of queues and permissions of functions. Functions are
      parameters, by their ARNs, for their code is not in it. bellcrank import reads it
      back; the export after that is the same text. What a template has no place for is
      named on standard error.
      """,
      examples: ["bellcrank export --to cfn > stack.json", "bellcrank export | cfn-lint -"],
      exits: [.done: "printed", .unavailable: "no server answers, or it is in trouble"]))

  @Option(name: .customLong("to"), help: "What to write the stack in: cfn.")
  var format = StackFormat.cfn

  @OptionGroup var server: ServerOptions

  func perform(in surroundings: Surroundings) async throws(CommandFailure) -> ExitStatus {
    let inventory = try await server.server(surroundings).view(["inventory"])
    let place = try StackPlace(inventory: inventory, stackName: "stack")
    let definitions: StackDefinitions
    do {
      definitions = try StackDefinitions(json: inventory)
    } catch {
      throw CommandFailure(.unavailable, "the server has what cannot be exported: \(error.reason)")
    }
    let description = "Triggers of \(inventory.cell("environment")), exported by bellcrank \(Bellcrank.version)"
    try surroundings.printer.line(
      TemplateWriter.template(definitions, at: place, description: description).prettyText)
    for note in TemplateWriter.losses(definitions) { try surroundings.printer.talk(note.line) }
    if inventory["schedules_left_out"]?.bool == true {
      try surroundings.printer.talk(
        "the server has more schedules than a template takes; the first \(definitions.schedules.count) are in it")
    }
    return .done
  }
}

extension StackPlace {
  /// Where a server is, by its inventory.
  init(inventory: JSON, stackName: String) throws(CommandFailure) {
    guard let account = inventory["account"]?.string, let region = inventory["region"]?.string,
      let parameter = inventory["universe_parameter"]?.string
    else { throw CommandFailure(.unavailable, "the server does not say where it is: its version may be older") }
    self.init(
      names: ResourceNames(account: account, region: region), stackName: stackName,
      functions: Set(inventory.list("functions").compactMap(\.string)),
      queues: Set(inventory.list("queues").map { $0.cell("name") }),
      buses: Set(inventory.list("buses").compactMap(\.string)), universeParameter: parameter)
  }
}
