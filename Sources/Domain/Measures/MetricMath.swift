import Events

/// An expression over metrics, as GetMetricData and alarms take it: `errors / invocations * 100`.
///
/// Source: CloudWatch user guide, "Using math expressions with CloudWatch metrics".
public struct MetricMath: Sendable, Hashable {
  public static let lengthMax = 1_024
  public static let depthMax = 32

  /// Values by the first instant of their period.
  public typealias Series = [Timestamp: Double]

  /// What a part of an expression comes to.
  public enum Value: Sendable, Hashable {
    case scalar(Double)
    case series(Series)
    case list([Series])
  }

  public let text: String
  let root: Node

  indirect enum Node: Sendable, Hashable {
    case number(Double)
    case name(String)
    case text(String)
    case negated(Node)
    case operation(String, Node, Node)
    case call(String, [Node])
  }

  public init(_ text: String) throws(MetricError) {
    guard text.unicodeScalars.count <= MetricMath.lengthMax else {
      throw MetricError(.validation, "The expression is longer than \(MetricMath.lengthMax) characters")
    }
    var parser = try MetricMathParser(text)
    self.text = text
    root = try parser.whole()
    for name in MetricMath.calls(in: root) where MetricMathFunction(rawValue: name) == nil {
      let why = name == "SEARCH" ? "there is no search here; name the metrics one by one" : "no such function"
      throw MetricError(.validation, "Error in expression '\(text)': \(name): \(why)")
    }
  }

  /// The ids of other queries that the expression names.
  public var names: Set<String> { MetricMath.names(in: root) }

  private static func names(in node: Node) -> Set<String> {
    switch node {
    case .name(let name): [name]
    case .number, .text: []
    case .negated(let inner): names(in: inner)
    case .operation(_, let left, let right): names(in: left).union(names(in: right))
    case .call(_, let inputs): inputs.reduce(into: []) { $0.formUnion(names(in: $1)) }
    }
  }

  private static func calls(in node: Node) -> [String] {
    switch node {
    case .name, .number, .text: []
    case .negated(let inner): calls(in: inner)
    case .operation(_, let left, let right): calls(in: left) + calls(in: right)
    case .call(let name, let inputs): [name] + inputs.flatMap { calls(in: $0) }
    }
  }

  /// The expression's value.
  ///
  /// - Parameters:
  ///   - series: of each query by its id; METRICS() means all of them, by the order of their ids.
  ///   - period: seconds between the instants.
  ///   - instants: the first instants of the periods asked for.
  public func value(
    of series: [String: Series], period: Int, instants: [Timestamp]
  ) throws(MetricError) -> Value {
    try MetricMathEvaluation(series: series, period: period, instants: instants, text: text).value(of: root)
  }
}

/// The functions of expressions that are served here.
enum MetricMathFunction: String, Sendable, CaseIterable {
  case abs = "ABS"
  case avg = "AVG"
  case ceil = "CEIL"
  case diff = "DIFF"
  case diffTime = "DIFF_TIME"
  case fill = "FILL"
  case floor = "FLOOR"
  case `if` = "IF"
  case max = "MAX"
  case metricCount = "METRIC_COUNT"
  case metrics = "METRICS"
  case min = "MIN"
  case period = "PERIOD"
  case rate = "RATE"
  case runningSum = "RUNNING_SUM"
  case stddev = "STDDEV"
  case sum = "SUM"
  case timeSeries = "TIME_SERIES"
}

/// Reads an expression: comparisons bind weaker than sums, sums weaker than products, products weaker than powers.
struct MetricMathParser {
  private let text: String
  private let tokens: [String]
  private var place = 0
  private var depth = 0

  init(_ text: String) throws(MetricError) {
    self.text = text
    tokens = try MetricMathParser.tokens(of: text)
  }

  mutating func whole() throws(MetricError) -> MetricMath.Node {
    let node = try level(0)
    guard place == tokens.count else { throw trouble("unexpected \(tokens[place])") }
    return node
  }

  private static let levels: [[String]] = [
    ["||", "OR"], ["&&", "AND"], ["==", "!=", "<=", ">=", "<", ">"], ["+", "-"], ["*", "/"],
  ]

  private mutating func level(_ level: Int) throws(MetricError) -> MetricMath.Node {
    guard level < MetricMathParser.levels.count else { return try power() }
    var node = try self.level(level + 1)
    while let token = next, MetricMathParser.levels[level].contains(token) {
      place += 1
      node = .operation(token, node, try self.level(level + 1))
    }
    return node
  }

  private mutating func power() throws(MetricError) -> MetricMath.Node {
    let base = try unary()
    guard next == "^" else { return base }
    place += 1
    return .operation("^", base, try power())
  }

  private mutating func unary() throws(MetricError) -> MetricMath.Node {
    depth += 1
    defer { depth -= 1 }
    guard depth <= MetricMath.depthMax else { throw trouble("it is nested deeper than \(MetricMath.depthMax)") }
    guard let token = next else { throw trouble("it ends where a value is due") }
    place += 1
    if token == "-" { return .negated(try unary()) }
    if token == "(" {
      let node = try level(0)
      try expect(")")
      return node
    }
    if let number = Double(token) { return .number(number) }
    if token.hasPrefix("\"") { return .text(String(token.dropFirst())) }
    guard token.first?.isLetter == true else { throw trouble("unexpected \(token)") }
    guard next == "(" else { return .name(token) }
    place += 1
    return .call(token, try inputs())
  }

  private mutating func inputs() throws(MetricError) -> [MetricMath.Node] {
    var inputs: [MetricMath.Node] = []
    if next == ")" {
      place += 1
      return inputs
    }
    while true {
      inputs.append(try level(0))
      guard next == "," else { break }
      place += 1
    }
    try expect(")")
    return inputs
  }

  private var next: String? { place < tokens.count ? tokens[place] : nil }

  private mutating func expect(_ token: String) throws(MetricError) {
    guard next == token else { throw trouble("\(token) is due") }
    place += 1
  }

  private func trouble(_ what: String) -> MetricError {
    MetricError(.validation, "Error in expression '\(text)': \(what)")
  }

  private static func tokens(of text: String) throws(MetricError) -> [String] {
    var tokens: [String] = []
    var rest = Substring(text)
    while let first = rest.first {
      if first.isWhitespace {
        rest.removeFirst()
      } else if first == "\"" || first == "'" {
        let inner = rest.dropFirst().prefix { $0 != first }
        guard rest.dropFirst(inner.count + 1).first == first else {
          throw MetricError(.validation, "Error in expression '\(text)': a text does not end")
        }
        tokens.append("\"" + inner)
        rest.removeFirst(inner.count + 2)
      } else if first.isASCII, first.isLetter || first.isNumber || first == "." {
        let word = rest.prefix { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_" || $0 == ".") }
        tokens.append(String(word))
        rest.removeFirst(word.count)
      } else {
        let two = String(rest.prefix(2))
        let token = ["==", "!=", "<=", ">=", "&&", "||"].contains(two) ? two : String(first)
        guard two == token || "+-*/^(),<>".contains(first) else {
          throw MetricError(.validation, "Error in expression '\(text)': unexpected \(first)")
        }
        tokens.append(token)
        rest.removeFirst(token.count)
      }
    }
    return tokens
  }
}
