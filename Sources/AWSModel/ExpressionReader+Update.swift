import AWSPorts

extension ExpressionReader {
  /// The clauses of an update, each at most once.
  mutating func update() throws(AWSError) -> UpdateExpression {
    var actions: [UpdateExpression.Action] = []
    var seen: Set<String> = []
    while let token = next {
      guard case .word(let word) = token, ["SET", "REMOVE", "ADD", "DELETE"].contains(word.uppercased()) else {
        throw syntaxError
      }
      let clause = word.uppercased()
      guard seen.insert(clause).inserted else {
        throw error("The \"\(clause)\" section can only be used once in an update expression;")
      }
      place += 1
      repeat { actions.append(try action(clause)) } while take(",")
    }
    try requireApart(actions.map(\.path))
    return UpdateExpression(actions: actions)
  }

  private mutating func action(_ clause: String) throws(AWSError) -> UpdateExpression.Action {
    let path = try path()
    switch clause {
    case "SET":
      try expect("=")
      return .set(path, try sum())
    case "REMOVE": return .remove(path)
    case "ADD":
      let value = try value()
      guard value.isSet || value.type == "N" else { throw wrongOperand(clause, value) }
      return .add(path, value)
    default:
      let value = try value()
      guard value.isSet else { throw wrongOperand(clause, value) }
      return .delete(path, value)
    }
  }

  private func wrongOperand(_ clause: String, _ value: AttributeValue) -> AWSError {
    let names = [
      "S": "STRING", "N": "NUMBER", "B": "BINARY", "BOOL": "BOOLEAN", "NULL": "NULL", "L": "LIST", "M": "MAP",
    ]
    return error(
      "Incorrect operand type for operator or function; operator: \(clause), operand type: "
        + "\(names[value.type] ?? value.type), typeSet: ALLOWED_FOR_\(clause)_OPERAND")
  }

  /// One operand, or two with + or − between them.
  private mutating func sum() throws(AWSError) -> Operand {
    let left = try updateOperand()
    for mark in ["+", "-"] where take(mark) {
      let right = try updateOperand()
      for side in [left, right] {
        guard case .value(let value) = side, value.type != "N" else { continue }
        throw wrongType(mark, side) ?? syntaxError
      }
      return mark == "+" ? .sum(left, right) : .difference(left, right)
    }
    return left
  }

  private mutating func updateOperand() throws(AWSError) -> Operand {
    if take("(") {
      let inner = try sum()
      try expect(")")
      return inner
    }
    if let function {
      place += 2
      switch function {
      case "if_not_exists":
        if case .value? = next {
          throw error("Operator or function requires a document path; operator or function: if_not_exists")
        }
        let path = try path()
        if next == .mark(")") { throw wrongCount(function, 1) }
        try expect(",")
        let other = try updateOperand()
        try expect(")")
        return .ifNotExists(path, other)
      case "list_append":
        let first = try updateOperand()
        if next == .mark(")") { throw wrongCount(function, 1) }
        try expect(",")
        let second = try updateOperand()
        try expect(")")
        for side in [first, second] {
          guard case .value(let value) = side, value.type != "L" else { continue }
          throw wrongType(function, side) ?? syntaxError
        }
        return .listAppend(first, second)
      case "attribute_exists", "attribute_not_exists", "attribute_type", "begins_with", "contains", "size":
        throw error("The function is not allowed in an update expression; function: \(function)")
      default: throw error("Invalid function name; function: \(function)")
      }
    }
    if case .value? = next { return .value(try value()) }
    return .path(try path())
  }
}
