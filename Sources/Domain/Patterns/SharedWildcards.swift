/// The wildcards that a value is compared with at the same time, in any of a pattern's alternatives.
///
/// The alternatives are one machine: where all fields before one are the same in several of them, that one's values are
/// read together. Source: event-ruler adds the sub-rules of a rule to one `Machine`.
struct SharedWildcards {
  /// Where a machine reads the value of a field: after which fields, told by a number, and at which path.
  struct Place: Hashable {
    let after: Int
    let path: [UInt8]
  }

  private struct Step: Hashable {
    let after: Int
    let field: Int
  }

  private(set) var tests: [Place: Set<ValueTest>] = [:]
  /// Fields by their path and their list, and by where they stand in the pattern.
  private var fields: [[UInt8]: Int] = [:]
  private var fieldsByOffset: [Int: Int] = [:]

  init(_ alternatives: [[FieldTest]]) {
    var ways: [Step: Int] = [:]
    for alternative in alternatives {
      var after = 0
      for field in alternative {
        let wildcards = field.tests.filter { !$0.wildcards.isEmpty }
        if !wildcards.isEmpty { tests[Place(after: after, path: field.path), default: []].formUnion(wildcards) }
        let step = Step(after: after, field: number(of: field))
        after = ways[step] ?? ways.count + 1
        ways[step] = after
      }
    }
  }

  private mutating func number(of field: FieldTest) -> Int {
    if let known = fieldsByOffset[field.offset] { return known }
    let number = fields[field.path + [0] + field.wanted.utf8, default: fields.count]
    fields[field.path + [0] + field.wanted.utf8] = number
    fieldsByOffset[field.offset] = number
    return number
  }
}
