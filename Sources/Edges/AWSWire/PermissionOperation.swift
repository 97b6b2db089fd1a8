import Events

/// An operation on the policy of a function.
///
/// Source: botocore, `lambda/2015-03-31/service-2.json`.
public struct PermissionOperation: Sendable, Hashable {
  public enum Kind: String, Sendable, CaseIterable {
    case addPermission = "AddPermission"
    case getPolicy = "GetPolicy"
    case removePermission = "RemovePermission"
  }

  public let kind: Kind
  public let function: FunctionReference
  /// Of the statement to remove.
  public let statementID: String?
  public let input: WireInput

  /// nil if the path is none of a policy.
  init?(_ request: WireRequest) throws(WireError) {
    let parts = request.path.split(separator: "/").map(String.init)
    guard parts.count == 4 || parts.count == 5, parts[0] == "2015-03-31", parts[1] == "functions", parts[3] == "policy"
    else { return nil }
    switch (request.method, parts.count) {
    case ("POST", 4): kind = .addPermission
    case ("GET", 4): kind = .getPolicy
    case ("DELETE", 5): kind = .removePermission
    default: return nil
    }
    guard let query = Form(parsing: request.query) else {
      throw WireError(.invalidParameterValue, "The query string is malformed.")
    }
    function = try FunctionReference(parts[2], query)
    statementID = parts.count == 5 ? parts[4].percentDecoded(plusIsBlank: false) ?? parts[4] : nil
    let revision = query["RevisionId"].map { JSON.object([.init("RevisionId", .string($0))]) }
    input = WireInput(kind == .addPermission ? try Members(body: request.body) : Members(revision ?? .object([])))
  }

  /// Lambda's own status for each.
  public var status: Int {
    switch kind {
    case .addPermission: 201
    case .getPolicy: 200
    case .removePermission: 204
    }
  }
}

/// An operation on event buses and their policies.
public enum BusOperation: String, Sendable, Hashable, CaseIterable {
  case createEventBus = "CreateEventBus"
  case deleteEventBus = "DeleteEventBus"
  case putPermission = "PutPermission"
  case removePermission = "RemovePermission"
}

/// The handle of a move task: which task, and of which queue, so that it can be asked who may use it.
///
/// Source: SQS API, `StartMessageMoveTask`, whose handles are base64 of the same two members.
public struct MoveHandle: Sendable, Hashable {
  public let task: String
  public let source: ResourceName

  public init(task: String, source: ResourceName) {
    self.task = task
    self.source = source
  }

  /// nil if the text is no handle.
  public init?(_ text: String) {
    guard let bytes = [UInt8](base64: text) else { return nil }
    let json: JSON
    do { json = try JSON(parsing: bytes) } catch { return nil }
    guard let task = json["taskId"]?.string, let source = json["sourceArn"]?.string.flatMap({ ResourceName($0) }) else {
      return nil
    }
    self.init(task: task, source: source)
  }

  public var text: String {
    let json: JSON = ["taskId": .string(task), "sourceArn": .string(source.description)]
    return json.bytes.base64
  }
}

/// An operation on tasks that move the messages of a dead-letter queue.
public enum MoveOperation: String, Sendable, Hashable, CaseIterable {
  case startMessageMoveTask = "StartMessageMoveTask"
  case listMessageMoveTasks = "ListMessageMoveTasks"
  case cancelMessageMoveTask = "CancelMessageMoveTask"
}
