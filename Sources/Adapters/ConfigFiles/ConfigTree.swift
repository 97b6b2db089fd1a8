import Yams

/// Reads the keys of one YAML text into a draft: every one known, once, and none missing.
struct ConfigTree {
  private(set) var draft: ConfigDraft

  init(file: String) {
    draft = ConfigDraft(file: file)
  }

  /// Reads the whole text. Text that is no YAML gives one problem, for what follows it cannot be read.
  mutating func read(_ text: String) {
    let root: Node?
    do {
      root = try Yams.compose(yaml: text)
    } catch let error as YamlError {
      report(error)
      return
    } catch {
      draft.report(.file(name: draft.file), nil, "cannot be read: \(error)")
      return
    }
    guard let mapping = root?.mapping else {
      draft.report(.file(name: draft.file), nil, "holds no keys")
      return
    }
    read(mapping, [], names: [], at: .file(name: draft.file))
  }

  // MARK: Sections

  /// - Parameters:
  ///   - pattern: the section as the table spells it, `["sources", "*"]`.
  ///   - names: the section as the file spells it, `["sources", "yahoo_finance"]`.
  private mutating func read(_ mapping: Node.Mapping, _ pattern: [String], names: [String], at place: ConfigPlace) {
    let children = ConfigTree.children(of: pattern)
    var seen: Set<String> = []
    for (key, value) in mapping {
      let place = self.place(of: key)
      guard let name = key.scalar?.string else {
        draft.report(place, names.isEmpty ? nil : names.joined(separator: "."), "a key must be a word")
        continue
      }
      let path = (names + [name]).joined(separator: ".")
      if !seen.insert(name).inserted {
        draft.report(place, path, "is written twice")
      } else if children.contains(name) {
        read(value, pattern + [name], names + [name], at: place)
      } else if children == ["*"] {
        readSource(name, value, names, at: place)
      } else {
        draft.report(place, path, "is unknown" + ConfigDraft.hint(ConfigTree.nearest(name, names, children)))
      }
    }
    if children == ["*"], seen.isEmpty {
      draft.report(place, names.joined(separator: "."), "must name at least one")
    }
    for child in children where child != "*" && !seen.contains(child) {
      let path = (pattern + [child]).joined(separator: ".")
      let left = ConfigKey.all.filter { $0.path == path || $0.path.hasPrefix(path + ".") }
      guard left.contains(where: { $0.fallback == nil }) else {
        for key in left { draft.take(fallbackOf: key, at: place) }
        continue
      }
      draft.report(place, (names + [child]).joined(separator: "."), "is missing")
    }
  }

  private mutating func readSource(_ name: String, _ value: Node, _ names: [String], at place: ConfigPlace) {
    let path = (names + [name]).joined(separator: ".")
    switch TextRule.identifier.read(name) {
    case .success:
      draft.sources.append(name)
      read(value, names + ["*"], names + [name], at: place)
    case .failure(let fault):
      draft.report(place, path, "a source's name \(fault.reason)")
    }
  }

  /// A key's value, or the section under it.
  private mutating func read(_ value: Node, _ pattern: [String], _ names: [String], at place: ConfigPlace) {
    let path = names.joined(separator: ".")
    if let key = ConfigKey.all.first(where: { ConfigKey.parts($0.path) == pattern }) {
      read(value, key, path, at: place)
    } else if let mapping = value.mapping {
      read(mapping, pattern, names: names, at: place)
    } else {
      draft.report(place, path, "must hold keys, is \(ConfigTree.words(value))")
    }
  }

  /// What may stand under a section, in the table's order; only `*` where the file chooses the names.
  private static func children(of pattern: [String]) -> [String] {
    var children: [String] = []
    for key in ConfigKey.all {
      let parts = ConfigKey.parts(key.path)
      guard parts.count > pattern.count, parts.starts(with: pattern) else { continue }
      if !children.contains(parts[pattern.count]) { children.append(parts[pattern.count]) }
    }
    return children
  }

  /// The sibling that was meant, or the only key of that name in another section.
  private static func nearest(_ name: String, _ names: [String], _ siblings: [String]) -> String? {
    let sibling = NearestName.of(name, among: siblings).map { (names + [$0]).joined(separator: ".") }
    return sibling ?? ConfigDraft.elsewhere(name, among: ConfigKey.all.map(\.path))
  }

  // MARK: Values

  private mutating func read(_ node: Node, _ key: ConfigKey, _ path: String, at place: ConfigPlace) {
    switch key.rule {
    case .list(let rule, let counts):
      guard let sequence = node.sequence else {
        draft.report(place, path, "must be \(key.range), is \(ConfigTree.words(node))")
        return
      }
      var elements: [String] = []
      for (index, element) in sequence.enumerated() {
        let result = ConfigTree.text(element, "must be \(rule.words)").flatMap { rule.read($0) }
        switch result {
        case .success(let text): elements.append(text)
        case .failure(let fault): draft.report(self.place(of: element), "\(path)[\(index)]", fault.reason)
        }
      }
      if elements.count == sequence.count { draft.take(ConfigRule.list(elements, counts), path, at: place) }
    case .number:
      draft.take(ConfigTree.digits(node, "must be \(key.range)").flatMap { key.rule.read($0) }, path, at: place)
    case .choice, .text:
      draft.take(ConfigTree.text(node, "must be \(key.range)").flatMap { key.rule.read($0) }, path, at: place)
    }
  }

  /// A number as it is written; what YAML takes for a text is none, for another reader of the file would agree.
  private static func digits(_ node: Node, _ must: String) -> Result<String, Fault> {
    guard let text = node.scalar?.string, node.tag != Tag(.null) else {
      return .failure(Fault("\(must), is \(words(node))"))
    }
    guard node.tag == Tag(.int) || Int(text) == nil else {
      return .failure(Fault("\(must), is the text \(Fault.shown(text)); leave out the quotes"))
    }
    return .success(text)
  }

  /// A text; what YAML takes for something else (`ON`, 012) is none, for another reader of the file would not see it.
  private static func text(_ node: Node, _ must: String) -> Result<String, Fault> {
    guard let text = node.scalar?.string, node.tag != Tag(.null) else {
      return .failure(Fault("\(must), is \(words(node))"))
    }
    guard node.tag == Tag(.str) else {
      let kind = node.tag.description.split(separator: ":").last ?? "value"
      return .failure(Fault("\(must), is \(text), which YAML takes for \(kind); put it in quotes"))
    }
    return .success(text)
  }

  /// Goes on after "is".
  private static func words(_ node: Node) -> String {
    switch node {
    case .scalar(let scalar): node.tag == Tag(.null) ? "empty" : Fault.shown(scalar.string)
    case .mapping: "a section of keys"
    case .sequence: "a list"
    case .alias: "an alias"
    }
  }

  // MARK: Places

  private func place(of node: Node) -> ConfigPlace {
    node.mark.map { place($0) } ?? .file(name: draft.file)
  }

  private func place(_ mark: Mark) -> ConfigPlace {
    .line(file: draft.file, line: mark.line, column: mark.column)
  }

  /// What libYAML says, at its own line.
  private mutating func report(_ error: YamlError) {
    switch error {
    case .scanner(let context, let problem, let mark, _), .parser(let context, let problem, let mark, _),
      .composer(let context, let problem, let mark, _):
      let around = context.map { " (\($0.text), line \($0.mark.line))" } ?? ""
      draft.report(place(mark), nil, "is not YAML: \(problem)\(around)")
    case .duplicatedKeysInMapping(let duplicates, let context):
      let names = duplicates.sorted().joined(separator: ", ")
      draft.report(place(context.mark), names, "is written twice in its section")
    case .reader(let problem, let offset, _, let yaml):
      let lines = yaml.prefix(offset ?? 0).split(separator: "\n", omittingEmptySubsequences: false)
      let mark = (line: max(1, lines.count), column: (lines.last?.unicodeScalars.count ?? 0) + 1)
      draft.report(
        .line(file: draft.file, line: mark.line, column: mark.column), nil, "is not YAML: \(problem)")
    case .no, .memory, .writer, .emitter, .representer, .dataCouldNotBeDecoded:
      draft.report(.file(name: draft.file), nil, "cannot be read: \(error)")
    }
  }
}
