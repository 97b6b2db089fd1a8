import AWSPorts

/// A place in an item: `a.b[0]`.
struct DocumentPath: Sendable, Hashable, CustomStringConvertible {
  enum Step: Sendable, Hashable, CustomStringConvertible {
    case name(String)
    case index(Int)

    var description: String {
      switch self {
      case .name(let name): name
      case .index(let index): "[\(index)]"
      }
    }
  }

  /// The top-level attribute.
  let root: String
  let rest: [Step]

  var steps: [Step] { [.name(root)] + rest }

  /// As DynamoDB's messages write it: `[a, b, [0]]`.
  var description: String { "[" + steps.map(\.description).joined(separator: ", ") + "]" }

  func value(in item: Item) -> AttributeValue? {
    guard var value = item[root] else { return nil }
    for step in rest {
      guard let inner = value.child(step) else { return nil }
      value = inner
    }
    return value
  }

  /// How two paths of one expression get in each other's way.
  enum Clash: String {
    /// One is inside of the other, or the same.
    case overlap
    /// One takes for a list what the other takes for a map.
    case conflict
  }

  func clash(with other: DocumentPath) -> Clash? {
    for (mine, yours) in zip(steps, other.steps) where mine != yours {
      switch (mine, yours) {
      case (.name, .index), (.index, .name): return .conflict
      case (.name, .name), (.index, .index): return nil
      }
    }
    return .overlap
  }
}

extension AttributeValue {
  func child(_ step: DocumentPath.Step) -> AttributeValue? {
    switch (self, step) {
    case (.map(let members), .name(let name)): members[name]
    case (.list(let elements), .index(let index)): elements.indices.contains(index) ? elements[index] : nil
    case (.map, .index), (.list, .name), (.string, _), (.number, _), (.binary, _), (.bool, _), (.null, _),
      (.strings, _), (.numbers, _), (.binaries, _):
      nil
    }
  }

  /// The value with that place set, or removed if `new` is nil; an index past the end appends.
  func replacing(_ path: ArraySlice<DocumentPath.Step>, with new: AttributeValue?) throws(AWSError) -> AttributeValue {
    guard let step = path.first else { return self }
    switch (self, step) {
    case (.map(var members), .name(let name)):
      if path.count == 1 {
        members[name] = new
      } else {
        guard let inner = members[name] else { throw .pathInvalid }
        members[name] = try inner.replacing(path.dropFirst(), with: new)
      }
      return .map(members)
    case (.list(var elements), .index(let index)):
      if path.count > 1 {
        guard elements.indices.contains(index) else { throw .pathInvalid }
        elements[index] = try elements[index].replacing(path.dropFirst(), with: new)
      } else if let new {
        if elements.indices.contains(index) { elements[index] = new } else { elements.append(new) }
      } else if elements.indices.contains(index) {
        elements.remove(at: index)
      }
      return .list(elements)
    case (.map, .index), (.list, .name), (.string, _), (.number, _), (.binary, _), (.bool, _), (.null, _),
      (.strings, _), (.numbers, _), (.binaries, _):
      throw .pathInvalid
    }
  }
}

extension Item {
  /// Sets that place, or removes it if `new` is nil.
  mutating func replace(_ path: DocumentPath, with new: AttributeValue?) throws(AWSError) {
    if path.rest.isEmpty {
      self[path.root] = new
    } else {
      guard let outer = self[path.root] else { throw .pathInvalid }
      self[path.root] = try outer.replacing(path.rest[...], with: new)
    }
  }

  /// What a projection keeps: those places with the maps and lists around them; elements of lists close up.
  func projected(on paths: [DocumentPath]) -> Item {
    var kept: Item = [:]
    for root in Set(paths.map(\.root)) {
      guard let value = self[root] else { continue }
      if let part = value.projected(on: paths.filter { $0.root == root }.map { $0.rest[...] }) { kept[root] = part }
    }
    return kept
  }
}

extension AttributeValue {
  fileprivate func projected(on paths: [ArraySlice<DocumentPath.Step>]) -> AttributeValue? {
    if paths.contains(where: \.isEmpty) { return self }
    let inner = Dictionary(grouping: paths) { $0.first }
    let parts = inner.compactMap { step, paths -> (DocumentPath.Step, AttributeValue)? in
      guard let step, let part = child(step)?.projected(on: paths.map { $0.dropFirst() }) else { return nil }
      return (step, part)
    }
    guard !parts.isEmpty else { return nil }
    var members: Item = [:]
    var elements: [(Int, AttributeValue)] = []
    for (step, part) in parts {
      switch step {
      case .name(let name): members[name] = part
      case .index(let index): elements.append((index, part))
      }
    }
    return elements.isEmpty ? .map(members) : .list(elements.sorted { $0.0 < $1.0 }.map(\.1))
  }
}

extension AWSError {
  static var pathInvalid: AWSError {
    .validation("The document path provided in the update expression is invalid for update")
  }
}
