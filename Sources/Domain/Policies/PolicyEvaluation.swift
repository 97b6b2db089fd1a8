import Events

/// Who asks. Source: IAM user guide, "AWS JSON policy elements: Principal".
public enum Principal: Sendable, Hashable {
  /// A user, a role, or a session of a role, by its ARN.
  case identity(ResourceName)
  /// A service of AWS: `events.amazonaws.com`.
  case service(String)
  /// Nobody that is known.
  case anonymous

  /// The account that it belongs to; nil for services.
  public var account: String? {
    switch self {
    case .identity(let arn): arn.account
    case .service, .anonymous: nil
    }
  }

  public var text: String {
    switch self {
    case .identity(let arn): arn.description
    case .service(let name): name
    case .anonymous: "anonymous"
    }
  }
}

/// What somebody wants to do.
public struct PolicyRequest: Sendable, Hashable {
  public let principal: Principal
  /// `lambda:InvokeFunction`
  public let action: String
  /// The ARN, or `*` for actions without one.
  public let resource: String
  /// Account that owns the resource.
  public let resourceAccount: String
  public let context: PolicyContext
  /// The role behind a session, with its path, which a session's own ARN lacks; nil where it has none.
  public let role: ResourceName?

  public init(
    principal: Principal, action: String, resource: String, resourceAccount: String, context: PolicyContext,
    role: ResourceName? = nil
  ) {
    self.role = role
    self.principal = principal
    self.action = action
    self.resource = resource
    self.resourceAccount = resourceAccount
    self.context = context
  }
}

/// A policy with the name it goes by.
public struct NamedPolicy: Sendable, Hashable {
  public let id: String
  public let document: PolicyDocument

  public init(_ id: String, _ document: PolicyDocument) {
    self.id = id
    self.document = document
  }
}

/// Everything that has a say.
public struct PolicySet: Sendable, Hashable {
  public var identity: [NamedPolicy]
  /// Of the resource; nil if it has none.
  public var resource: NamedPolicy?
  /// nil without a boundary.
  public var boundary: [NamedPolicy]?
  /// nil without a session policy.
  public var session: [NamedPolicy]?

  public init(
    identity: [NamedPolicy] = [], resource: NamedPolicy? = nil, boundary: [NamedPolicy]? = nil,
    session: [NamedPolicy]? = nil
  ) {
    self.identity = identity
    self.resource = resource
    self.boundary = boundary
    self.session = session
  }
}

/// The one evaluator of permissions: the answer, the statements behind it, and the reason in words.
///
/// Source: IAM user guide, "Policy evaluation logic".
public struct PolicyEvaluation: Sendable, Hashable {
  /// Raw values are those of SimulatePrincipalPolicy.
  public enum Decision: String, Sendable, Hashable, CaseIterable {
    case allowed
    case explicitDeny
    case implicitDeny
  }

  /// Where a statement comes from, in the words of the simulator.
  public enum Source: String, Sendable, Hashable, CaseIterable {
    case identity = "IAM Policy"
    case resource = "Resource Policy"
    case boundary = "Permissions Boundary"
    case session = "Session Policy"

    /// As a denial names it: `identity-based policy`.
    public var words: String {
      switch self {
      case .identity: "identity-based policy"
      case .resource: "resource-based policy"
      case .boundary: "permissions boundary"
      case .session: "session policy"
      }
    }
  }

  /// A statement that took part in the decision.
  public struct Match: Sendable, Hashable {
    public let policy: String
    public let source: Source
    public let statement: PolicyStatement
  }

  public let decision: Decision
  public let matches: [Match]
  /// Keys that policies name and the request lacks.
  public let missingContext: [String]
  /// Whether the boundary lets it through; nil without one.
  public let isAllowedByBoundary: Bool?
  /// What allowed it, what denied it, or what is missing, in one sentence.
  public let reason: String

  public init(_ request: PolicyRequest, _ policies: PolicySet) {
    let all: [(NamedPolicy, Source)] =
      policies.identity.map { ($0, .identity) } + (policies.resource.map { [($0, .resource)] } ?? [])
      + (policies.boundary ?? []).map { ($0, .boundary) } + (policies.session ?? []).map { ($0, .session) }
    let found = all.flatMap { policy, source in
      policy.document.statements.filter { PolicyEvaluation.applies($0, policy.document, request, source) }
        .map { Match(policy: policy.id, source: source, statement: $0) }
    }
    missingContext = Set(all.flatMap { $0.0.document.contextKeys }).filter { request.context.values($0) == nil }
      .sorted()
    func allows(_ source: Source) -> [Match] { found.filter { $0.source == source && $0.statement.effect == .allow } }
    isAllowedByBoundary = policies.boundary == nil ? nil : !allows(.boundary).isEmpty
    let denials = found.filter { $0.statement.effect == .deny }
    if let denial = denials.first {
      decision = .explicitDeny
      matches = denials
      reason =
        "statement \(PolicyEvaluation.name(of: denial.statement)) of \(denial.source.words) \(denial.policy) denies "
        + "\(request.action) on \(request.resource)"
      return
    }
    let verdict = PolicyEvaluation.verdict(request, policies, allows)
    decision = verdict.missing == nil ? .allowed : .implicitDeny
    matches = verdict.missing == nil ? verdict.allowing : []
    reason =
      verdict.missing.map { "no \($0.words) allows \(request.action) on \(request.resource)" }
      ?? PolicyEvaluation.words(verdict.allowing, request)
  }

  /// What allows it, and which kind of policy is missing if it is not allowed.
  private static func verdict(
    _ request: PolicyRequest, _ policies: PolicySet, _ allows: (Source) -> [Match]
  ) -> (allowing: [Match], missing: Source?) {
    let identity = allows(.identity)
    let resource = allows(.resource)
    switch request.principal {
    case .service, .anonymous: return (resource, resource.isEmpty ? .resource : nil)
    case .identity(let arn):
      let isSameAccount = arn.account == request.resourceAccount
      // The root of an account may do everything in it that its resources' policies do not deny.
      if isSameAccount, arn.resource == "root" { return (identity + resource, nil) }
      let named = resource.filter { names($0.statement, arn) }
      if isSameAccount, !named.isEmpty { return (named, nil) }
      if identity.isEmpty, !(isSameAccount && !resource.isEmpty) { return (resource, .identity) }
      if !isSameAccount, resource.isEmpty { return (identity, .resource) }
      if policies.boundary != nil, allows(.boundary).isEmpty { return (identity, .boundary) }
      if policies.session != nil, allows(.session).isEmpty { return (identity, .session) }
      return (identity + resource, nil)
    }
  }

  /// Whether a resource's statement names just this user or session, which no boundary limits.
  private static func names(_ statement: PolicyStatement, _ arn: ResourceName) -> Bool {
    let isUserOrSession = arn.resource.hasPrefix("user/") || arn.resource.hasPrefix("assumed-role/")
    return isUserOrSession && (statement.principals?.entries["AWS"] ?? []).contains(arn.description)
  }

  private static func name(of statement: PolicyStatement) -> String { statement.sid ?? "\(statement.index + 1)" }

  private static func words(_ allowing: [Match], _ request: PolicyRequest) -> String {
    guard let match = allowing.first else { return "\(request.principal.text) is the root of the account" }
    return "statement \(name(of: match.statement)) of \(match.source.words) \(match.policy) allows "
      + "\(request.action) on \(request.resource)"
  }

  // MARK: One statement

  private static func applies(
    _ statement: PolicyStatement, _ document: PolicyDocument, _ request: PolicyRequest, _ source: Source
  ) -> Bool {
    func filled(_ text: String) -> String? {
      document.hasVariables ? PolicyVariables.filled(text, request.context) : text
    }
    let isAction = statement.actions.patterns.contains { PolicyPattern.matchesAction($0, request.action) }
    guard isAction != statement.actions.isInverted else { return false }
    let isResource = statement.resources.patterns.contains { pattern in
      pattern == "*" || filled(pattern).map { PolicyPattern.matchesARN($0, request.resource) } ?? false
    }
    guard isResource != statement.resources.isInverted else { return false }
    if let principals = statement.principals {
      guard isMeant(principals, request) != principals.isInverted else { return false }
    }
    return statement.conditions.allSatisfy { condition in
      condition.test.holds(condition.values.map(filled), request.context.values(condition.key))
    }
  }

  private static func isMeant(_ principals: PolicyStatement.Principals, _ request: PolicyRequest) -> Bool {
    switch request.principal {
    case .service(let name):
      return (principals.entries["Service"] ?? []).contains { $0 == "*" || $0 == name }
        || principals.entries["AWS"]?.contains("*") == true
    case .anonymous: return principals.entries["AWS"]?.contains("*") == true
    case .identity(let arn):
      return (principals.entries["AWS"] ?? []).contains { entry in
        entry == "*" || entry == arn.account || entry == arn.description
          || entry == "arn:\(arn.partition):iam::\(arn.account):root"
          || entry == request.role?.description ?? role(of: arn)
      }
    }
  }

  /// The role behind a session, if it has no path: `…:assumed-role/NAME/SESSION` is `…:role/NAME`.
  private static func role(of arn: ResourceName) -> String? {
    let parts = arn.resource.split(separator: "/")
    guard parts.count == 3, parts[0] == "assumed-role" else { return nil }
    return "arn:\(arn.partition):iam::\(arn.account):role/\(parts[1])"
  }

  // MARK: Words

  /// The denial as AWS words it; nil if it is allowed.
  ///
  /// Source: IAM user guide, "Troubleshoot access denied error messages".
  public func denial(of request: PolicyRequest) -> String? {
    let who = "User: \(request.principal.text) is not authorized to perform: \(request.action)"
    let what = request.resource == "*" ? "" : " on resource: \(request.resource)"
    switch decision {
    case .allowed: return nil
    case .explicitDeny:
      let kind = matches.first?.source.words ?? "policy"
      return "\(who)\(what) with an explicit deny in \(kind.hasPrefix("i") ? "an" : "a") \(kind)"
    case .implicitDeny:
      let kind = Source.allCases.first { reason.hasPrefix("no \($0.words)") }?.words ?? "identity-based policy"
      return "\(who)\(what) because no \(kind) allows the \(request.action) action"
    }
  }
}
