import Events
import Policies

/// A role of the environment: who may assume it, and what it may do.
///
/// Source: IAM API, `Role`; its policies are inline, by name.
public struct Role: Sendable, Hashable {
  public let name: String
  /// `/` or `/a/b/`.
  public let path: String
  public let id: String
  public let description: String?
  /// Who may assume it.
  public var trust: String
  /// Inline policies by name.
  public var policies: [String: String]
  public let maxSessionSeconds: Int
  public let tags: [Tag]
  public let createdAt: Timestamp

  /// A label, which policies see as `aws:PrincipalTag/KEY`.
  public struct Tag: Sendable, Hashable {
    public let key: String
    public let value: String

    public init(key: String, value: String) {
      self.key = key
      self.value = value
    }
  }

  public init(
    name: String, path: String = "/", id: String, description: String?, trust: String, policies: [String: String] = [:],
    maxSessionSeconds: Int = 3_600, tags: [Tag] = [], createdAt: Timestamp
  ) {
    self.tags = tags
    self.name = name
    self.path = path
    self.id = id
    self.description = description
    self.trust = trust
    self.policies = policies
    self.maxSessionSeconds = maxSessionSeconds
    self.createdAt = createdAt
  }

  /// `arn:aws:iam::123456789012:role/NAME`; IAM names no region.
  public func arn(_ account: String) -> ResourceName {
    ResourceName(service: "iam", region: "", account: account, resource: "role\(path)\(name)")
  }

  /// The inline policies as the evaluator takes them; what was saved was checked.
  public func identity() throws(PolicyError) -> [NamedPolicy] {
    try policies.sorted { $0.key < $1.key }.map { name, text throws(PolicyError) in
      NamedPolicy(name, try PolicyDocument(text, as: .identity))
    }
  }

  var json: JSON {
    JSON(present: [
      "path": .string(path), "id": .string(id), "description": description.map { .string($0) },
      "trust": .string(trust), "max_session_seconds": JSON(maxSessionSeconds),
      "policies": .object(policies.sorted { $0.key < $1.key }.map { .init($0.key, .string($0.value)) }),
      "tags": tags.isEmpty ? nil : .array(tags.map { ["key": .string($0.key), "value": .string($0.value)] }),
    ])
  }

  init?(_ document: Document) {
    guard let path = document.json["path"]?.string, let id = document.json["id"]?.string,
      let trust = document.json["trust"]?.string
    else { return nil }
    let policies = (document.json["policies"]?.members ?? []).compactMap { member in
      member.value.string.map { (member.key, $0) }
    }
    let tags = (document.json["tags"]?.elements ?? []).compactMap { tag -> Tag? in
      guard let key = tag["key"]?.string, let value = tag["value"]?.string else { return nil }
      return Tag(key: key, value: value)
    }
    self.init(
      name: document.name, path: path, id: id, description: document.json["description"]?.string, trust: trust,
      policies: Dictionary(policies, uniquingKeysWith: { _, last in last }),
      maxSessionSeconds: document.json["max_session_seconds"]?.int ?? 3_600, tags: tags,
      createdAt: document.createdAt)
  }
}
