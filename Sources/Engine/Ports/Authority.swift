import Events

/// Who decides whether a rule or a schedule may use a target. Adapter: `Operations.Permissions`.
///
/// It is asked on the path of a cause, so it answers from memory, but for buses.
public protocol Authority: Sendable {
  /// nil if the rule may; else which permission is missing, in one sentence.
  func refusal(of rule: ResourceName, to target: ResourceName) -> String?
  /// nil if the role may do that for the schedule, or is none of this environment's; else which permission is missing.
  func refusal(_ use: RoleUse) -> String?
  /// Whether there is a bus of that name.
  func hasBus(_ name: String) async throws(StoreError) -> Bool
}

/// What a schedule does to its target in the name of its role.
public struct RoleUse: Sendable, Hashable {
  /// ARN of the role.
  public let role: String
  /// `sqs:SendMessage`
  public let action: String
  public let resource: ResourceName
  public let schedule: ResourceName

  public init(role: String, action: String, resource: ResourceName, schedule: ResourceName) {
    self.role = role
    self.action = action
    self.resource = resource
    self.schedule = schedule
  }
}

/// An authority that lets everything through: for worlds without permissions, and without buses but the default one.
public struct OpenAuthority: Authority {
  public init() {}

  public func refusal(of rule: ResourceName, to target: ResourceName) -> String? { nil }

  public func refusal(_ use: RoleUse) -> String? { nil }

  public func hasBus(_ name: String) -> Bool { name == "default" }
}
