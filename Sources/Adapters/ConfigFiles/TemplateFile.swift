import ConfigModel
import Events
import FoundationEssentials
import Yams

/// A CloudFormation template in JSON or YAML, as one tree.
///
/// Source: CloudFormation user guide, "Intrinsic function reference": `!Ref x` is `{"Ref": x}`, `!Sub x` is `{"Fn::Sub": x}`.
public enum TemplateFile {
  /// Reads the file.
  ///
  /// - Throws: `ConfigError` if it cannot be read or is no YAML.
  public static func read(path: String) throws(ConfigError) -> JSON {
    do {
      let text = String(decoding: try Data(contentsOf: URL(filePath: path)), as: UTF8.self)
      if let root = try Yams.compose(yaml: text), root.mapping != nil { return json(root) }
    } catch {
      throw ConfigError([.init(.file(name: path), nil, "cannot be read: \(error)")])
    }
    throw ConfigError([.init(.file(name: path), nil, "holds no template")])
  }

  private static func json(_ node: Node) -> JSON {
    let tag = node.tag.description
    let plain = untagged(node)
    guard tag.hasPrefix("!"), !tag.hasPrefix("!!") else { return plain }
    let name = tag.dropFirst()
    return .object([.init(name == "Ref" || name == "Condition" ? String(name) : "Fn::\(name)", plain)])
  }

  private static func untagged(_ node: Node) -> JSON {
    switch node {
    case .mapping(let mapping):
      return .object(mapping.map { .init($0.key.scalar?.string ?? "", json($0.value)) })
    case .sequence(let sequence): return .array(sequence.map(json))
    case .scalar(let scalar):
      guard scalar.style == .plain || scalar.style == .any else { return .string(scalar.string) }
      switch scalar.string {
      case "true": return true
      case "false": return false
      case "null", "~", "": return .null
      default:
        if let number = Int(scalar.string) { return JSON(number) }
        if let number = Double(scalar.string), number.isFinite { return JSON(number) }
        return .string(scalar.string)
      }
    case .alias: return .null
    }
  }
}
