import AWSWire
import Events
import Operations
import Policies

/// IAM's simulator: what would be allowed, by which statement (§9, D26).
struct PolicySimulator: Sendable {
  static let pageMax = 1_000
  static let pageStandard = 100

  private let context: ServiceContext

  init(_ context: ServiceContext) {
    self.context = context
  }

  func answer(_ operation: IAMOperation, _ input: WireInput) throws -> WireTree {
    let isCustom = operation == .simulateCustomPolicy || operation == .getContextKeysForCustomPolicy
    var policies = try documents(input, "PolicyInputList", "PolicyInputList", as: .identity)
    var principal: ResourceName?
    if isCustom {
      guard !policies.isEmpty else { throw input.missing("PolicyInputList") }
    } else {
      let (arn, role) = try source(input)
      do { policies = try role.identity() + policies } catch { throw PolicySimulator.refusal(error) }
      principal = arn
    }
    if operation == .getContextKeysForCustomPolicy || operation == .getContextKeysForPrincipalPolicy {
      let keys = Set(policies.flatMap(\.document.contextKeys)).sorted()
      return .members(["ContextKeyNames": .texts(keys)])
    }
    return try simulate(policies, principal, input)
  }

  private func source(_ input: WireInput) throws -> (ResourceName, Role) {
    let text = try input.requiredText("PolicySourceArn", 20...2_048)
    guard let arn = ResourceName(text), arn.service == "iam" else {
      throw WireError(.invalidInput, "Invalid Entity Arn: \(text) does not clearly define entity type and name.")
    }
    guard arn.resource.hasPrefix("role/"), arn.account == context.names.account,
      let role = context.room.permissions.role(String(arn.resource.split(separator: "/").last ?? "")),
      role.arn(arn.account) == arn
    else { throw WireError(.noSuchEntity, "The entity \(text) cannot be found.") }
    return (arn, role)
  }

  private func documents(
    _ input: WireInput, _ member: String, _ prefix: String, as kind: PolicyDocument.Kind
  ) throws -> [NamedPolicy] {
    try (try input.texts(member) ?? []).enumerated().map { index, text in
      NamedPolicy("\(prefix).\(index + 1)", try PolicySimulator.document(text, as: kind))
    }
  }

  private static func document(_ text: String, as kind: PolicyDocument.Kind) throws(WireError) -> PolicyDocument {
    do { return try PolicyDocument(text, as: kind) } catch { throw refusal(error) }
  }

  /// The simulator's model has one error for every policy that is none.
  private static func refusal(_ error: PolicyError) -> WireError { WireError(.invalidInput, error.message) }

  private func simulate(_ identity: [NamedPolicy], _ source: ResourceName?, _ input: WireInput) throws -> WireTree {
    let actions = try input.texts("ActionNames") ?? []
    guard !actions.isEmpty else { throw input.missing("ActionNames") }
    for action in actions where action.wholeMatch(of: /[A-Za-z0-9-]+:[A-Za-z0-9*]+/) == nil {
      throw WireError(.invalidInput, "Invalid action name: \(action)")
    }
    let boundaries = "PermissionsBoundaryPolicyInputList"
    let bounding = try documents(input, boundaries, boundaries, as: .identity)
    let boundary = bounding.isEmpty ? nil : bounding
    let resourcePolicy = try input.text("ResourcePolicy").map {
      NamedPolicy("ResourcePolicy", try PolicySimulator.document($0, as: .resource))
    }
    let policies = PolicySet(identity: identity, resource: resourcePolicy, boundary: boundary)
    let asking = try caller(input)
    guard resourcePolicy == nil || asking != nil else {
      throw WireError(.invalidInput, "CallerArn is required when you specify a ResourcePolicy.")
    }
    let caller = asking ?? source
    let owner = try input.text("ResourceOwner").flatMap { ResourceName($0)?.account ?? $0 }
    let values = try entries(input)
    let named = try input.texts("ResourceArns") ?? []
    let resources = named.isEmpty ? ["*"] : named
    let asked = actions.flatMap { action in resources.map { (action, $0) } }
    let start = try input.text("Marker").map { marker in
      guard let start = Int(marker), (0...asked.count).contains(start) else {
        throw WireError(.invalidInput, "Invalid Marker: \(marker)")
      }
      return start
    }
    let limit = try input.integer("MaxItems", 1...PolicySimulator.pageMax) ?? PolicySimulator.pageStandard
    let page = asked[(start ?? 0)...].prefix(limit)
    let results = page.map { action, resource in
      let account = owner ?? ResourceName(resource)?.account ?? ""
      return shape(
        PolicyRequest(
          principal: .identity(caller ?? user), action: action, resource: resource,
          resourceAccount: account.isEmpty ? (caller ?? user).account : account, context: PolicyContext(values)),
        policies)
    }
    return .members([
      "EvaluationResults": .list(results), "IsTruncated": .flag(page.endIndex < asked.count),
      "Marker": page.endIndex < asked.count ? .text(String(page.endIndex)) : nil,
    ])
  }

  private func caller(_ input: WireInput) throws -> ResourceName? {
    guard let text = try input.text("CallerArn") else { return nil }
    guard let arn = ResourceName(text), ["iam", "sts"].contains(arn.service) else {
      throw WireError(.invalidInput, "Invalid CallerArn: \(text)")
    }
    return arn
  }

  /// Who asks in a custom simulation that does not say.
  private var user: ResourceName {
    ResourceName(service: "iam", region: "", account: context.names.account, resource: "user/simulator")
  }

  private func entries(_ input: WireInput) throws -> [String: [String]] {
    var entries: [String: [String]] = [:]
    for entry in try input.structures("ContextEntries") ?? [] {
      entries[try entry.requiredText("ContextKeyName", 5...256)] = try entry.texts("ContextKeyValues") ?? []
    }
    return entries
  }

  private func shape(_ request: PolicyRequest, _ policies: PolicySet) -> WireTree {
    let evaluation = PolicyEvaluation(request, policies)
    return .members([
      "EvalActionName": .text(request.action), "EvalResourceName": .text(request.resource),
      "EvalDecision": .text(evaluation.decision.rawValue),
      "MatchedStatements": .list(evaluation.matches.map(shape)),
      "MissingContextValues": .texts(evaluation.missingContext),
      "PermissionsBoundaryDecisionDetail": evaluation.isAllowedByBoundary.map {
        .members(["AllowedByPermissionsBoundary": .flag($0)])
      },
    ])
  }

  private func shape(_ match: PolicyEvaluation.Match) -> WireTree {
    func place(_ place: SourceSpan.Place) -> WireTree {
      .members(["Line": .integer(place.line), "Column": .integer(place.column)])
    }
    return .members([
      "SourcePolicyId": .text(match.policy), "SourcePolicyType": .text(match.source.rawValue),
      "StartPosition": place(match.statement.span.start), "EndPosition": place(match.statement.span.end),
    ])
  }
}
