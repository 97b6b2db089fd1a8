import ConfigModel
import Yams

/// YAML as the configuration's reader sees it.
enum YAMLNode {
  /// Throws the one problem of a text that is no YAML, for what follows it cannot be read.
  static func read(_ text: String, fileName: String) throws(ConfigError) -> ConfigNode {
    do {
      guard let root = try Yams.compose(yaml: text) else { return ConfigNode(.scalar("", .null), mark: nil) }
      return node(root)
    } catch let error as YamlError {
      throw ConfigError([problem(error, fileName)])
    } catch {
      throw ConfigError([.init(.file(name: fileName), nil, "cannot be read: \(error)")])
    }
  }

  private static func node(_ node: Node) -> ConfigNode {
    let mark = node.mark.map { ($0.line, $0.column) }
    switch node {
    case .scalar(let scalar): return ConfigNode(.scalar(scalar.string, kind(node)), mark: mark)
    case .sequence(let sequence): return ConfigNode(.sequence(sequence.map { self.node($0) }), mark: mark)
    case .mapping(let mapping):
      let members = mapping.map { ConfigNode.Member(key: self.node($0.key), value: self.node($0.value)) }
      return ConfigNode(.mapping(members), mark: mark)
    case .alias: return ConfigNode(.alias, mark: mark)
    }
  }

  private static func kind(_ node: Node) -> ConfigNode.ScalarKind {
    if node.tag == Tag(.null) { return .null }
    if node.tag == Tag(.int) { return .integer }
    if node.tag == Tag(.str) { return .text }
    return .other(node.tag.description.split(separator: ":").last.map(String.init) ?? "value")
  }

  /// What libYAML says, at its own line.
  private static func problem(_ error: YamlError, _ file: String) -> ConfigError.Problem {
    func line(_ mark: Mark) -> ConfigPlace { .line(file: file, line: mark.line, column: mark.column) }
    switch error {
    case .scanner(let context, let problem, let mark, _), .parser(let context, let problem, let mark, _),
      .composer(let context, let problem, let mark, _):
      let around = context.map { " (\($0.text), line \($0.mark.line))" } ?? ""
      return .init(line(mark), nil, "is not YAML: \(problem)\(around)")
    case .duplicatedKeysInMapping(let duplicates, let context):
      let names = duplicates.sorted().joined(separator: ", ")
      return .init(line(context.mark), names, "is written twice in its section")
    case .reader(let problem, let offset, _, let yaml):
      let lines = yaml.prefix(offset ?? 0).split(separator: "\n", omittingEmptySubsequences: false)
      let column = (lines.last?.unicodeScalars.count ?? 0) + 1
      return .init(
        .line(file: file, line: max(1, lines.count), column: column), nil, "is not YAML: \(problem)")
    case .no, .memory, .writer, .emitter, .representer, .dataCouldNotBeDecoded:
      return .init(.file(name: file), nil, "cannot be read: \(error)")
    }
  }
}
