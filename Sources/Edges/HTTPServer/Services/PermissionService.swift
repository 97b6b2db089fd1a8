import AWSWire
import Engine
import Events
import Operations
import Policies

/// The policies of functions and buses, one statement at a time (§8).
///
/// Source: Lambda API, `AddPermission`; EventBridge API, `PutPermission`.
struct PermissionService: Sendable {
  private let context: ServiceContext

  init(_ context: ServiceContext) {
    self.context = context
  }

  private var permissions: Permissions { context.room.permissions }

  // MARK: Functions

  func answer(_ operation: PermissionOperation) async throws -> WireTree? {
    let function = try LambdaService(context).arn(of: operation.function)
    switch operation.kind {
    case .getPolicy:
      guard let policy = permissions.policy(of: function) else { throw PermissionService.noPolicy }
      return .members(["Policy": .text(policy.document.text), "RevisionId": .text(revision(policy))])
    case .addPermission:
      let statement = try statement(operation.input, of: function)
      let id = statement["Sid"]?.string ?? ""
      try await change(function, operation.input, .functions) { statements in
        guard !statements.contains(where: { $0["Sid"] == statement["Sid"] }) else {
          throw WireError(
            .resourceConflict,
            "The statement id (\(id)) provided already exists. "
              + "Please provide a new statement id, or remove the existing statement.")
        }
        statements.append(statement)
      }
      return .members(["Statement": .text(statement.text)])
    case .removePermission:
      guard permissions.policy(of: function) != nil else { throw PermissionService.noPolicy }
      let id = operation.statementID ?? ""
      try await change(function, operation.input, .functions) { statements in
        let count = statements.count
        statements.removeAll { $0["Sid"]?.string == id }
        guard statements.count < count else {
          throw WireError(.resourceNotFound, "Statement \(id) is not found in resource policy.")
        }
      }
      return nil
    }
  }

  private static let noPolicy = WireError(.resourceNotFound, "The resource you requested does not exist.")

  private func revision(_ policy: NamedPolicy) -> String { context.ports.digests.md5(Array(policy.document.text.utf8)) }

  /// What a permission narrows a statement by, in the words of the policy that AWS makes of it.
  private func conditions(_ input: WireInput) throws -> [JSON.Member] {
    var equals: [JSON.Member] = []
    func equal(_ key: String, _ value: String?) {
      if let value { equals.append(.init(key, .string(value))) }
    }
    equal("AWS:SourceAccount", try text(input, "SourceAccount", /\d{12}/, "\\d{12}"))
    equal("aws:PrincipalOrgID", try text(input, "PrincipalOrgID", /o-[a-z0-9]{10,32}/, "o-[a-z0-9]{10,32}"))
    equal(
      "lambda:EventSourceToken",
      try text(input, "EventSourceToken", /[a-zA-Z0-9._\-]{1,256}/, "[a-zA-Z0-9._\\-]+"))
    equal("lambda:FunctionUrlAuthType", try input.choice("FunctionUrlAuthType", of: FunctionUrlAuthType.self)?.rawValue)
    var conditions: [JSON.Member] = equals.isEmpty ? [] : [.init("StringEquals", .object(equals))]
    if let source = try input.text("SourceArn") {
      guard source.hasPrefix("arn:aws"), ResourceName(source) != nil else {
        throw PermissionService.misfit(source, "sourceArn", "arn:(aws[a-zA-Z0-9-]*):([a-zA-Z0-9\\-])+:…")
      }
      conditions.append(.init("ArnLike", ["AWS:SourceArn": .string(source)]))
    }
    if try input.flag("InvokedViaFunctionUrl") == true {
      conditions.append(.init("Bool", ["lambda:InvokedViaFunctionUrl": "true"]))
    }
    return conditions
  }

  /// Who may call a function's URL.
  private enum FunctionUrlAuthType: String, CaseIterable {
    case none = "NONE"
    case iam = "AWS_IAM"
  }

  /// An optional text of a form.
  private func text(
    _ input: WireInput, _ name: String, _ form: Regex<Substring>, _ pattern: String
  ) throws -> String? {
    guard let text = try input.text(name) else { return nil }
    guard text.wholeMatch(of: form) != nil else {
      throw PermissionService.misfit(text, name.prefix(1).lowercased() + name.dropFirst(), pattern)
    }
    return text
  }

  private static func misfit(_ text: String, _ place: String, _ pattern: String) -> WireError {
    WireError(
      .validation,
      "1 validation error detected: Value '\(text.prefix(200))' at '\(place)' failed to satisfy constraint: "
        + "Member must satisfy regular expression pattern: \(pattern)")
  }

  private func statement(_ input: WireInput, of function: ResourceName) throws -> JSON {
    let id = try input.requiredText("StatementId", 1...100)
    guard id.wholeMatch(of: PermissionService.statementID) != nil else {
      throw PermissionService.misfit(id, "statementId", "([a-zA-Z0-9-_]+)")
    }
    let action = try input.requiredText("Action")
    guard action.wholeMatch(of: /lambda:\*|lambda:[A-Za-z]+|\*/) != nil else {
      throw PermissionService.misfit(action, "action", "(lambda:[*]|lambda:[a-zA-Z]+|[*])")
    }
    guard let principal = try input.text("Principal") else { throw input.missing("Principal") }
    guard let who = PermissionService.principal(principal) else {
      throw WireError(
        .invalidParameterValue,
        "The provided principal was invalid. Please check the principal and try again.")
    }
    return PermissionService.statement(
      id, principal: who, action: action, resource: function, conditions: try conditions(input))
  }

  private static var statementID: Regex<Substring> { /[A-Za-z0-9_-]+/ }

  /// A principal as a policy names it; nil if the text is none.
  private static func principal(_ text: String) -> JSON? {
    if text == "*" { return "*" }
    if text.wholeMatch(of: /\d{12}/) != nil { return ["AWS": .string("arn:aws:iam::\(text):root")] }
    if text.wholeMatch(of: /[a-z0-9-]+(\.[a-z0-9-]+)*\.(amazonaws\.com(\.cn)?|amazon\.com)/) != nil {
      return ["Service": .string(text)]
    }
    guard let arn = ResourceName(text), ["iam", "sts"].contains(arn.service), arn.region.isEmpty,
      arn.account.wholeMatch(of: /\d{12}/) != nil,
      arn.resource.wholeMatch(of: /root|(user|role|assumed-role|federated-user)\/[\x21-\x7e]+/) != nil
    else { return nil }
    return ["AWS": .string(text)]
  }

  private static func statement(
    _ id: String, principal: JSON, action: String, resource: ResourceName, conditions: [JSON.Member]
  ) -> JSON {
    JSON(present: [
      "Sid": .string(id), "Effect": "Allow", "Principal": principal, "Action": .string(action),
      "Resource": .string(resource.description), "Condition": conditions.isEmpty ? nil : .object(conditions),
    ])
  }

  /// How much policy each kind of resource takes, in characters without white space.
  private enum Quota: Int {
    case functions = 20_480
    case buses = 10_240
  }

  /// Reads the policy of a resource, changes its statements, and writes it back; without statements it is gone.
  private func change(
    _ resource: ResourceName, _ input: WireInput, _ quota: Quota,
    _ edit: @escaping @Sendable (inout [JSON]) throws -> Void
  ) async throws {
    let wanted = quota == .functions ? try input.text("RevisionId") : nil
    let count = try await permissions.change {
      var statements: [JSON] = []
      let policy = permissions.policy(of: resource)
      guard wanted == nil || wanted == policy.map(revision) else {
        throw WireError(
          .preconditionFailedException,
          "The RevisionId provided does not match the latest RevisionId. Call the GetFunction/GetAlias API to retrieve "
            + "the latest RevisionId")
      }
      if let policy {
        let given = try JSON(parsing: policy.document.text)["Statement"]
        statements = given?.elements ?? [given].compactMap { $0 }
      }
      try edit(&statements)
      let document = try statements.isEmpty ? nil : PermissionService.document(statements, quota)
      try await permissions.setPolicy(document, of: resource)
      return statements.count
    }
    context.ports.log.write(
      LogLine(.info, "policy changed", ["resource": resource.description, "statements": "\(count)"]))
  }

  private static func document(_ statements: [JSON], _ quota: Quota) throws -> PolicyDocument {
    try document(JSON.object([.init("Version", "2012-10-17"), .init("Statement", .array(statements))]).text, quota)
  }

  private static func document(_ text: String, _ quota: Quota) throws -> PolicyDocument {
    guard PolicyDocument.size(of: text) <= quota.rawValue else {
      throw WireError(
        .policyLengthExceeded, "The final policy size is bigger than the limit (\(quota.rawValue)).")
    }
    do {
      return try PolicyDocument(text, as: .resource)
    } catch {
      throw WireError(.validation, "Policy is not valid: \(error.message)")
    }
  }

  // MARK: Buses

  /// `PutPermission` with a statement, or with a whole policy.
  func putPermission(_ input: WireInput) async throws -> WireTree? {
    let bus = try await BusService(context).existing(try input.text("EventBusName"))
    let arn = context.names.bus(bus)
    if let text = try input.text("Policy") {
      let document = try PermissionService.document(text, .buses)
      try await permissions.change { try await permissions.setPolicy(document, of: arn) }
      return nil
    }
    let id = try statementID(input)
    let principal = try input.requiredText("Principal", 1...12)
    guard principal.wholeMatch(of: /\d{12}|\*/) != nil, let who = PermissionService.principal(principal) else {
      throw PermissionService.misfit(principal, "principal", "(\\d{12}|\\*)")
    }
    let action = try input.text("Action") ?? "events:PutEvents"
    guard action == "events:PutEvents" else {
      throw WireError(.validation, "Provided value in parameter 'action' is not supported.")
    }
    let statement = PermissionService.statement(
      id, principal: who, action: action, resource: arn, conditions: try busConditions(input))
    try await change(arn, input, .buses) { statements in
      statements.removeAll { $0["Sid"]?.string == id }
      statements.append(statement)
    }
    return nil
  }

  private func statementID(_ input: WireInput) throws -> String {
    let id = try input.requiredText("StatementId", 1...64)
    guard id.wholeMatch(of: PermissionService.statementID) != nil else {
      throw PermissionService.misfit(id, "statementId", "[a-zA-Z0-9-_]+")
    }
    return id
  }

  /// A bus can be opened to an organisation, and to nothing narrower; a whole policy may say more.
  private func busConditions(_ input: WireInput) throws -> [JSON.Member] {
    guard let condition = try input.structure("Condition") else { return [] }
    let (test, key) = (try condition.requiredText("Type"), try condition.requiredText("Key"))
    let value = try condition.requiredText("Value")
    guard test == "StringEquals", key == "aws:PrincipalOrgID" else {
      throw WireError(
        .validation, "Condition is not valid: its Type must be StringEquals and its Key aws:PrincipalOrgID.")
    }
    return [.init(test, [key: .string(value)])]
  }

  func removePermission(_ input: WireInput) async throws -> WireTree? {
    let bus = try await BusService(context).existing(try input.text("EventBusName"))
    let arn = context.names.bus(bus)
    guard permissions.policy(of: arn) != nil else {
      throw WireError(.resourceNotFound, "EventBus \(bus) does not have a policy.")
    }
    if try input.flag("RemoveAllPermissions") == true {
      try await permissions.change { try await permissions.setPolicy(nil, of: arn) }
      return nil
    }
    let id = try statementID(input)
    try await change(arn, input, .buses) { statements in
      let count = statements.count
      statements.removeAll { $0["Sid"]?.string == id }
      guard statements.count < count else {
        throw WireError(.resourceNotFound, "Statement with the provided id does not exist.")
      }
    }
    return nil
  }
}
