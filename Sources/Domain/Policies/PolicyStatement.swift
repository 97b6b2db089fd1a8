import Events

/// One statement of a policy.
public struct PolicyStatement: Sendable, Hashable {
  public enum Effect: String, Sendable, Hashable {
    case allow = "Allow"
    case deny = "Deny"
  }

  /// A list of patterns that is meant, or everything but it: `Action` and `NotAction`.
  public struct Selection: Sendable, Hashable {
    public let patterns: [String]
    public let isInverted: Bool
  }

  /// Who a statement is about; nil in policies of identities.
  public struct Principals: Sendable, Hashable {
    /// `*`, or by kind: `AWS`, `Service`, `Federated`, `CanonicalUser`.
    public let entries: [String: [String]]
    public let isInverted: Bool
  }

  /// One test of one key: `StringEquals`, `aws:SourceArn`, the values of which any may fit.
  public struct Condition: Sendable, Hashable {
    public let test: ConditionOperator
    public let key: String
    public let values: [String]
  }

  public let index: Int
  public let sid: String?
  public let effect: Effect
  public let principals: Principals?
  public let actions: Selection
  /// Every resource in a trust policy.
  public let resources: Selection
  public let conditions: [Condition]
  public let span: SourceSpan

  init(_ json: JSON, index: Int, _ kind: PolicyDocument.Kind, span: SourceSpan) throws(PolicyError) {
    func refuse(_ what: String) -> PolicyError { PolicyError("Statement \(index + 1): \(what)") }
    guard let members = json.members else { throw refuse("it is no JSON object") }
    let known = [
      "Sid", "Effect", "Principal", "NotPrincipal", "Action", "NotAction", "Resource", "NotResource", "Condition",
    ]
    if let strange = members.first(where: { !known.contains($0.key) }) {
      throw refuse("unknown element \(strange.key)")
    }
    guard let effect = json["Effect"]?.string.flatMap({ Effect(rawValue: $0) }) else {
      throw refuse("Effect must be Allow or Deny")
    }
    self.index = index
    self.effect = effect
    self.span = span
    sid = json["Sid"]?.string
    if let sid, kind == .identity, !sid.allSatisfy({ $0.isASCII && ($0.isLetter || $0.isNumber) }) {
      throw refuse("Statement IDs (SID) must be alpha-numeric")
    }
    do throws(PolicyError) {
      actions = try PolicyStatement.selection(json, "Action", "NotAction")
      for action in actions.patterns where action != "*" && !PolicyStatement.isAction(action) {
        throw PolicyError("Actions must be * or prefixed with a vendor, as in s3:GetObject, not \(action)")
      }
      if kind == .trust {
        guard json["Resource"] == nil, json["NotResource"] == nil else {
          throw PolicyError("A trust policy has no Resource")
        }
        resources = Selection(patterns: ["*"], isInverted: false)
      } else {
        resources = try PolicyStatement.selection(json, "Resource", "NotResource")
        for resource in resources.patterns
        where resource != "*" && !resource.hasPrefix("arn:") && !resource.hasPrefix("*") {
          throw PolicyError("Resource \(resource) must be in ARN format or \"*\"")
        }
      }
      principals = try PolicyStatement.principals(json, kind)
      conditions = try PolicyStatement.conditions(json["Condition"])
    } catch {
      throw refuse(error.message)
    }
  }

  private static func isAction(_ text: String) -> Bool {
    let sides = text.split(separator: ":", omittingEmptySubsequences: false)
    return sides.count == 2
      && sides.allSatisfy { side in
        !side.isEmpty && side.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "-*?".contains($0)) }
      }
  }

  private static func texts(_ json: JSON, _ name: String) throws(PolicyError) -> [String] {
    if let text = json.string { return [text] }
    guard let elements = json.elements, !elements.isEmpty else {
      throw PolicyError("\(name) must be a text or a list of texts")
    }
    let texts = elements.compactMap(\.string)
    guard texts.count == elements.count else { throw PolicyError("\(name) must be a text or a list of texts") }
    return texts
  }

  private static func selection(_ json: JSON, _ plain: String, _ inverted: String) throws(PolicyError) -> Selection {
    switch (json[plain], json[inverted]) {
    case (let value?, nil): return Selection(patterns: try texts(value, plain), isInverted: false)
    case (nil, let value?): return Selection(patterns: try texts(value, inverted), isInverted: true)
    case (nil, nil): throw PolicyError("it must have \(plain) or \(inverted)")
    case (_?, _?): throw PolicyError("it must not have both \(plain) and \(inverted)")
    }
  }

  private static func principals(_ json: JSON, _ kind: PolicyDocument.Kind) throws(PolicyError) -> Principals? {
    let value: JSON
    let isInverted: Bool
    switch (json["Principal"], json["NotPrincipal"], kind) {
    case (nil, nil, .identity): return nil
    case (_, _, .identity): throw PolicyError("a policy of an identity has no Principal")
    case (nil, nil, _): throw PolicyError("it must have a Principal")
    case (let found?, nil, _): (value, isInverted) = (found, false)
    case (nil, let found?, _): (value, isInverted) = (found, true)
    case (_?, _?, _): throw PolicyError("it must not have both Principal and NotPrincipal")
    }
    if let text = value.string {
      guard text == "*" else { throw PolicyError("Invalid principal in policy: \(text)") }
      return Principals(entries: ["AWS": ["*"]], isInverted: isInverted)
    }
    guard let members = value.members, !members.isEmpty else { throw PolicyError("Invalid principal in policy") }
    var entries: [String: [String]] = [:]
    for member in members {
      guard ["AWS", "Service", "Federated", "CanonicalUser"].contains(member.key) else {
        throw PolicyError("Invalid principal in policy: \(member.key)")
      }
      entries[member.key] = try texts(member.value, "Principal")
    }
    for text in entries["AWS"] ?? [] where !isPrincipal(text) {
      throw PolicyError("Invalid principal in policy: \"AWS\":\"\(text)\"")
    }
    return Principals(entries: entries, isInverted: isInverted)
  }

  private static func isPrincipal(_ text: String) -> Bool {
    text == "*" || (text.count == 12 && text.allSatisfy { $0.isASCII && $0.isNumber })
      || (text.hasPrefix("arn:") && ResourceName(text) != nil)
  }

  private static func conditions(_ json: JSON?) throws(PolicyError) -> [Condition] {
    guard let json else { return [] }
    guard let tests = json.members else { throw PolicyError("Condition must be an object") }
    var conditions: [Condition] = []
    for test in tests {
      guard let made = ConditionOperator(test.key) else {
        throw PolicyError("Invalid Condition type : \(test.key).")
      }
      guard let keys = test.value.members else { throw PolicyError("Condition \(test.key) must be an object") }
      for key in keys {
        guard key.key.contains(":") else { throw PolicyError("Condition key \(key.key) has no vendor") }
        let values = key.value.elements ?? [key.value]
        let texts = values.compactMap { value -> String? in
          switch value {
          case .string(let text): text
          case .bool, .number: value.text
          case .null, .array, .object: nil
          }
        }
        guard texts.count == values.count else { throw PolicyError("a value of \(key.key) is neither text nor number") }
        conditions.append(Condition(test: made, key: key.key, values: texts))
      }
    }
    return conditions
  }
}
