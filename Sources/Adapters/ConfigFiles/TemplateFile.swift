import ConfigModel
import Events
import FoundationEssentials
import Yams

/// A CloudFormation template in JSON or YAML, as one tree.
///
/// Source: CloudFormation user guide, "Intrinsic function reference": `!Ref x` is `{"Ref": x}`, `!Sub x` is `{"Fn::Sub": x}`.
public enum TemplateFile {
  /// Bytes of a file at most; CloudFormation takes a megabyte.
  public static let bytesMax = 16 * 1_024 * 1_024

  /// Reads the file.
  ///
  /// - Throws: `ConfigError` if it cannot be read, or is neither JSON nor YAML.
  public static func read(path: String) throws(ConfigError) -> JSON {
    let bytes: Data
    do { bytes = try Data(contentsOf: URL(filePath: path)) } catch {
      throw ConfigError([.init(.file(name: path), nil, "cannot be read: \(error)")])
    }
    return try parse(String(decoding: bytes, as: UTF8.self), name: path)
  }

  /// Reads a text that begins with a brace as JSON, which YAML's reader would take only in part, and any other as YAML.
  ///
  /// - Parameter name: of the file, for messages.
  public static func parse(_ text: String, name: String) throws(ConfigError) -> JSON {
    guard text.utf8.count <= bytesMax else {
      throw ConfigError([.init(.file(name: name), nil, "is larger than \(bytesMax) bytes")])
    }
    do {
      if text.first(where: { !$0.isWhitespace }) == "{" { return try JSON(parsing: text) }
      if let root = try Yams.compose(yaml: text), root.mapping != nil { return json(root) }
    } catch let error as JSONError {
      throw ConfigError([.init(.file(name: name), nil, "is no JSON: \(error.message)")])
    } catch {
      throw ConfigError([.init(.file(name: name), nil, "cannot be read: \(error)")])
    }
    throw ConfigError([.init(.file(name: name), nil, "holds no template")])
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
      case "true", "True", "TRUE": return true
      case "false", "False", "FALSE": return false
      case "null", "~", "": return .null
      default: return number(scalar.string) ?? .string(scalar.string)
      }
    case .alias: return .null
    }
  }

  /// A number in its own spelling: 1.10 is a version as often as a number, and 007 is none.
  private static func number(_ text: String) -> JSON? {
    guard let first = text.utf8.first, first == UInt8(ascii: "-") || (0x30...0x39).contains(first) else { return nil }
    do {
      let json = try JSON(parsing: text)
      return json.double == nil ? nil : json
    } catch {
      return nil  // What is no number in JSON is a text.
    }
  }
}
