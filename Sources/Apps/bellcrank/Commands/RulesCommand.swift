import ArgumentParser
import Events

/// `bellcrank rules`.
struct RulesCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "rules", abstract: "The rules: which events and instants start what.",
    discussion: Help.text(
      "Rules are made and changed with AWS's own tools: aws events put-rule, put-targets.",
      examples: [
        "bellcrank rules list",
        "bellcrank rules show dev-customer-ingestion-schedule",
        "bellcrank rules disable dev-customer-ingestion-schedule",
      ]),
    subcommands: [
      RulesListCommand.self, RulesShowCommand.self, RulesEnableCommand.self, RulesDisableCommand.self,
    ])
}

/// `bellcrank rules list`.
struct RulesListCommand: SurroundedCommand {
  static let configuration = CommandConfiguration(
    commandName: "list", abstract: "List the rules with what they wait for and their next fire.",
    discussion: Help.text(
      examples: ["bellcrank rules list", "bellcrank rules list -o jsonl"], exits: Help.serverExits))

  @OptionGroup var server: ServerOptions
  @OptionGroup var output: OutputOptions

  func perform(in surroundings: Surroundings) async throws(CommandFailure) -> ExitStatus {
    let document = try await server.server(surroundings).view(["rules"])
    let rules = document.list("rules")
    try surroundings.printer.show(
      Report(RuleView.list(rules), document: document, rows: rules), as: output.format)
    if rules.isEmpty { try surroundings.printer.talk("there are no rules") }
    return .done
  }
}

/// `bellcrank rules show`.
struct RulesShowCommand: SurroundedCommand {
  static let configuration = CommandConfiguration(
    commandName: "show", abstract: "Show one rule with its pattern, its fires and its targets.",
    discussion: Help.text(
      examples: [
        "bellcrank rules show dev-customer-ingestion-transform-pipeline",
        "bellcrank rules show dev-customer-ingestion-schedule -o json",
      ],
      exits: Help.serverExits))

  @Argument(help: "The rule's name.")
  var name: String

  @OptionGroup var server: ServerOptions
  @OptionGroup var output: OutputOptions

  func perform(in surroundings: Surroundings) async throws(CommandFailure) -> ExitStatus {
    let rules = try await server.server(surroundings).view(["rules"]).list("rules")
    guard let rule = rules.first(where: { $0["name"]?.string == name }) else {
      throw CommandFailure(.refused, "there is no rule \(name); see: bellcrank rules list")
    }
    try surroundings.printer.show(Report(RuleView.one(rule), document: rule), as: output.format)
    return .done
  }
}

/// `bellcrank rules enable`.
struct RulesEnableCommand: SurroundedCommand {
  static let configuration = CommandConfiguration(
    commandName: "enable", abstract: "Let a rule fire again.",
    discussion: Help.text(
      "The same as: aws events enable-rule --name NAME.",
      examples: ["bellcrank rules enable dev-customer-ingestion-schedule"], exits: Help.serverExits))

  @Argument(help: "The rule's name.")
  var name: String

  @OptionGroup var server: ServerOptions

  func perform(in surroundings: Surroundings) async throws(CommandFailure) -> ExitStatus {
    _ = try await server.server(surroundings).events("EnableRule", ["Name": .string(name)])
    try surroundings.printer.talk("rule \(name) is enabled")
    return .done
  }
}

/// `bellcrank rules disable`.
struct RulesDisableCommand: SurroundedCommand {
  static let configuration = CommandConfiguration(
    commandName: "disable", abstract: "Keep a rule from firing; what it would have started is recorded as disabled.",
    discussion: Help.text(
      "The same as: aws events disable-rule --name NAME.",
      examples: ["bellcrank rules disable dev-customer-ingestion-schedule"], exits: Help.serverExits))

  @Argument(help: "The rule's name.")
  var name: String

  @OptionGroup var server: ServerOptions

  func perform(in surroundings: Surroundings) async throws(CommandFailure) -> ExitStatus {
    _ = try await server.server(surroundings).events("DisableRule", ["Name": .string(name)])
    try surroundings.printer.talk("rule \(name) is disabled")
    return .done
  }
}
