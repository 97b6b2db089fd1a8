import Events

/// Where a path leads in an event: the values that lie there, and the gaps where one could.
struct EventPlaces {
  enum Step: Hashable {
    case member(Int)
    case element(Int)
  }

  /// One place.
  struct Place {
    let steps: [Step]
    /// `detail.items[1].name`, with the keys that are missing yet.
    let name: String
    /// What lies at the end of the steps.
    let value: JSON
    /// Keys that are missing from there on; none where something is at the path itself.
    let missing: [String]

    /// The name of what lies at the end of the steps.
    let parentName: String

    /// Whether it is a value that operators look at.
    var isLeaf: Bool { missing.isEmpty && value.members == nil && value.elements == nil }
  }

  private(set) var all: [Place] = []
  private let path: [UInt8]

  /// - Parameter path: keys joined with ".", in UTF-8; arrays have no part in it.
  init(_ path: [UInt8], in event: JSON) {
    self.path = path
    descend(event, from: nil, [], name: "")
  }

  var leaves: [Place] { all.filter(\.isLeaf) }

  /// Where something is, leaf or not.
  var present: [Place] { all.filter(\.missing.isEmpty) }

  /// Where keys are missing.
  var gaps: [Place] { all.filter { !$0.missing.isEmpty } }

  /// What is left of the path behind a beginning that ends before a ".".
  private func rest(behind beginning: [UInt8]?) -> ArraySlice<UInt8>? {
    guard let beginning else { return path[...] }
    guard path.starts(with: beginning), path.count > beginning.count,
      path[beginning.count] == UInt8(ascii: ".")
    else { return nil }
    return path[(beginning.count + 1)...]
  }

  /// Goes on below a value that the path leads through; `beginning` is nil above the first key.
  private mutating func descend(_ value: JSON, from beginning: [UInt8]?, _ steps: [Step], name: String) {
    guard all.count < AdviceLimits.placesMax else { return }
    switch value {
    case .object(let members):
      var isOnward = false
      for (index, member) in members.enumerated() {
        let here = beginning.map { $0 + [UInt8(ascii: ".")] + member.key.utf8 } ?? Array(member.key.utf8)
        let name = name.isEmpty ? member.key : "\(name).\(member.key)"
        if here == path {
          isOnward = true
          arrive(member.value, steps + [.member(index)], name: name)
        } else if rest(behind: here) != nil {
          isOnward = true
          descend(member.value, from: here, steps + [.member(index)], name: name)
        }
      }
      if !isOnward { addGap(value, behind: beginning, steps, name) }
    case .array(let elements) where !elements.isEmpty:
      for (index, element) in elements.enumerated() where element.members != nil || element.elements != nil {
        descend(element, from: beginning, steps + [.element(index)], name: "\(name)[\(index)]")
      }
    case .null, .bool, .number, .string, .array: addGap(value, behind: beginning, steps, name)
    }
  }

  private mutating func addGap(_ value: JSON, behind beginning: [UInt8]?, _ steps: [Step], _ name: String) {
    guard let rest = rest(behind: beginning) else { return }
    let keys = rest.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
      .map { String(decoding: $0, as: UTF8.self) }
    let whole = ([name] + keys).filter { !$0.isEmpty }.joined(separator: ".")
    all.append(Place(steps: steps, name: whole, value: value, missing: keys, parentName: name))
  }

  private mutating func arrive(_ value: JSON, _ steps: [Step], name: String) {
    guard all.count < AdviceLimits.placesMax else { return }
    if case .array(let elements) = value, !elements.isEmpty {
      for (index, element) in elements.enumerated() {
        arrive(element, steps + [.element(index)], name: "\(name)[\(index)]")
      }
    } else {
      all.append(Place(steps: steps, name: name, value: value, missing: [], parentName: name))
    }
  }
}

// MARK: Changes

extension JSON {
  /// The value with another one at that place; keys that are missing become objects.
  func setting(_ place: EventPlaces.Place, to value: JSON) -> JSON {
    changing(place.steps[...]) { old in
      guard let first = place.missing.first else { return value }
      let nested = place.missing.dropFirst().reversed().reduce(value) { .object([Member($1, $0)]) }
      return .object((old.members ?? []) + [Member(first, nested)])
    }
  }

  private func changing(_ steps: ArraySlice<EventPlaces.Step>, _ change: (JSON) -> JSON) -> JSON {
    switch (self, steps.first) {
    case (_, nil): return change(self)
    case (.object(var members), .member(let index)?):
      members[index].value = members[index].value.changing(steps.dropFirst(), change)
      return .object(members)
    case (.array(var elements), .element(let index)?):
      elements[index] = elements[index].changing(steps.dropFirst(), change)
      return .array(elements)
    case (.null, _), (.bool, _), (.number, _), (.string, _), (.array, _), (.object, _): return self
    }
  }

  /// The value without any leaf at that path; objects there stay, for they are none.
  func removing(_ path: [UInt8], below beginning: [UInt8]? = nil) -> JSON {
    switch self {
    case .object(let members):
      return .object(
        members.compactMap { member in
          let here = beginning.map { $0 + [UInt8(ascii: ".")] + member.key.utf8 } ?? Array(member.key.utf8)
          if here == path {
            return member.value.withoutLeaves.map { Member(member.key, $0) }
          }
          let leadsOn = path.starts(with: here) && path.count > here.count && path[here.count] == UInt8(ascii: ".")
          return leadsOn ? Member(member.key, member.value.removing(path, below: here)) : member
        })
    case .array(let elements): return .array(elements.map { $0.removing(path, below: beginning) })
    case .null, .bool, .number, .string: return self
    }
  }

  /// nil where nothing is left.
  private var withoutLeaves: JSON? {
    switch self {
    case .null, .bool, .number, .string: return nil
    case .object: return self
    case .array(let elements):
      let left = elements.compactMap(\.withoutLeaves)
      return left.isEmpty ? nil : .array(left)
    }
  }

  /// The value with every member at that path, and nowhere else, called by another key.
  func renaming(_ path: [UInt8], to key: String, below beginning: [UInt8]? = nil) -> JSON {
    switch self {
    case .object(let members):
      return .object(
        members.map { member in
          let here = beginning.map { $0 + [UInt8(ascii: ".")] + member.key.utf8 } ?? Array(member.key.utf8)
          if here == path { return Member(key, member.value) }
          let leadsOn = path.starts(with: here) && path.count > here.count && path[here.count] == UInt8(ascii: ".")
          return leadsOn ? Member(member.key, member.value.renaming(path, to: key, below: here)) : member
        })
    case .array(let elements): return .array(elements.map { $0.renaming(path, to: key, below: beginning) })
    case .null, .bool, .number, .string: return self
    }
  }
}
