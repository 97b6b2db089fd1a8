import Alarms
import ArgumentParser
import ConfigFiles
import ConfigModel
import Engine
import Events
import Measures
import Operations

/// `bellcrank lint`.
struct LintCommand: SurroundedCommand {
  static let configuration = CommandConfiguration(
    commandName: "lint", abstract: "What is wrong with rules and alarms before anything has happened.",
    discussion: Help.text(
      """
      Looks at what the configuration starts with, at a CloudFormation template, or at
      what a running server has now: rules that can never match, or match in part
      only, rules that overlap on a target, patterns that cost more than they need,
      and alarms that cannot ring. Of a running server it also reads the latest
      events, and names leaves that none of them ever had. Each finding has a code:
      bellcrank explain CODE.
      """,
      examples: [
        "bellcrank lint", "bellcrank lint --env prod", "bellcrank lint --template stack.yaml", "bellcrank lint --live",
      ],
      exits: [
        .done: "nothing was found", .refused: "something was found", .invalidInput: "the file cannot be read",
        .unavailable: "no server answers, or it is in trouble",
      ]))

  @OptionGroup var options: ConfigOptions

  @Option(help: "A CloudFormation template, JSON or YAML, instead of the configuration.")
  var template: String?

  @Flag(help: "Look at the running server instead of the configuration.")
  var live = false

  @OptionGroup var server: ServerOptions
  @OptionGroup var output: OutputOptions

  func validate() throws {
    guard template == nil || !live else { throw ValidationError("--template and --live exclude each other") }
  }

  func perform(in surroundings: Surroundings) async throws(CommandFailure) -> ExitStatus {
    let findings: [JSON]
    if live {
      findings = try await server.server(surroundings).view(["lint"]).list("findings")
    } else {
      findings = try offline(surroundings).map(\.json)
    }
    let lines = findings.map { finding in
      "\(finding.cell("code"))  \(finding.cell("subject")): \(finding.cell("sentence"))\n      \(finding.cell("remedy"))"
    }
    let text = lines.isEmpty ? "nothing was found" : lines.joined(separator: "\n")
    let document = JSON.object([.init("findings", .array(findings))])
    try surroundings.printer.show(Report(text, document: document, rows: findings), as: output.format)
    return findings.isEmpty ? .done : .refused
  }

  private func offline(_ surroundings: Surroundings) throws(CommandFailure) -> [Lint.Finding] {
    let now = surroundings.clock.now()
    do {
      if let template {
        return Lint(template: try TemplateFile.read(path: template), at: now, zones: surroundings.zones).findings()
      }
      let settings = try options.read(surroundings.variables).settings
      let seed = try EnvironmentSeed(settings, at: now)
      return Lint(
        seed.rules, try DefaultAlarms.make(settings), at: now, region: settings.names.region,
        zones: surroundings.zones
      ).findings()
    } catch let error as ConfigError {
      throw CommandFailure(.invalidInput, error.description)
    } catch let error as CommandFailure {
      throw error
    } catch {
      throw CommandFailure(.invalidInput, "\(error)")
    }
  }
}

/// `bellcrank explain`.
struct ExplainCommand: SurroundedCommand {
  static let configuration = CommandConfiguration(
    commandName: "explain", abstract: "The page of a code or an alarm: what it means and what to do.",
    discussion: Help.text(
      "Without a code it lists all of them.",
      examples: [
        "bellcrank explain NO_RULE_MATCHED", "bellcrank explain PHANTOM_METRIC", "bellcrank explain breaker-open",
        "bellcrank explain",
      ],
      exits: [.done: "there is a page", .refused: "there is none", .invalidInput: "the configuration cannot be read"]))

  @Argument(help: "A code of whatever kind, or the name of an alarm.")
  var code: String?

  @OptionGroup var options: ConfigOptions
  @OptionGroup var output: OutputOptions

  func perform(in surroundings: Surroundings) async throws(CommandFailure) -> ExitStatus {
    let alarms = alarms(surroundings)
    guard let code else {
      let pages = Explanation.all(alarms)
      let table = Table(["CODE", "KIND", "MEANING"], pages.map { [$0.code, $0.kind, $0.meaning] })
      let rows = pages.map(\.json)
      let document = JSON.object([.init("codes", .array(rows))])
      try surroundings.printer.show(Report(table.text, document: document, rows: rows), as: output.format)
      return .done
    }
    guard let page = Explanation.page(code, alarms) else {
      throw CommandFailure(.refused, "there is no code \(code); bellcrank explain lists all")
    }
    let text = "\(page.code) (\(page.kind))\n  \(page.meaning)\n  → \(page.remedy ?? "nothing to do")"
    try surroundings.printer.show(Report(text, document: page.json), as: output.format)
    return .done
  }

  /// Codes are explained also where there is no configuration at hand.
  private func alarms(_ surroundings: Surroundings) -> [AlarmDefinition] {
    do { return try DefaultAlarms.make(try options.read(surroundings.variables).settings) } catch { return [] }
  }
}
