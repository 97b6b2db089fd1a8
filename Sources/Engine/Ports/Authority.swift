import Events

/// Who decides whether a rule may use a target. Adapter: `Operations.Permissions`.
///
/// It is asked on the path of a cause, so it answers from memory.
public protocol Authority: Sendable {
  /// nil if the rule may; else which permission is missing, in one sentence.
  func refusal(of rule: ResourceName, to target: ResourceName) -> String?
}

/// An authority that lets everything through: for worlds without permissions.
public struct OpenAuthority: Authority {
  public init() {}

  public func refusal(of rule: ResourceName, to target: ResourceName) -> String? { nil }
}
