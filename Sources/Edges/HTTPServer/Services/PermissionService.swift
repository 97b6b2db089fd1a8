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
      try await change(function, operation.input) { statements in
        guard !statements.contains(where: { $0["Sid"] == statement["Sid"] }) else {
          throw WireError(
            .resourceConflict,
            "The statement id (\(statement["Sid"]?.string ?? "")) provided already exists. "
              + "Please provide a new statement id, or remove the existing statement.")
        }
        statements.append(statement)
      }
      return .members(["Statement": .text(statement.text)])
    case .removePermission:
      try await change(function, operation.input) { statements in
        let count = statements.count
        statements.removeAll { $0["Sid"]?.string == operation.statementID }
        guard statements.count < count else {
          throw WireError(
            .resourceNotFound, "Statement \(operation.statementID ?? "") is not found in resource policy.")
        }
      }
      return nil
    }
  }

  private static let noPolicy = WireError(.resourceNotFound, "The resource you requested does not exist.")

  private func revision(_ policy: NamedPolicy) -> String { context.ports.digests.md5(Array(policy.document.text.utf8)) }

  private func statement(_ input: WireInput, of function: ResourceName) throws -> JSON {
    let id = try input.requiredText("StatementId", 1...100)
    guard id.wholeMatch(of: /[A-Za-z0-9_-]+/) != nil else {
      throw WireError(.invalidParameterValue, "StatementId must satisfy the pattern ([a-zA-Z0-9-_]+)")
    }
    let action = try input.requiredText("Action")
    guard action == "lambda:*" || action.wholeMatch(of: /lambda:[A-Za-z]+/) != nil else {
      throw WireError(.invalidParameterValue, "Action must satisfy the pattern (lambda:[*]|lambda:[a-zA-Z]+|[*])")
    }
    let principal = try input.requiredText("Principal")
    var conditions: [JSON.Member] = []
    if let source = try input.text("SourceArn") {
      conditions.append(.init("ArnLike", ["AWS:SourceArn": .string(source)]))
    }
    if let account = try input.text("SourceAccount", 12...12) {
      conditions.append(.init("StringEquals", ["AWS:SourceAccount": .string(account)]))
    }
    return PermissionService.statement(
      id, principal: principal, action: action, resource: function, conditions: conditions)
  }

  private static func statement(
    _ id: String, principal: String, action: String, resource: ResourceName, conditions: [JSON.Member]
  ) -> JSON {
    let who: JSON =
      if principal == "*" {
        "*"
      } else if principal.hasSuffix(".amazonaws.com") {
        ["Service": .string(principal)]
      } else if principal.wholeMatch(of: /\d{12}/) != nil {
        ["AWS": .string("arn:aws:iam::\(principal):root")]
      } else {
        ["AWS": .string(principal)]
      }
    return JSON(present: [
      "Sid": .string(id), "Effect": "Allow", "Principal": who, "Action": .string(action),
      "Resource": .string(resource.description), "Condition": conditions.isEmpty ? nil : .object(conditions),
    ])
  }

  /// Reads the policy of a resource, changes its statements, and writes it back; without statements it is gone.
  private func change(
    _ resource: ResourceName, _ input: WireInput, _ edit: (inout [JSON]) throws -> Void
  ) async throws {
    var statements: [JSON] = []
    if let policy = permissions.policy(of: resource) {
      if let wanted = try input.text("RevisionId"), wanted != revision(policy) {
        throw WireError(.preconditionFailed, "The RevisionId provided does not match the latest RevisionId.")
      }
      let given = try JSON(parsing: policy.document.text)["Statement"]
      statements = given?.elements ?? [given].compactMap { $0 }
    }
    try edit(&statements)
    let document = try statements.isEmpty ? nil : PermissionService.document(statements)
    try await permissions.setPolicy(document, of: resource)
    context.ports.log.write(
      LogLine(.info, "policy changed", ["resource": resource.description, "statements": "\(statements.count)"]))
  }

  private static func document(_ statements: [JSON]) throws -> PolicyDocument {
    do {
      let text = JSON.object([.init("Version", "2012-10-17"), .init("Statement", .array(statements))]).text
      return try PolicyDocument(text, as: .resource)
    } catch {
      throw WireError(.validation, error.message)
    }
  }

  // MARK: Buses

  /// `PutPermission` with a statement, or with a whole policy.
  func putPermission(_ input: WireInput) async throws -> WireTree? {
    let bus = try await BusService(context).existing(try input.text("EventBusName"))
    let arn = context.names.bus(bus)
    if let text = try input.text("Policy") {
      let document: PolicyDocument
      do { document = try PolicyDocument(text, as: .resource) } catch {
        throw WireError(.validation, "Policy is not valid: \(error.message)")
      }
      try await permissions.setPolicy(document, of: arn)
      return nil
    }
    let id = try input.requiredText("StatementId", 1...64)
    let principal = try input.requiredText("Principal", 1...12)
    let action = try input.text("Action") ?? "events:PutEvents"
    guard action == "events:PutEvents" else {
      throw WireError(.validation, "Provided value in parameter 'action' is not supported.")
    }
    var conditions: [JSON.Member] = []
    if let condition = try input.structure("Condition") {
      conditions.append(
        .init(
          try condition.requiredText("Type"),
          [try condition.requiredText("Key"): .string(try condition.requiredText("Value"))]))
    }
    let statement = PermissionService.statement(
      id, principal: principal, action: action, resource: arn, conditions: conditions)
    try await change(arn, input) { statements in
      statements.removeAll { $0["Sid"]?.string == id }
      statements.append(statement)
    }
    return nil
  }

  func removePermission(_ input: WireInput) async throws -> WireTree? {
    let bus = try await BusService(context).existing(try input.text("EventBusName"))
    let arn = context.names.bus(bus)
    guard permissions.policy(of: arn) != nil else {
      throw WireError(.resourceNotFound, "EventBus \(bus) does not have a policy.")
    }
    if try input.flag("RemoveAllPermissions") == true {
      try await permissions.setPolicy(nil, of: arn)
      return nil
    }
    let id = try input.requiredText("StatementId", 1...64)
    try await change(arn, input) { statements in
      let count = statements.count
      statements.removeAll { $0["Sid"]?.string == id }
      guard statements.count < count else {
        throw WireError(.resourceNotFound, "Statement with the provided id does not exist.")
      }
    }
    return nil
  }
}
