import Events

/// A value of a configuration file, whatever language it is written in.
public struct ConfigNode: Sendable {
  public indirect enum Content: Sendable {
    case scalar(String, ScalarKind)
    case sequence([ConfigNode])
    case mapping([Member])
    case alias
  }

  /// What the file's language takes a scalar for.
  public enum ScalarKind: Sendable, Hashable {
    case text, integer, null
    /// By the language's own name: `bool`, `float`.
    case other(String)
  }

  public struct Member: Sendable {
    public let key: ConfigNode
    public let value: ConfigNode

    public init(key: ConfigNode, value: ConfigNode) {
      self.key = key
      self.value = value
    }
  }

  public let content: Content
  /// Line and column, counted from 1; nil where the language has none.
  public let mark: (line: Int, column: Int)?

  public init(_ content: Content, mark: (line: Int, column: Int)?) {
    self.content = content
    self.mark = mark
  }

  /// The text of a scalar.
  var scalar: String? {
    guard case .scalar(let text, _) = content else { return nil }
    return text
  }
}

extension ConfigNode {
  /// A file in JSON, as `infrastructure` puts it beside the Lambda binary: the same keys as in YAML.
  public init(_ json: JSON) {
    switch json {
    case .null: self.init(.scalar("", .null), mark: nil)
    case .bool(let flag): self.init(.scalar(flag ? "true" : "false", .other("bool")), mark: nil)
    case .number(let number):
      self.init(.scalar(number.text, Int(number.text) == nil ? .other("float") : .integer), mark: nil)
    case .string(let text): self.init(.scalar(text, .text), mark: nil)
    case .array(let elements): self.init(.sequence(elements.map { ConfigNode($0) }), mark: nil)
    case .object(let members):
      let own = members.map {
        Member(key: ConfigNode(.scalar($0.key, .text), mark: nil), value: ConfigNode($0.value))
      }
      self.init(.mapping(own), mark: nil)
    }
  }
}
