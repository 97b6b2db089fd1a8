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
struct PathSet: Sendable {
  /// Up to so many are looked through; more are hashed.
  private static let fewMax = 16

  private let few: [FieldTest]
  private var paths: Set<[UInt8]> = []
  private var ways: Set<[UInt8]> = []

  init(_ alternatives: [[FieldTest]]) {
    let fields = alternatives.count == 1 ? alternatives[0] : Array(alternatives.joined())
    few = fields.count <= PathSet.fewMax ? fields : []
    guard few.isEmpty else { return }
    for field in fields where paths.insert(field.path).inserted {
      ways.insert(field.path)
      for (index, byte) in field.path.enumerated() where byte == UInt8(ascii: ".") {
        ways.insert(Array(field.path[..<index]))
      }
    }
  }

  func contains(_ path: [UInt8]) -> Bool {
    few.isEmpty ? paths.contains(path) : few.contains { $0.path == path }
  }

  /// Whether it is one of the paths or on the way to one.
  func leadsOn(_ path: [UInt8]) -> Bool {
    if few.isEmpty { return ways.contains(path) }
    return few.contains { field in
      field.path.starts(with: path) && (field.path.count == path.count || field.path[path.count] == UInt8(ascii: "."))
    }
  }
}
