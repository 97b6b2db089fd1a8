import Events

/// The values of an event that a pattern looks at, by path.
///
/// Arrays have no part in a path: `{"a":[{"b":1},{"b":2}]}` has two values at "a.b". A key with a dot in it is as good
/// as two keys, and every value of a repeated key counts.
struct EventLeaves {
  /// A value, and which element of which arrays it lies in.
  struct Leaf {
    let value: LeafValue
    let membership: Membership
  }

  private(set) var leaves: [[UInt8]: [Leaf]] = [:]
  /// What stands at a path, also objects and arrays.
  private(set) var values: [[UInt8]: [JSON]] = [:]
  private let paths: PathSet
  private var arraysSeen = 0

  /// - Parameter event: anything but an object has no values.
  init(_ event: JSON, at paths: PathSet) {
    self.paths = paths
    if let members = event.members { visit(members, below: nil, Membership()) }
  }

  private mutating func visit(_ members: [JSON.Member], below parent: [UInt8]?, _ membership: Membership) {
    for member in members {
      let path = parent.map { $0 + [UInt8(ascii: ".")] + member.key.utf8 } ?? Array(member.key.utf8)
      guard paths.leadsOn(path) else { continue }
      if paths.contains(path) { values[path, default: []].append(member.value) }
      visit(member.value, at: path, membership)
    }
  }

  private mutating func visit(_ value: JSON, at path: [UInt8], _ membership: Membership) {
    switch value {
    case .object(let members):
      visit(members, below: path, membership)
    case .array(let elements):
      let array = arraysSeen
      arraysSeen += 1
      for (index, element) in elements.enumerated() {
        // A scalar lies in no element of its own: `["Anna","P"]` binds no other field.
        let isScalar = element.members == nil && element.elements == nil
        visit(element, at: path, isScalar ? membership : membership.inside(array, index))
      }
    case .null, .bool, .number, .string:
      if paths.contains(path), let leaf = LeafValue(value) {
        leaves[path, default: []].append(Leaf(value: leaf, membership: membership))
      }
    }
  }
}

/// The paths of a pattern, and the ways to them.
struct PathSet: Sendable, Hashable {
  private let paths: Set<[UInt8]>
  private let ways: Set<[UInt8]>

  init(_ alternatives: [[FieldTest]]) {
    let paths = Set(alternatives.joined().map(\.path))
    self.paths = paths
    var ways = paths
    for path in paths {
      for (index, byte) in path.enumerated() where byte == UInt8(ascii: ".") { ways.insert(Array(path[..<index])) }
    }
    self.ways = ways
  }

  func contains(_ path: [UInt8]) -> Bool { paths.contains(path) }

  /// Whether it is one of the paths or on the way to one.
  func leadsOn(_ path: [UInt8]) -> Bool { ways.contains(path) }
}
