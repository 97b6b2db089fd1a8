import Events
import Patterns

/// What is wrong with one pattern, whatever events there are.
extension Lint {
  /// Findings of one kind that are told of one pattern.
  static let leavesMax = 10

  /// Why nothing can match the pattern, and which parts of one that can match are dead.
  func deadLeaves(_ pattern: JSON, _ shape: PatternShape?) -> (whole: String?, parts: [String]) {
    // The list of a field that does not compile for another reason may still be mended.
    if Lint.hasEmptyList(pattern) { return ("a list of its pattern has no value, so nothing is in it", []) }
    guard let shape else { return (Lint.refusal(of: pattern) ?? misspelt(pattern), []) }
    var dead: [String] = []
    var parts: [String] = []
    for alternative in shape.alternatives {
      let fields = alternative.values.sorted { $0.name < $1.name }
      if let reason = fields.lazy.compactMap({ self.deadness(of: $0) }).first {
        dead.append(reason)
      } else {
        parts += fields.flatMap { deadMembers(of: $0) }
      }
    }
    if dead.count == shape.alternatives.count { return (dead.first, []) }
    var known: Set<String> = []
    let branches = dead.map { "a branch of its $or can never match: \($0)" }
    return (nil, (branches + parts).filter { known.insert($0).inserted })
  }

  /// Why EventBridge takes no such pattern; nil if it holds what only a deployment knows.
  private static func refusal(of pattern: JSON) -> String? {
    if holdsFunctions(pattern) { return nil }
    do {
      _ = try EventPattern(pattern.text)
      return nil
    } catch { return "EventBridge refuses its pattern: \(error.reason)" }
  }

  private static func holdsFunctions(_ json: JSON) -> Bool {
    if let elements = json.elements { return elements.contains(where: holdsFunctions) }
    return (json.members ?? []).contains { $0.key == "Ref" || $0.key.hasPrefix("Fn::") || holdsFunctions($0.value) }
  }

  private static func hasEmptyList(_ json: JSON) -> Bool {
    if let elements = json.elements { return elements.isEmpty || elements.contains(where: hasEmptyBranch) }
    return (json.members ?? []).contains { hasEmptyList($0.value) }
  }

  /// Of `$or`, whose list holds objects; operators hold lists of their own.
  private static func hasEmptyBranch(_ json: JSON) -> Bool {
    (json.members ?? []).contains { $0.value.elements?.isEmpty == true }
  }

  /// Of a pattern that cannot be read whole: a field that no envelope has.
  private func misspelt(_ pattern: JSON) -> String? {
    (pattern.members ?? []).lazy.map(\.key)
      .first { $0 != "$or" && EnvelopeField(rawValue: Lint.top(of: $0)) == nil }.map(Lint.noSuchField)
  }

  private static func noSuchField(_ name: String) -> String {
    let near = NearestName.of(name, among: EnvelopeField.allCases.map(\.rawValue))
    let hint = near.map { "did you mean \($0)?" } ?? "an envelope has detail-type, source, detail and the like"
    return "no event has the field \(name); \(hint)"
  }

  static func top(of path: String) -> String {
    String(path.prefix { $0 != "." })
  }

  /// Why no event passes the field; nil if one may.
  private func deadness(of field: PatternShape.Field) -> String? {
    let top = Lint.top(of: field.name)
    guard let part = EnvelopeField(rawValue: top) else {
      return field.acceptsAbsence ? nil : Lint.noSuchField(top)
    }
    if top != field.name, part != .detail {
      return field.acceptsAbsence ? nil : "\(part.looks(in: region)), so there is no \(field.name)"
    }
    let members = field.leaves.map { deadness(of: $0, at: field.name, part) }
    return members.contains { $0 == nil } ? nil : members.first ?? nil
  }

  private func deadMembers(of field: PatternShape.Field) -> [String] {
    guard let part = EnvelopeField(rawValue: Lint.top(of: field.name)) else { return [] }
    return field.leaves.compactMap { deadness(of: $0, at: field.name, part) }
  }

  private func deadness(of leaf: PatternShape.Leaf, at path: String, _ part: EnvelopeField) -> String? {
    if leaf.test.isEmptyRange { return "no number passes \(leaf.json.text) at \(path)" }
    switch part {
    case .detail where path != part.rawValue, .replayName: return nil
    case .detail: return leaf.isAbsent ? nil : "\(part.looks(in: region)), so \(leaf.json.text) never passes"
    case .resources: if leaf.isAbsent { return nil }
    case .version, .id, .detailType, .source, .account, .time, .region: break
    }
    if part == .source, let sentence = foreign(leaf) { return sentence }
    if leaf.isAbsent { return "every event has \(part.rawValue), so \(leaf.json.text) never passes" }
    return leaf.canPass(part.form(in: region)) ? nil : "\(part.looks(in: region)), so \(leaf.json.text) never passes"
  }

  /// Sources of AWS's that the engine itself sends; PutEvents takes none.
  private static let sourcesOfOurs = ["aws.cloudwatch", "aws.events", "aws.s3"]

  private func foreign(_ leaf: PatternShape.Leaf) -> String? {
    guard region != nil, case .value(.string(let source)) = leaf.test, source.hasPrefix("aws."),
      !Lint.sourcesOfOurs.contains(source)
    else { return nil }
    return
      "no event here comes from \(source): of AWS's sources there are \(Lint.sourcesOfOurs.joined(separator: ", "))"
  }
}
