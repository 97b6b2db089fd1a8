import AWSPorts
import Events

extension ExpressionReader {
  /// Conditions joined by OR, which binds loosest.
  mutating func alternatives() throws(AWSError) -> Condition {
    var condition = try conjunction()
    while take(keyword: "OR") { condition = .or(condition, try conjunction()) }
    return condition
  }

  private mutating func conjunction() throws(AWSError) -> Condition {
    var condition = try negation()
    while take(keyword: "AND") { condition = .and(condition, try negation()) }
    return condition
  }

  private mutating func negation() throws(AWSError) -> Condition {
    take(keyword: "NOT") ? .not(try negation()) : try statement()
  }

  private mutating func statement() throws(AWSError) -> Condition {
    if next == .mark("("), !isOperandInParentheses {
      guard !isRedundant else { throw error("The expression has redundant parentheses;") }
      place += 1
      let inner = try alternatives()
      try expect(")")
      return inner
    }
    if let function {
      if let condition = try call(function) { return condition }
    }
    return try comparison()
  }

  /// The end of the parenthesis that is open at that token.
  private func closing(_ open: Int) -> Int? {
    var depth = 0
    for place in open..<tokens.count {
      if tokens[place] == .mark("(") { depth += 1 }
      if tokens[place] == .mark(")") { depth -= 1 }
      if depth == 0 { return place }
    }
    return nil
  }

  /// Whether this parenthesis is followed by a comparator, so that it holds an operand.
  private var isOperandInParentheses: Bool {
    guard let end = closing(place), end + 1 < tokens.count else { return false }
    switch tokens[end + 1] {
    case .mark(let mark): return Condition.Comparator(rawValue: mark) != nil
    case .word(let word): return word.uppercased() == "BETWEEN" || word.uppercased() == "IN"
    case .alias, .value, .index: return false
    }
  }

  /// Whether this parenthesis holds nothing but another one.
  private var isRedundant: Bool {
    guard let end = closing(place), place + 1 < end, tokens[place + 1] == .mark("("), let inner = closing(place + 1)
    else { return false }
    return inner == end - 1
  }

  private mutating func comparison() throws(AWSError) -> Condition {
    let operand = try operand()
    if take(keyword: "BETWEEN") {
      let low = try self.operand()
      guard take(keyword: "AND") else { throw syntaxError }
      let high = try self.operand()
      try requireBounds(low, high)
      return .between(operand, low, high)
    }
    if take(keyword: "IN") {
      try expect("(")
      var choices: [Operand] = []
      repeat { choices.append(try self.operand()) } while take(",")
      try expect(")")
      guard choices.count <= ExpressionReader.choicesMax else {
        throw error("The number of operands to the IN operator exceeds the maximum of \(ExpressionReader.choicesMax)")
      }
      return .isIn(operand, choices)
    }
    guard case .mark(let mark)? = next, let comparator = Condition.Comparator(rawValue: mark) else {
      if case .size = operand { throw misused("size") }
      throw syntaxError
    }
    place += 1
    let right = try self.operand()
    switch comparator {
    case .equal, .notEqual: break
    case .less, .lessOrEqual, .greater, .greaterOrEqual:
      for side in [operand, right] { try requireOrdered(side, mark) }
    }
    guard operand != right else { throw notDistinct(mark, operand) }
    return .compare(operand, comparator, right)
  }

  private func notDistinct(_ mark: String, _ operand: Operand) -> AWSError {
    var shown = ""
    if case .path(let path) = operand { shown = path.description }
    return error(
      "The first operand must be distinct from the remaining operands for this operator or function; "
        + "operator: \(mark), first operand: \(shown)")
  }

  private func requireOrdered(_ operand: Operand, _ mark: String) throws(AWSError) {
    guard case .value(let value) = operand, !value.isOrdered else { return }
    throw wrongType(mark, operand) ?? syntaxError
  }

  private func requireBounds(_ low: Operand, _ high: Operand) throws(AWSError) {
    for side in [low, high] { try requireOrdered(side, "BETWEEN") }
    guard case .value(let lower) = low, case .value(let upper) = high else { return }
    guard lower.type == upper.type else {
      throw error(
        "The BETWEEN operator requires same data type for lower and upper bounds; lower bound operand: "
          + "AttributeValue: \(lower.json.text), upper bound operand: AttributeValue: \(upper.json.text)")
    }
    guard upper.precedes(lower) != true else {
      throw error(
        "The BETWEEN operator requires upper bound to be greater than or equal to lower bound; lower bound operand: "
          + "AttributeValue: \(lower.json.text), upper bound operand: AttributeValue: \(upper.json.text)")
    }
  }

  /// An operand of a condition.
  private mutating func operand() throws(AWSError) -> Operand {
    if take("(") {
      let inner = try operand()
      try expect(")")
      return inner
    }
    if let function {
      switch function {
      case "size":
        place += 2
        let path = try pathArgument("size")
        try endCall("size")
        return .size(path)
      case "if_not_exists", "list_append":
        throw error("The function is not allowed in a condition expression; function: \(function)")
      case "attribute_exists", "attribute_not_exists", "attribute_type", "begins_with", "contains":
        throw misused(function)
      default: throw error("Invalid function name; function: \(function)")
      }
    }
    if case .value? = next { return .value(try value()) }
    return .path(try path())
  }

  private func misused(_ function: String) -> AWSError {
    error("The function is not allowed to be used this way in an expression; function: \(function)")
  }

  /// A function that is a condition by itself; nil, with nothing taken, if it is an operand's.
  private mutating func call(_ function: String) throws(AWSError) -> Condition? {
    guard ["attribute_exists", "attribute_not_exists", "attribute_type", "begins_with", "contains"].contains(function)
    else { return nil }
    let start = place
    place += 2
    let condition: Condition
    switch function {
    case "attribute_exists": condition = .exists(try pathArgument(function))
    case "attribute_not_exists": condition = .notExists(try pathArgument(function))
    case "attribute_type":
      let path = try pathArgument(function)
      try nextArgument(function, count: 1)
      condition = .hasType(path, try typeArgument())
    case "begins_with":
      let first = try operand()
      try nextArgument(function, count: 1)
      let second = try operand()
      for side in [first, second] {
        guard case .value(let value) = side, value.type != "S", value.type != "B" else { continue }
        throw wrongType(function, side) ?? syntaxError
      }
      condition = .beginsWith(first, second)
    default:
      let first = try operand()
      try nextArgument(function, count: 1)
      let second = try operand()
      guard first != second else { throw notDistinct(function, first) }
      condition = .contains(first, second)
    }
    try endCall(function)
    if case .mark(let mark)? = next, Condition.Comparator(rawValue: mark) != nil {
      place = start
      throw misused(function)
    }
    return condition
  }

  private mutating func pathArgument(_ function: String) throws(AWSError) -> DocumentPath {
    if case .value? = next {
      throw error("Operator or function requires a document path; operator or function: \(function)")
    }
    if next == .mark(")") { throw wrongCount(function, 0) }
    return try path()
  }

  private mutating func nextArgument(_ function: String, count: Int) throws(AWSError) {
    if next == .mark(")") { throw wrongCount(function, count) }
    try expect(",")
  }

  private mutating func endCall(_ function: String) throws(AWSError) {
    if next == .mark(",") { throw wrongCount(function, function == "attribute_exists" || function == "size" ? 2 : 3) }
    try expect(")")
  }

  func wrongCount(_ function: String, _ count: Int) -> AWSError {
    error(
      "Incorrect number of operands for operator or function; operator or function: \(function), "
        + "number of operands: \(count)")
  }

  private mutating func typeArgument() throws(AWSError) -> String {
    let given = try value()
    guard case .string(let type) = given else {
      throw wrongType("attribute_type", .value(given)) ?? syntaxError
    }
    guard AttributeValue.types.contains(type) else {
      throw error(
        "Invalid attribute type name found; type: \(type), valid types: "
          + "{\(AttributeValue.types.joined(separator: ","))}")
    }
    return type
  }
}
