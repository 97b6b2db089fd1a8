import Events

/// One expression at work on one set of series.
struct MetricMathEvaluation {
  let series: [String: MetricMath.Series]
  let period: Int
  let instants: [Timestamp]
  let text: String

  private typealias Value = MetricMath.Value
  private typealias Series = MetricMath.Series

  func value(of node: MetricMath.Node) throws(MetricError) -> MetricMath.Value {
    switch node {
    case .number(let number): return .scalar(number)
    case .text: throw trouble("a text stands where a value is due")
    case .name(let name):
      guard let found = series[name] else { throw trouble("no query has the id \(name)") }
      return .series(found)
    case .negated(let inner): return map(try value(of: inner)) { -$0 }
    case .operation(let sign, let left, let right): return try combine(sign, try value(of: left), try value(of: right))
    case .call(let name, let inputs):
      guard let function = MetricMathFunction(rawValue: name) else { throw trouble("\(name): no such function") }
      return try call(function, inputs)
    }
  }

  private func trouble(_ what: String) -> MetricError {
    MetricError(.validation, "Error in expression '\(text)': \(what)")
  }

  private func map(_ value: MetricMath.Value, _ change: (Double) -> Double) -> MetricMath.Value {
    switch value {
    case .scalar(let number): .scalar(change(number))
    case .series(let series): .series(series.mapValues(change))
    case .list(let list): .list(list.map { $0.mapValues(change) })
    }
  }

  /// Two values by a sign; where either has no value there is none, nor where the result is no number.
  private func combine(
    _ sign: String, _ left: MetricMath.Value, _ right: MetricMath.Value
  ) throws(MetricError) -> MetricMath.Value {
    switch (left, right) {
    case (.scalar(let a), .scalar(let b)): return .scalar(apply(sign, a, b) ?? 0)
    case (.series(let a), .scalar(let b)): return .series(a.compactMapValues { apply(sign, $0, b) })
    case (.scalar(let a), .series(let b)): return .series(b.compactMapValues { apply(sign, a, $0) })
    case (.series(let a), .series(let b)):
      var both: Series = [:]
      for (moment, value) in a {
        if let other = b[moment], let result = apply(sign, value, other) { both[moment] = result }
      }
      return .series(both)
    case (.list(let list), .scalar(let b)): return .list(list.map { $0.compactMapValues { apply(sign, $0, b) } })
    case (.list, _), (_, .list): throw trouble("a list of metrics is combined with a number only")
    }
  }

  private func apply(_ sign: String, _ a: Double, _ b: Double) -> Double? {
    let result: Double
    switch sign {
    case "+": result = a + b
    case "-": result = a - b
    case "*": result = a * b
    case "/": result = a / b
    case "^": result = MetricMathEvaluation.power(a, b)
    case "==": result = a == b ? 1 : 0
    case "!=": result = a != b ? 1 : 0
    case "<": result = a < b ? 1 : 0
    case ">": result = a > b ? 1 : 0
    case "<=": result = a <= b ? 1 : 0
    case ">=": result = a >= b ? 1 : 0
    case "&&", "AND": result = a != 0 && b != 0 ? 1 : 0
    default: result = a != 0 || b != 0 ? 1 : 0  // The parser lets no other sign through.
    }
    return result.isFinite ? result : nil
  }

  /// Whole powers, which are all that metrics are raised to; none for a broken exponent.
  private static func power(_ base: Double, _ exponent: Double) -> Double {
    if exponent == 0.5 { return base.squareRoot() }
    guard exponent == exponent.rounded(), abs(exponent) <= 1_024 else { return .nan }
    var result = 1.0
    for _ in 0..<Int(abs(exponent)) { result *= base }
    return exponent < 0 ? 1 / result : result
  }

  private func call(
    _ function: MetricMathFunction, _ inputs: [MetricMath.Node]
  ) throws(MetricError) -> MetricMath.Value {
    func count(_ range: ClosedRange<Int>) throws(MetricError) {
      guard range.contains(inputs.count) else {
        throw trouble(
          "\(function.rawValue) takes \(range.lowerBound) to \(range.upperBound) inputs, not \(inputs.count)")
      }
    }
    switch function {
    case .metrics:
      try count(0...1)
      return .list(series.sorted { $0.key < $1.key }.map(\.value))
    case .metricCount:
      try count(1...1)
      return .scalar(Double(try lists(inputs).count))
    case .period:
      try count(1...1)
      return .scalar(Double(period))
    case .timeSeries:
      try count(1...1)
      guard case .scalar(let number) = try value(of: inputs[0]) else { throw trouble("TIME_SERIES takes a number") }
      return .series(Dictionary(instants.map { ($0, number) }, uniquingKeysWith: { first, _ in first }))
    case .abs, .ceil, .floor:
      try count(1...1)
      return map(try value(of: inputs[0])) { number in
        switch function {
        case .abs: number.magnitude
        case .ceil: number.rounded(.up)
        default: number.rounded(.down)
        }
      }
    case .sum, .avg, .min, .max, .stddev:
      try count(1...100)
      return try aggregate(function, inputs)
    case .diff, .diffTime, .rate, .runningSum:
      try count(1...1)
      return .series(walk(function, try oneSeries(inputs[0], function)))
    case .fill:
      try count(2...2)
      return .series(try fill(try oneSeries(inputs[0], function), inputs[1]))
    case .if:
      try count(2...3)
      return try choose(inputs)
    }
  }

  private func oneSeries(_ node: MetricMath.Node, _ function: MetricMathFunction) throws(MetricError)
    -> MetricMath.Series
  {
    guard case .series(let series) = try value(of: node) else {
      throw trouble("\(function.rawValue) takes one time series")
    }
    return series
  }

  private func lists(_ inputs: [MetricMath.Node]) throws(MetricError) -> [MetricMath.Series] {
    var lists: [Series] = []
    for input in inputs {
      switch try value(of: input) {
      case .list(let list): lists += list
      case .series(let series): lists.append(series)
      case .scalar(let number):
        lists.append(Dictionary(instants.map { ($0, number) }, uniquingKeysWith: { first, _ in first }))
      }
    }
    return lists
  }

  /// One series comes to a number, several to one series.
  private func aggregate(
    _ function: MetricMathFunction, _ inputs: [MetricMath.Node]
  ) throws(MetricError) -> MetricMath.Value {
    func fold(_ values: [Double]) -> Double {
      switch function {
      case .sum: values.reduce(0, +)
      case .min: values.min() ?? 0
      case .max: values.max() ?? 0
      case .stddev: MetricMathEvaluation.deviation(values)
      default: values.isEmpty ? 0 : values.reduce(0, +) / Double(values.count)
      }
    }
    if inputs.count == 1, case .series(let series) = try value(of: inputs[0]) {
      return .scalar(fold(Array(series.values)))
    }
    var columns: [Timestamp: [Double]] = [:]
    for series in try lists(inputs) {
      for (moment, value) in series { columns[moment, default: []].append(value) }
    }
    return .series(columns.mapValues(fold))
  }

  private static func deviation(_ values: [Double]) -> Double {
    guard !values.isEmpty else { return 0 }
    let mean = values.reduce(0, +) / Double(values.count)
    return (values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(values.count)).squareRoot()
  }

  /// Each value compared with the one before it.
  private func walk(_ function: MetricMathFunction, _ series: MetricMath.Series) -> MetricMath.Series {
    var result: Series = [:]
    var before: (moment: Timestamp, value: Double)?
    var total = 0.0
    for (moment, value) in series.sorted(by: { $0.key < $1.key }) {
      total += value
      if function == .runningSum { result[moment] = total }
      if let before {
        let seconds = (moment - before.moment).seconds
        switch function {
        case .diff: result[moment] = value - before.value
        case .diffTime: result[moment] = seconds
        case .rate: result[moment] = (value - before.value) / seconds
        default: break
        }
      }
      before = (moment, value)
    }
    return result
  }

  private func fill(_ series: MetricMath.Series, _ with: MetricMath.Node) throws(MetricError) -> MetricMath.Series {
    var filled: Series = [:]
    var last: Double?
    let rule: String?
    var constant = 0.0
    if case .name(let word) = with, ["REPEAT", "LINEAR"].contains(word) {
      rule = word
    } else if case .scalar(let number) = try value(of: with) {
      (rule, constant) = (nil, number)
    } else {
      throw trouble("FILL takes a number, REPEAT or LINEAR")
    }
    if rule == "LINEAR" { return interpolated(series) }
    for moment in instants.sorted() {
      let value = series[moment] ?? (rule == nil ? constant : last)
      filled[moment] = value
      last = value ?? last
    }
    return filled
  }

  /// Fills what lies between two values along the line through them; before the first and after the last there is none.
  private func interpolated(_ series: MetricMath.Series) -> MetricMath.Series {
    let known = series.sorted { $0.key < $1.key }
    var filled = series
    var place = 0
    for moment in instants.sorted() where series[moment] == nil {
      while place < known.count, known[place].key < moment { place += 1 }
      guard place > 0, place < known.count else { continue }
      let (left, right) = (known[place - 1], known[place])
      let share = (moment - left.key).seconds / (right.key - left.key).seconds
      filled[moment] = left.value * (1 - share) + right.value * share
    }
    return filled
  }

  private func choose(_ inputs: [MetricMath.Node]) throws(MetricError) -> MetricMath.Value {
    let condition = try value(of: inputs[0])
    let yes = try value(of: inputs[1])
    let no: MetricMath.Value? = inputs.count == 3 ? try value(of: inputs[2]) : nil
    if case .scalar(let number) = condition, number != 0 || no != nil { return number != 0 ? yes : no ?? yes }
    func at(_ moment: Timestamp, _ value: MetricMath.Value?) throws(MetricError) -> Double? {
      switch value {
      case .scalar(let number): return number
      case .series(let series): return series[moment]
      case .list: throw trouble("IF chooses between numbers and single time series")
      case nil: return nil
      }
    }
    var result: Series = [:]
    for moment in instants {
      guard let test = try at(moment, condition) else { continue }
      result[moment] = try at(moment, test != 0 ? yes : no)
    }
    return .series(result)
  }
}
