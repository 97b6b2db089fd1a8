import Events
import Patterns

/// A pattern as lint reads it: what each of its alternatives asks of which fields.
///
/// It is expanded as the compiler expands it: every `$or` multiplies, and of a field that comes twice the later counts.
struct PatternShape: Sendable {
  /// One member of a field's list.
  struct Leaf: Sendable {
    let json: JSON
    let test: LeafTest
    /// The member alone, as the list of a field `v`.
    private let alone: EventPattern

    init?(_ json: JSON) {
      do { alone = try EventPattern(JSON.object([.init("v", .array([json]))]).text) } catch { return nil }
      self.json = json
      test = LeafTest(json)
    }

    /// Whether a field that has just this value passes.
    func passes(_ value: JSON) -> Bool { alone.matches(.object([.init("v", value)])) }

    var isAbsent: Bool {
      if case .absent = test { true } else { false }
    }

    var isPresent: Bool {
      if case .present = test { true } else { false }
    }
  }

  struct Field: Sendable {
    /// Keys joined with ".".
    let name: String
    let leaves: [Leaf]

    var acceptsAbsence: Bool { leaves.contains(where: \.isAbsent) }
    /// The list as JSON text.
    var wanted: String { JSON.array(leaves.map(\.json)).text }

    /// The strings that the list is made of; nil if it holds anything else, or what may be an address.
    var texts: Set<String>? {
      var texts: Set<String> = []
      for leaf in leaves {
        guard case .value(.string(let text)) = leaf.test, !LeafTest.isLikeAddress(text) else { return nil }
        texts.insert(text)
      }
      return texts
    }
  }

  /// Fields by path; paths are bytes, for Unicode's equivalences do not count.
  typealias Alternative = [[UInt8]: Field]

  let compiled: EventPattern
  let alternatives: [Alternative]

  /// nil if it is no pattern.
  init?(_ pattern: JSON) {
    do { compiled = try EventPattern(pattern.text) } catch { return nil }
    guard let members = pattern.members, let made = PatternShape.expand(members, [], [[:]]) else { return nil }
    alternatives = made
  }

  private static func expand(_ members: [JSON.Member], _ path: [UInt8], _ before: [Alternative]) -> [Alternative]? {
    var alternatives = before
    for member in members {
      if member.key == "$or" {
        var all: [Alternative] = []
        for choice in member.value.elements ?? [] {
          guard let expanded = expand(choice.members ?? [], path, alternatives) else { return nil }
          all += expanded
        }
        alternatives = all
        continue
      }
      let deeper = path.isEmpty ? Array(member.key.utf8) : path + [UInt8(ascii: ".")] + member.key.utf8
      guard let list = member.value.elements else {
        guard let expanded = expand(member.value.members ?? [], deeper, alternatives) else { return nil }
        alternatives = expanded
        continue
      }
      let leaves = list.compactMap { Leaf($0) }
      guard leaves.count == list.count else { return nil }
      let field = Field(name: String(decoding: deeper, as: UTF8.self), leaves: leaves)
      for index in alternatives.indices { alternatives[index][deeper] = field }
    }
    return alternatives
  }

  /// The strings of which the field of every alternative has one; nil if an alternative leaves it open.
  func texts(of field: String) -> Set<String>? {
    var texts: Set<String> = []
    for alternative in alternatives {
      guard let own = alternative[Array(field.utf8)]?.texts else { return nil }
      texts.formUnion(own)
    }
    return texts
  }

  /// Each field once, in the order of paths.
  var fields: [Field] {
    var known: Set<String> = []
    return alternatives.flatMap { $0.values }.sorted { $0.name < $1.name }
      .filter { known.insert("\($0.name) \($0.wanted)").inserted }
  }
}
