/// Turns the text of a pattern into its alternatives, token by token, so that the first fault in reading order is told.
///
/// Source: the order of event-ruler's checks, which is the order of EventBridge's errors.
struct PatternCompiler {
  private typealias Alternative = [[UInt8]: FieldTest]

  private static let orKey = "$or"
  private static let reservedInsideOr: Set<String> = [
    "exactly", "equals-ignore-case", "prefix", "suffix", "anything-but", "exists", "wildcard", "numeric", "cidr", "=",
    "<", "<=", ">", ">=", "regex", "not-wildcard", "not-equals-ignore-case", "date-after", "date-on-or-after",
    "date-before", "date-on-or-before", "in-date-range", "ip-address-in-range", "ip-address-not-in-range",
  ]

  var reader: PatternReader
  /// None before the first field.
  private var alternatives: [Alternative] = []

  init(_ pattern: String) {
    reader = PatternReader(pattern)
  }

  /// The alternatives in the order of the `$or` members, the fields of each sorted by path.
  mutating func compile() throws(PatternError) -> [[FieldTest]] {
    guard try reader.next() == .objectStart else { throw reader.error("Filter is not an object") }
    try object(at: nil, isInsideOr: false)
    var checked: Set<[Wildcard]> = []
    for alternative in alternatives {
      guard alternative.count <= PatternLimits.fieldsMax else {
        throw PatternError("Size of rule exceeds max value of \(PatternLimits.fieldsMax)", in: reader.pattern)
      }
      for field in alternative.values where checked.insert(field.wildcards).inserted {
        guard !WildcardComplexity.of(field.wildcards, exceeds: PatternLimits.wildcardComplexityMax) else {
          throw PatternError(
            "Rule is too complex - try using fewer wildcard characters or fewer repeating character sequences "
              + "after a wildcard character", in: reader.pattern)
        }
      }
    }
    return alternatives.map { alternative in
      alternative.values.sorted { $0.name.utf16.lexicographicallyPrecedes($1.name.utf16) }
    }
  }

  /// Takes the members of an object up to its closing brace.
  private mutating func object(at path: [UInt8]?, isInsideOr: Bool) throws(PatternError) {
    var isEmpty = true
    while case .key(let key) = try reader.next() {
      isEmpty = false
      if key == PatternCompiler.orKey {
        try either(at: path)
        continue
      }
      if isInsideOr, PatternCompiler.reservedInsideOr.contains(key) {
        throw reader.error("\(key) is Ruler reserved fieldName which cannot be used inside \(PatternCompiler.orKey).")
      }
      let member = path.map { $0 + [UInt8(ascii: ".")] + key.utf8 } ?? Array(key.utf8)
      switch try reader.next() {
      case .objectStart: try object(at: member, isInsideOr: isInsideOr)
      case .arrayStart: try field(at: member)
      case .objectEnd, .arrayEnd, .key, .string, .number, .null, .bool, .end:
        throw reader.error("\"\(key)\" must be an object or an array")
      }
    }
    if isEmpty { throw reader.error("Empty objects are not allowed") }
  }

  /// Takes the list of `$or`: every alternative so far goes on with each of its objects.
  private mutating func either(at path: [UInt8]?) throws(PatternError) {
    guard try reader.next() == .arrayStart else {
      throw reader.error("It must be an Array followed with \(PatternCompiler.orKey).")
    }
    let before = alternatives
    var all: [Alternative] = []
    var objects = 0
    var token = try reader.next()
    while token != .arrayEnd {
      objects += 1
      guard token == .objectStart else {
        throw reader.error("Only JSON object is allowed in array of \(PatternCompiler.orKey) relationship.")
      }
      alternatives = before.isEmpty ? [[:]] : before
      try object(at: path, isInsideOr: true)
      all += alternatives
      guard all.count <= PatternLimits.subRulesMax else {
        throw reader.error(
          "The \(PatternCompiler.orKey) relationships make more than \(PatternLimits.subRulesMax) combinations.")
      }
      token = try reader.next()
    }
    guard objects >= 2 else {
      throw reader.error("There must have at least 2 Objects in \(PatternCompiler.orKey) relationship.")
    }
    alternatives = all
  }

  /// Takes the list of a field up to its closing bracket; a field that was there already is overwritten.
  private mutating func field(at path: [UInt8]) throws(PatternError) {
    let start = reader.offset - 1
    var tests: [ValueTest] = []
    var token = try reader.next()
    while token != .arrayEnd {
      tests.append(try valueTest(token))
      token = try reader.next()
    }
    guard !tests.isEmpty else { throw reader.error("Empty arrays are not allowed") }
    let wanted = PatternCompiler.compact(reader.units[start..<reader.offset])
    let field = FieldTest(path: path, tests: tests, wanted: wanted)
    if alternatives.isEmpty { alternatives = [[:]] }
    for index in alternatives.indices { alternatives[index][path] = field }
  }

  private mutating func valueTest(_ token: PatternReader.Token) throws(PatternError) -> ValueTest {
    switch token {
    case .objectStart: return try matchExpression()
    case .string:
      let text = try reader.text()
      return InternetAddress(text).map { .address($0) } ?? .text(Array(text.utf8))
    case .number(let text): return .number(text: text, comparable: ComparableNumber(text))
    case .null: return .null
    case .bool(let flag): return .bool(flag)
    case .objectEnd, .arrayStart, .arrayEnd, .key, .end:
      throw reader.error("Match value must be String, number, true, false, or null")
    }
  }

  /// The JSON text without the white space between its tokens.
  private static func compact(_ units: ArraySlice<UInt16>) -> String {
    var kept: [UInt16] = []
    var isQuoted = false
    var isEscaped = false
    for unit in units {
      if !isQuoted, unit <= 0x20 { continue }
      kept.append(unit)
      if isEscaped {
        isEscaped = false
      } else if unit == UInt16(ascii: "\\") {
        isEscaped = true
      } else if unit == UInt16(ascii: "\"") {
        isQuoted.toggle()
      }
    }
    return String(decoding: kept, as: UTF16.self)
  }
}
