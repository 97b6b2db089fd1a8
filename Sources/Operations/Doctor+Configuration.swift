import Engine
import Events
import Measures
import Extraction
import Ingestion
import Policies
import Rules
import Telemetry

extension Doctor {
  /// The rules that the environment started with: there, enabled, and with a target (§9, step 1).
  func rules() async throws(StoreError) -> [Check] {
    let expected = [
      names.scheduleRule, names.transformPipelineRule, names.symbolUniverseRule, names.marketEventsRule,
      names.opsManualRule, names.objectRule,
    ]
    var checks: [Check] = []
    for name in expected {
      guard let rule = engine.book.bus.rule(name) else {
        checks.append(
          Check("rules", .failing, "the rule \(name) is gone", fix: "aws events put-rule --name \(name)"))
        continue
      }
      if !rule.isEnabled {
        checks.append(
          Check(
            "rules", .failing, "the rule \(name) is disabled\(try await reason(rule))",
            fix: "aws events enable-rule --name \(name)"))
      } else if rule.targets.isEmpty {
        checks.append(
          Check(
            "rules", .failing, "the rule \(name) has no target",
            fix: "aws events put-targets --rule \(name) --targets Id=orchestrator,Arn=\(orchestratorARN)"))
      }
    }
    checks += try await resetRules()
    guard checks.isEmpty else { return checks }
    return [Check("rules", .fine, "all \(expected.count) rules of the environment are ENABLED")]
  }

  /// Rules that a `put-rule` enabled again though somebody had paused them (D27), until they are changed again.
  private func resetRules() async throws(StoreError) -> [Check] {
    var checks: [Check] = []
    for rule in engine.book.bus.rules where rule.isEnabled {
      guard let entry = try await engine.ports.ledger.entry(of: "\(rule.name)#\(rule.version)"),
        entry.code == .ruleReset,
        let lost = entry.facts["lost"]?.elements?.compactMap(\.string).first(where: { $0.hasPrefix("it was disabled") })
      else { continue }
      checks.append(
        Check(
          "rules", .warning, "put-rule replaced the rule \(rule.name) at \(entry.at): \(lost)",
          fix: "bellcrank schedule pause \(rule.name) --reason WORDS"))
    }
    return checks
  }

  /// Who changed a rule last, if the ledger knows.
  private func reason(_ rule: Rule) async throws(StoreError) -> String {
    guard let entry = try await engine.ports.ledger.entry(of: "\(rule.name)#\(rule.version)") else { return "" }
    return ": \(entry.summary), at \(entry.at)"
  }

  private var orchestratorARN: ResourceName { engine.settings.names.function(names.orchestrator) }

  /// They run in this process, so they are active as long as it is (§9, step 2).
  func functions() -> Check {
    let missing = [names.orchestrator, names.worker].filter { engine.functions[$0] == nil }
    guard let name = missing.first else {
      return Check("functions", .fine, "\(names.orchestrator) and \(names.worker) are Active")
    }
    return Check("functions", .failing, "the function \(name) is missing", fix: "bellcrank serve")
  }

  /// May EventBridge use each target, and may each function do its work? (§9, step 4; D26)
  func permissions() -> [Check] {
    var checks: [Check] = []
    for rule in engine.book.bus.rules where rule.isEnabled {
      for target in rule.targets where ["lambda", "sqs"].contains(target.arn.service) {
        let edge = room.permissions.edge(from: rule.arn, to: target.arn)
        guard edge.decision != .allowed else { continue }
        checks.append(
          Check(
            "permissions", .failing,
            "events.amazonaws.com may not use \(target.arn.name) for \(rule.name): \(edge.reason)",
            fix: grant(rule, target.arn)))
      }
    }
    checks += roles()
    guard checks.isEmpty else { return checks }
    return [
      Check("permissions", .fine, "events.amazonaws.com may use every target, and the roles allow what they need")
    ]
  }

  private func grant(_ rule: Rule, _ target: ResourceName) -> String {
    guard target.service == "lambda" else {
      let statement =
        #"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"events.amazonaws.com"},"#
        + #""Action":"sqs:SendMessage","Resource":"\#(target)","Condition":{"ArnLike":{"aws:SourceArn":"\#(rule.arn)"}}}]}"#
      let attributes = JSON.object([.init("Policy", .string(statement))]).text
      return "aws sqs set-queue-attributes --queue-url QUEUE_URL --attributes '\(attributes)'"
    }
    return "aws lambda add-permission --function-name \(target.name) --statement-id \(rule.name) "
      + "--action lambda:InvokeFunction --principal events.amazonaws.com --source-arn \(rule.arn)"
  }

  /// What the roles were made for, asked of what they are now.
  private func roles() -> [Check] {
    let wanted: [Role]
    do { wanted = try DefaultPermissions.roles(engine.settings, engine.ports.entropy, at: now) } catch {
      return [Check("permissions", .failing, "the default roles cannot be made: \(error)")]
    }
    return wanted.flatMap { role -> [Check] in
      let account = engine.settings.names.account
      guard let found = room.permissions.role(role.name) else {
        return [
          Check(
            "permissions", .failing, "the role \(role.name) is gone",
            fix: "aws iam create-role --role-name \(role.name) --assume-role-policy-document '\(role.trust)'")
        ]
      }
      do {
        let identity = try found.identity()
        for statement in try role.identity().flatMap(\.document.statements) {
          for action in statement.actions.patterns {
            let request = PolicyRequest(
              principal: .identity(role.arn(account)), action: action, resource: statement.resources.patterns[0],
              resourceAccount: account, context: PolicyContext(["cloudwatch:namespace": [Namespace.triggers]]))
            let evaluation = room.permissions.evaluate(request, identity: identity)
            guard evaluation.decision != .allowed else { continue }
            return [
              Check(
                "permissions", .failing, "the role \(role.name) may not: \(evaluation.reason)",
                fix: "aws iam put-role-policy --role-name \(role.name) --policy-name least-privilege "
                  + "--policy-document '\(role.policies["least-privilege"] ?? "")'")
            ]
          }
        }
        return []
      } catch {
        return [Check("permissions", .failing, "a policy of the role \(role.name) is none: \(error)")]
      }
    }
  }

  /// Each source, asked for one price (§9, step 5).
  func sources() async throws(StoreError) -> [Check] {
    var checks: [Check] = []
    for (name, source) in engine.ports.sources.sorted(by: { $0.key < $1.key }) {
      let perMinute = engine.settings.sources[name]?.requestsPerMinute ?? 1
      if let wait = try await engine.ports.budget.take(1, of: name, perMinute: perMinute, at: now) {
        checks.append(
          Check(
            "sources", .warning,
            "\(name) was not asked: its budget is free again in \(Int(wait.seconds.rounded(.up))) s"))
        continue
      }
      let symbol = engine.settings.defaults.symbols.first ?? "AAPL"
      let outcome = await source.prices(of: symbol, period: "1d", interval: "1d", timeout: Doctor.sourceTimeout)
      switch outcome {
      case .fetched: checks.append(Check("sources", .fine, "\(name) answers for \(symbol)"))
      case .failed(let error):
        let base = engine.settings.sources[name]?.baseURL ?? ""
        checks.append(
          Check(
            "sources", .failing, "\(name) does not answer for \(symbol): \(error.code.rawValue): \(error.reason)",
            fix: "curl -i \(base)"))
      }
    }
    return checks
  }
}
