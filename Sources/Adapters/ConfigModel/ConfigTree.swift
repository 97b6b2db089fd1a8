import Events

/// Reads the keys of one file into a draft: every one known, once, and none missing.
struct ConfigTree {
  private(set) var draft: ConfigDraft

  init(file: String) {
    draft = ConfigDraft(file: file)
  }

  /// Reads the whole file.
  mutating func read(_ root: ConfigNode) {
    guard case .mapping(let members) = root.content else {
      draft.report(.file(name: draft.file), nil, "holds no keys")
      return
    }
    read(members, [], names: [], at: .file(name: draft.file))
  }

  // MARK: Sections

  /// - Parameters:
  ///   - pattern: the section as the table spells it, `["sources", "*"]`.
  ///   - names: the section as the file spells it, `["sources", "yahoo_finance"]`.
  private mutating func read(
    _ members: [ConfigNode.Member], _ pattern: [String], names: [String], at place: ConfigPlace
  ) {
    let children = ConfigTree.children(of: pattern)
    var seen: Set<String> = []
    for member in members {
      let (key, value) = (member.key, member.value)
      let place = self.place(of: key)
      guard let name = key.scalar else {
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

  private mutating func readSource(_ name: String, _ value: ConfigNode, _ names: [String], at place: ConfigPlace) {
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
  private mutating func read(_ value: ConfigNode, _ pattern: [String], _ names: [String], at place: ConfigPlace) {
    let path = names.joined(separator: ".")
    if let key = ConfigKey.all.first(where: { ConfigKey.parts($0.path) == pattern }) {
      read(value, key, path, at: place)
    } else if case .mapping(let members) = value.content {
      read(members, pattern, names: names, at: place)
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

  private mutating func read(_ node: ConfigNode, _ key: ConfigKey, _ path: String, at place: ConfigPlace) {
    switch key.rule {
    case .list(let rule, let counts):
      guard case .sequence(let sequence) = node.content else {
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
  private static func digits(_ node: ConfigNode, _ must: String) -> Result<String, Fault> {
    guard case .scalar(let text, let kind) = node.content, kind != .null else {
      return .failure(Fault("\(must), is \(words(node))"))
    }
    guard kind == .integer || Int(text) == nil else {
      return .failure(Fault("\(must), is the text \(Fault.shown(text)); leave out the quotes"))
    }
    return .success(text)
  }

  /// A text; what YAML takes for something else (`ON`, 012) is none, for another reader of the file would not see it.
  private static func text(_ node: ConfigNode, _ must: String) -> Result<String, Fault> {
    guard case .scalar(let text, let kind) = node.content, kind != .null else {
      return .failure(Fault("\(must), is \(words(node))"))
    }
    switch kind {
    case .text: return .success(text)
    case .integer: return .failure(Fault("\(must), is \(text), which YAML takes for int; put it in quotes"))
    case .other(let name): return .failure(Fault("\(must), is \(text), which YAML takes for \(name); put it in quotes"))
    case .null: return .failure(Fault("\(must), is empty"))
    }
  }

  /// Goes on after "is".
  private static func words(_ node: ConfigNode) -> String {
    switch node.content {
    case .scalar(let text, let kind): kind == .null ? "empty" : Fault.shown(text)
    case .mapping: "a section of keys"
    case .sequence: "a list"
    case .alias: "an alias"
    }
  }

  private func place(of node: ConfigNode) -> ConfigPlace {
    node.mark.map { .line(file: draft.file, line: $0.line, column: $0.column) } ?? .file(name: draft.file)
  }
}
