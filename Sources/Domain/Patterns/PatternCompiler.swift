/// Turns the text of a pattern into its alternatives, token by token, so that the first fault in reading order is told.
///
/// Source: the order of event-ruler's checks, which is the order of EventBridge's errors.
struct PatternCompiler {
  /// Fields in the order of their paths, each path once.
  private typealias Alternative = [FieldTest]

  private static let orKey = "$or"
  private static let fieldsUsual = 4
  private static let reservedInsideOr: Set<String> = [
    "exactly", "equals-ignore-case", "prefix", "suffix", "anything-but", "exists", "wildcard", "numeric", "cidr", "=",
    "<", "<=", ">", ">=", "regex", "not-wildcard", "not-equals-ignore-case", "date-after", "date-on-or-after",
    "date-before", "date-on-or-before", "in-date-range", "ip-address-in-range", "ip-address-not-in-range",
  ]

  var reader: PatternReader
  /// None before the first field.
  private var alternatives: [Alternative] = []
  /// The list that is being read; kept from one to the next for its memory.
  private var tests: [ValueTest] = []
  private var hasWildcards = false

  init(_ pattern: String) {
    reader = PatternReader(pattern)
  }

  /// The alternatives in the order of the `$or` members, the fields of each sorted by path.
  mutating func compile() throws(PatternError) -> [[FieldTest]] {
    guard try reader.next() == .objectStart else { throw reader.error("Filter is not an object") }
    try object(at: nil, isInsideOr: false)
    for alternative in alternatives where alternative.count > PatternLimits.fieldsMax {
      throw PatternError("Size of rule exceeds max value of \(PatternLimits.fieldsMax)", in: reader.pattern)
    }
    if hasWildcards { try refuseComplexWildcards() }
    return alternatives
  }

  private func refuseComplexWildcards() throws(PatternError) {
    if alternatives.count == 1 {
      for field in alternatives[0] { try refuseComplexWildcards(of: field.tests) }
    } else {
      for tests in SharedWildcards(alternatives).tests.values { try refuseComplexWildcards(of: tests) }
    }
  }

  private func refuseComplexWildcards(of tests: some Collection<ValueTest>) throws(PatternError) {
    guard WildcardComplexity.of(tests, exceeds: PatternLimits.wildcardComplexityMax) else { return }
    throw PatternError(
      "Rule is too complex - try using fewer wildcard characters or fewer repeating character sequences "
        + "after a wildcard character", in: reader.pattern)
  }

  /// Takes the members of an object up to its closing brace.
  private mutating func object(at path: [UInt8]?, isInsideOr: Bool) throws(PatternError) {
    var isEmpty = true
    while try reader.next() == .key {
      isEmpty = false
      if isKey(PatternCompiler.orKey) {
        try either(at: path)
        continue
      }
      if isInsideOr { try refuseReservedKey() }
      let member = path.map { PatternCompiler.path($0, reader.key) } ?? reader.key
      switch try reader.next() {
      case .objectStart: try object(at: member, isInsideOr: isInsideOr)
      case .arrayStart: try field(at: member)
      case .objectEnd, .arrayEnd, .key, .string, .number, .null, .yes, .no, .end:
        throw reader.error("\"\(keyText)\" must be an object or an array")
      }
    }
    if isEmpty { throw reader.error("Empty objects are not allowed") }
  }

  var keyText: String { String(decoding: reader.key, as: UTF8.self) }

  private func isKey(_ name: String) -> Bool {
    reader.key.count == name.utf8.count && reader.key.elementsEqual(name.utf8)
  }

  private func refuseReservedKey() throws(PatternError) {
    guard PatternCompiler.reservedInsideOr.contains(keyText) else { return }
    throw reader.error("\(keyText) is Ruler reserved fieldName which cannot be used inside \(PatternCompiler.orKey).")
  }

  private static func path(_ parent: [UInt8], _ key: [UInt8]) -> [UInt8] {
    var path: [UInt8] = []
    path.reserveCapacity(parent.count + 1 + key.count)
    path += parent
    path.append(UInt8(ascii: "."))
    path += key
    return path
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
      alternatives = before.isEmpty ? [[]] : before
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
    tests.removeAll(keepingCapacity: true)
    var token = try reader.next()
    while token != .arrayEnd {
      tests.append(try valueTest(token))
      token = try reader.next()
    }
    guard !tests.isEmpty else { throw reader.error("Empty arrays are not allowed") }
    let field = FieldTest(
      path: path, tests: Array(tests[...]), pattern: reader.pattern, list: start..<reader.offset)
    if alternatives.isEmpty {
      alternatives.append([])
      alternatives[0].reserveCapacity(PatternCompiler.fieldsUsual)
    }
    for index in alternatives.indices { PatternCompiler.put(field, into: &alternatives[index]) }
  }

  private static func put(_ field: FieldTest, into fields: inout Alternative) {
    // Above the limit no further field changes what is said in the end.
    guard fields.count <= PatternLimits.fieldsMax else { return }
    var low = 0
    var high = fields.count
    while low < high {
      let middle = (low + high) / 2
      if fields[middle].precedes(field) { low = middle + 1 } else { high = middle }
    }
    if low < fields.count, fields[low].path == field.path {
      fields[low] = field
    } else {
      fields.insert(field, at: low)
    }
  }

  private mutating func valueTest(_ token: PatternReader.Token) throws(PatternError) -> ValueTest {
    switch token {
    case .objectStart: return try matchExpression()
    case .string:
      let text = try reader.string()
      return InternetAddress(text).map { .address($0) } ?? .text(text)
    case .number:
      let text = reader.numberText
      return .number(text: text, comparable: ComparableNumber(text))
    case .null: return .null
    case .yes: return .bool(true)
    case .no: return .bool(false)
    case .objectEnd, .arrayStart, .arrayEnd, .key, .end:
      throw reader.error("Match value must be String, number, true, false, or null")
    }
  }

  /// Notes that the complexity of wildcards is to be looked at.
  mutating func wildcard(_ text: [UInt8]) throws(PatternError) -> Wildcard {
    hasWildcards = true
    return try Wildcard(text) { reader.error($0) }
  }
}
