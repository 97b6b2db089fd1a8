import Events

/// An answer as a tree that every protocol can write: times and numbers keep their kind until then.
public enum WireTree: Sendable, Hashable {
  case text(String)
  case integer(Int)
  case double(Double)
  case flag(Bool)
  case time(Timestamp)
  case list([WireTree])
  case structure([Member])

  /// One member of a structure.
  public struct Member: Sendable, Hashable {
    public let name: String
    public let value: WireTree

    public init(_ name: String, _ value: WireTree) {
      self.name = name
      self.value = value
    }
  }

  /// A structure whose absent members are left out, as AWS does.
  public static func members(_ members: KeyValuePairs<String, WireTree?>) -> WireTree {
    .structure(members.compactMap { name, value in value.map { Member(name, $0) } })
  }

  public static func texts(_ texts: [String]) -> WireTree { .list(texts.map { .text($0) }) }

  /// JSON: times are seconds since the epoch.
  var json: JSON {
    switch self {
    case .text(let text): .string(text)
    case .integer(let number): JSON(number)
    case .double(let number): number.isFinite ? JSON(number) : .string(WireTree.word(number))
    case .flag(let flag): .bool(flag)
    case .time(let moment):
      moment.milliseconds % 1_000 == 0
        ? JSON(Int(moment.seconds)) : JSON(Double(moment.milliseconds) / 1_000)
    case .list(let elements): .array(elements.map(\.json))
    case .structure(let members): .object(members.map { JSON.Member($0.name, $0.value.json) })
    }
  }

  /// How AWS's protocols write a number that is none. Source: Smithy, "AWS JSON 1.0 protocol", shape serialization.
  private static func word(_ number: Double) -> String {
    number.isNaN ? "NaN" : number < 0 ? "-Infinity" : "Infinity"
  }

  /// The query protocol: lists are `member` elements, times ISO 8601.
  func xml(_ name: String) -> XML {
    switch self {
    case .text(let text): XML(name, text)
    case .integer(let number): XML(name, String(number))
    case .double(let number): XML(name, number.isFinite ? JSON(number).text : WireTree.word(number))
    case .flag(let flag): XML(name, flag ? "true" : "false")
    case .time(let moment): XML(name, moment.milliseconds % 1_000 == 0 ? moment.description : moment.preciseText)
    case .list(let elements): XML(name, elements.map { $0.xml("member") })
    case .structure(let members): XML(name, members.map { $0.value.xml($0.name) })
    }
  }

  /// The members of a structure as XML elements; none of anything else.
  var elements: [XML] {
    guard case .structure(let members) = self else { return [] }
    return members.map { $0.value.xml($0.name) }
  }
}
