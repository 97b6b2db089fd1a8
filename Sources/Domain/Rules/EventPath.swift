import Events

/// A place in an event, in the subset of JSON path that EventBridge takes: `$.detail.list[0]`, `$.detail-type`.
///
/// Names after a dot are letters, digits, `_`, `-` and `/`; an index counts from 0; `*` and `[*]` stand for every
/// member or element and make the value a list. Quoted brackets, filters and `..` are refused.
/// Source: EventBridge user guide, "Amazon EventBridge input transformation".
public struct EventPath: Sendable, Hashable, CustomStringConvertible {
  private enum Step: Sendable, Hashable {
    case member(String)
    case index(Int)
    case every
  }

  /// Characters of one path, from the service model.
  public static let lengthMax = 256

  /// The path as it was written.
  public let description: String
  private let steps: [Step]

  /// Throws `invalidPath` for anything outside the subset.
  public init(_ text: String) throws(InputError) {
    guard text.unicodeScalars.count <= EventPath.lengthMax, text.first == "$",
      let steps = EventPath.steps(of: text.dropFirst())
    else { throw InputError.invalidPath(text) }
    description = text
    self.steps = steps
  }

  /// What stands there; nil if the event has no such place. A path with a wildcard always has a value, a list.
  public func value(in event: JSON) -> JSON? {
    var found = [event]
    for step in steps {
      found = found.flatMap { EventPath.follow(step, from: $0) }
    }
    return steps.contains(.every) ? .array(found) : found.first
  }

  private static func follow(_ step: Step, from value: JSON) -> [JSON] {
    switch step {
    case .member(let name):
      return value[name].map { [$0] } ?? []
    case .index(let place):
      guard let elements = value.elements, place < elements.count else { return [] }
      return [elements[place]]
    case .every:
      return value.elements ?? value.members?.map(\.value) ?? []
    }
  }

  private static func steps(of text: Substring) -> [Step]? {
    var rest = text
    var steps: [Step] = []
    while let mark = rest.popFirst() {
      switch mark {
      case ".":
        guard let step = takeName(from: &rest) else { return nil }
        steps.append(step)
      case "[":
        guard let end = rest.firstIndex(of: "]"), let step = bracket(rest[..<end]) else { return nil }
        steps.append(step)
        rest = rest[rest.index(after: end)...]
      default:
        return nil
      }
    }
    return steps
  }

  private static func takeName(from rest: inout Substring) -> Step? {
    if rest.first == "*" {
      rest.removeFirst()
      return .every
    }
    let name = rest.prefix { $0.isLetter || $0.isNumber || $0 == "_" || $0 == "-" || $0 == "/" }
    guard !name.isEmpty else { return nil }
    rest = rest[name.endIndex...]
    return .member(String(name))
  }

  private static func bracket(_ inside: Substring) -> Step? {
    if inside == "*" { return .every }
    guard !inside.isEmpty, inside.allSatisfy({ $0.isASCII && $0.isNumber }) else { return nil }
    return Int(inside).map { .index($0) }
  }
}
