import Engine
import Events
import Policies
import Synchronization

/// The roles and the policies of resources, and what follows from them; kept in memory, changed in the store first (§8).
public final class Permissions: Authority {
  /// Services that deliver for rules.
  public static let events = Principal.service("events.amazonaws.com")

  private struct State: Sendable {
    var roles: [String: Role]
    var policies: [String: NamedPolicy]
    /// Answers that were given, until something changes.
    var refusals: [Edge: String?] = [:]
  }

  private struct Edge: Hashable {
    let rule: String
    let target: String
  }

  public let names: ResourceNames
  private let documents: any Documents
  private let clock: any WallClock
  private let state: Mutex<State>
  private let turnstile = Turnstile()

  public init(_ documents: any Documents, _ clock: any WallClock, names: ResourceNames) async throws(StoreError) {
    self.documents = documents
    self.clock = clock
    self.names = names
    var policies: [String: NamedPolicy] = [:]
    for document in try await documents.documents(.resourcePolicy) {
      do {
        let text = document.json["policy"]?.string ?? ""
        policies[document.name] = NamedPolicy(document.name, try PolicyDocument(text, as: .resource))
      } catch {
        throw StoreError(.corrupt, "the policy of \(document.name) is none: \(error.message)")
      }
    }
    let roles = try await documents.documents(.role).compactMap { Role($0) }.map { ($0.name, $0) }
    state = Mutex(State(roles: Dictionary(roles, uniquingKeysWith: { _, last in last }), policies: policies))
  }

  /// Lets one change through at a time: whoever reads, edits and saves loses nothing of anybody else.
  public func change<Value: Sendable, Failure: Error>(
    _ edit: @Sendable () async throws(Failure) -> Value
  ) async throws(Failure) -> Value {
    try await turnstile.pass(edit)
  }

  // MARK: Roles

  /// By name.
  public var roles: [Role] { state.withLock { $0.roles.values.sorted { $0.name < $1.name } } }

  public func role(_ name: String) -> Role? { state.withLock { $0.roles[name] } }

  /// Creates or replaces.
  public func save(_ role: Role, onlyIfAbsent: Bool = false) async throws(StoreError) {
    if onlyIfAbsent, self.role(role.name) != nil { return }
    try await documents.save([DocumentChange(.role, role.name, role.json)], at: clock.now())
    state.withLock { $0.roles[role.name] = role }
  }

  /// False if there is none of that name.
  public func removeRole(_ name: String) async throws(StoreError) -> Bool {
    let wasThere = try await documents.remove(.role, name, at: clock.now())
    state.withLock { $0.roles[name] = nil }
    return wasThere
  }

  // MARK: Policies of resources

  /// The policy of a function, queue or bus; nil if it has none.
  public func policy(of resource: ResourceName) -> NamedPolicy? {
    state.withLock { $0.policies[resource.description] }
  }

  /// Sets the policy of a resource; nil takes it away.
  public func setPolicy(_ policy: PolicyDocument?, of resource: ResourceName) async throws(StoreError) {
    let key = resource.description
    if let policy {
      try await documents.save(
        [DocumentChange(.resourcePolicy, key, ["policy": .string(policy.text)])], at: clock.now())
    } else {
      _ = try await documents.remove(.resourcePolicy, key, at: clock.now())
    }
    state.withLock { state in
      state.policies[key] = policy.map { NamedPolicy(key, $0) }
      state.refusals = [:]
    }
  }

  // MARK: Answers

  /// Whether a principal may, by its own policies and the resource's.
  public func evaluate(_ request: PolicyRequest, identity: [NamedPolicy]) -> PolicyEvaluation {
    let resource = state.withLock { $0.policies[request.resource] }
    return PolicyEvaluation(request, PolicySet(identity: identity, resource: resource))
  }

  /// Whether EventBridge may use a target for a rule: a question to the target's own policy (D26).
  public func edge(from rule: ResourceName, to target: ResourceName) -> PolicyEvaluation {
    let request = PolicyRequest(
      principal: Permissions.events, action: Permissions.action(on: target), resource: target.description,
      resourceAccount: target.account,
      context: PolicyContext([
        "aws:SourceArn": [rule.description], "aws:SourceAccount": [rule.account], "aws:SecureTransport": ["true"],
        "aws:PrincipalIsAWSService": ["true"], "aws:PrincipalServiceName": ["events.amazonaws.com"],
        "aws:RequestedRegion": [names.region],
      ]))
    let policy = state.withLock { $0.policies[target.description] }
    return PolicyEvaluation(request, PolicySet(resource: policy))
  }

  private static func action(on target: ResourceName) -> String {
    target.service == "lambda" ? "lambda:InvokeFunction" : "sqs:SendMessage"
  }

  public func refusal(of rule: ResourceName, to target: ResourceName) -> String? {
    let key = Edge(rule: rule.description, target: target.description)
    if let known = state.withLock({ $0.refusals[key] }) { return known }
    let evaluation = edge(from: rule, to: target)
    let refusal: String? =
      evaluation.decision == .allowed
      ? nil : "events.amazonaws.com may not use \(target) for \(rule): \(evaluation.reason)"
    state.withLock { $0.refusals[key] = .some(refusal) }
    return refusal
  }

  public func hasBus(_ name: String) async throws(StoreError) -> Bool {
    if name == "default" { return true }
    return try await documents.document(.eventBus, name) != nil
  }
}
