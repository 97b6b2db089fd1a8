import AWSPorts
import Events

/// A reader of DynamoDB's expressions that stands at a token; each call takes a part and moves on.
///
/// Source: DynamoDB Developer Guide, "Condition and filter expressions, operators, and functions", "Update expressions".
struct ExpressionReader {
  /// The request's member that holds the expression.
  enum Kind: String {
    case condition = "ConditionExpression"
    case filter = "FilterExpression"
    case key = "KeyConditionExpression"
    case update = "UpdateExpression"
    case projection = "ProjectionExpression"
  }

  /// Bytes of one expression.
  static let bytesMax = 4_096
  /// Operators and functions of one expression.
  static let operatorsMax = 300
  /// Operands of one `IN`.
  static let choicesMax = 100

  let kind: Kind
  let tokens: [ExpressionToken]
  var place = 0
  var bindings: ExpressionBindings

  init(_ text: String, _ kind: Kind, _ bindings: ExpressionBindings) throws(AWSError) {
    self.kind = kind
    self.bindings = bindings
    guard !text.utf8.allSatisfy({ $0 == 0x20 }) else {
      throw ExpressionReader.error(kind, "The expression can not be empty;")
    }
    guard text.utf8.count <= ExpressionReader.bytesMax else {
      throw ExpressionReader.error(kind, "Expression size has exceeded the maximum allowed size;")
    }
    switch ExpressionToken.tokens(of: text) {
    case .success(let tokens): self.tokens = tokens
    case .failure(let fault):
      throw ExpressionReader.error(kind, "Syntax error; token: \"\(fault.token)\"")
    }
    let operators = tokens.indices.count { isOperator($0) }
    guard operators <= ExpressionReader.operatorsMax else {
      throw ExpressionReader.error(kind, "The expression contains too many operators; operator count: \(operators)")
    }
  }

  private func isOperator(_ place: Int) -> Bool {
    switch tokens[place] {
    case .mark(let mark): ["=", "<>", "<", "<=", ">", ">=", "+", "-"].contains(mark)
    case .word(let word):
      ["AND", "OR", "NOT", "BETWEEN", "IN"].contains(word.uppercased())
        || (place + 1 < tokens.count && tokens[place + 1] == .mark("("))
    case .alias, .value, .index: false
    }
  }

  /// A condition, key condition or filter; nil if the request has none.
  static func condition(
    in input: JSON, _ kind: Kind, _ bindings: inout ExpressionBindings
  ) throws(AWSError) -> Condition? {
    guard let text = input[kind.rawValue]?.string else { return nil }
    var reader = try ExpressionReader(text, kind, bindings)
    let condition = try reader.alternatives()
    try reader.expectEnd()
    bindings = reader.bindings
    return condition
  }

  /// The request's `UpdateExpression`; nil if it has none.
  static func update(in input: JSON, _ bindings: inout ExpressionBindings) throws(AWSError) -> UpdateExpression? {
    guard let text = input[Kind.update.rawValue]?.string else { return nil }
    var reader = try ExpressionReader(text, .update, bindings)
    let update = try reader.update()
    bindings = reader.bindings
    return update
  }

  /// The request's `ProjectionExpression`; nil if it has none.
  static func projection(in input: JSON, _ bindings: inout ExpressionBindings) throws(AWSError) -> [DocumentPath]? {
    guard let text = input[Kind.projection.rawValue]?.string else { return nil }
    var reader = try ExpressionReader(text, .projection, bindings)
    var paths: [DocumentPath] = []
    repeat { paths.append(try reader.path()) } while reader.take(",")
    try reader.expectEnd()
    try reader.requireApart(paths)
    bindings = reader.bindings
    return paths
  }

  var next: ExpressionToken? { place < tokens.count ? tokens[place] : nil }

  /// Takes that mark if it is next.
  mutating func take(_ mark: String) -> Bool {
    guard next == .mark(mark) else { return false }
    place += 1
    return true
  }

  /// Takes that keyword if it is next, in any mixture of cases.
  mutating func take(keyword: String) -> Bool {
    guard case .word(let word)? = next, word.uppercased() == keyword else { return false }
    place += 1
    return true
  }

  mutating func expect(_ mark: String) throws(AWSError) {
    guard take(mark) else { throw syntaxError }
  }

  func expectEnd() throws(AWSError) {
    guard next == nil else { throw syntaxError }
  }

  /// An error at the token that comes next.
  var syntaxError: AWSError {
    let near = tokens[max(0, place - 1)..<min(tokens.count, place + 2)].map(\.text).joined(separator: " ")
    return error("Syntax error; token: \"\(next?.text ?? "<EOF>")\", near: \"\(near)\"")
  }

  func error(_ message: String) -> AWSError { ExpressionReader.error(kind, message) }

  static func error(_ kind: Kind, _ message: String) -> AWSError {
    .validation("Invalid \(kind.rawValue): \(message)")
  }

  /// Whether a function's name and its parenthesis are next.
  var function: String? {
    guard case .word(let name)? = next, place + 1 < tokens.count, tokens[place + 1] == .mark("(") else { return nil }
    return name
  }

  mutating func path() throws(AWSError) -> DocumentPath {
    let root = try name()
    var rest: [DocumentPath.Step] = []
    while true {
      if take(".") {
        rest.append(.name(try name()))
      } else if take("[") {
        guard case .index(let digits)? = next, let index = Int(digits) else { throw syntaxError }
        place += 1
        try expect("]")
        rest.append(.index(index))
      } else {
        return DocumentPath(root: root, rest: rest)
      }
    }
  }

  private mutating func name() throws(AWSError) -> String {
    switch next {
    case .word(let word):
      guard !ReservedWords.contains(word) else {
        throw error("Attribute name is a reserved keyword; reserved keyword: \(word)")
      }
      place += 1
      return word
    case .alias(let alias):
      place += 1
      guard let name = bindings.name(alias) else {
        throw error(
          "An expression attribute name used in the document path is not defined; attribute name: \(alias)")
      }
      return name
    case .value, .index, .mark, nil: throw syntaxError
    }
  }

  mutating func value() throws(AWSError) -> AttributeValue {
    guard case .value(let placeholder)? = next else { throw syntaxError }
    place += 1
    guard let value = bindings.value(placeholder) else {
      throw error(
        "An expression attribute value used in expression is not defined; attribute value: \(placeholder)")
    }
    return value
  }

  /// Refuses places that get in each other's way.
  func requireApart(_ paths: [DocumentPath]) throws(AWSError) {
    for (index, path) in paths.enumerated() {
      for other in paths[(index + 1)...] {
        guard let clash = path.clash(with: other) else { continue }
        throw error(
          "Two document paths \(clash.rawValue) with each other; must remove or rewrite one of these paths; "
            + "path one: \(path), path two: \(other)")
      }
    }
  }

  func wrongType(_ function: String, _ operand: Operand) -> AWSError? {
    guard case .value(let value) = operand else { return nil }
    return error(
      "Incorrect operand type for operator or function; operator or function: \(function), operand type: "
        + value.type)
  }
}
