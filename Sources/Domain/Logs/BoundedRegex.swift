/// A regular expression of the subset that filter patterns take, found anywhere in a text.
///
/// It takes all ways through the expression at once, so its time is at most the two lengths multiplied. A character
/// beyond ASCII is one character to `.` and to classes that exclude.
/// Source: CloudWatch Logs user guide, "Supported regular expressions (regex) syntax"; the method is Thompson's,
/// "Regular Expression Search Algorithm", 1968.
struct BoundedRegex: Sendable, Hashable {
  enum Step: Sendable, Hashable {
    case consume(RegexClass)
    case fork(Int, Int)
    case jump(Int)
    case atStart
    case atEnd
    case accept
  }

  private let steps: [Step]

  /// - Parameter place: offset of the first byte in the pattern, for errors.
  init(_ expression: [UInt8], at place: Int) throws(FilterPatternError) {
    var reader = RegexReader(expression, at: place)
    let steps = BoundedRegex.compile(try reader.alternatives())
    guard steps.count <= FilterPatternLimits.regexStepsMax else {
      throw FilterPatternError("the regular expression repeats too much", at: place)
    }
    self.steps = steps
  }

  /// Whether a part of the text is of that form.
  func matches(_ text: [UInt8]) -> Bool {
    var current = Threads(steps: steps.count)
    var following = Threads(steps: steps.count)
    var place = 0
    while true {
      let isAccepted = add(0, to: &current, isAtStart: place == 0, isAtEnd: place == text.count)
      if isAccepted { return true }
      guard place < text.count else { return false }
      let byte = text[place]
      place += 1
      while place < text.count, byte >= 0x80, text[place] & 0xC0 == 0x80 { place += 1 }
      for index in 0..<current.count {
        let step = current[index]
        guard case .consume(let wanted) = steps[step], wanted.contains(byte) else { continue }
        if add(step + 1, to: &following, isAtStart: false, isAtEnd: place == text.count) { return true }
      }
      swap(&current, &following)
      following.removeAll()
    }
  }

  /// Adds a step and those it leads to without a character; true if the expression accepts here.
  private func add(_ first: Int, to threads: inout Threads, isAtStart: Bool, isAtEnd: Bool) -> Bool {
    threads.plan(first)
    while let step = threads.takePlanned() {
      switch steps[step] {
      case .consume: threads.append(step)
      case .fork(let one, let other):
        threads.plan(other)
        threads.plan(one)
      case .jump(let target): threads.plan(target)
      case .atStart: if isAtStart { threads.plan(step + 1) }
      case .atEnd: if isAtEnd { threads.plan(step + 1) }
      case .accept: return true
      }
    }
    return false
  }

  private static func compile(_ alternatives: [[RegexReader.Item]]) -> [Step] {
    var steps: [Step] = []
    var exits: [Int] = []
    for (number, items) in alternatives.enumerated() {
      let fork = steps.count
      let isLast = number == alternatives.count - 1
      if !isLast { steps.append(.jump(0)) }
      for item in items where steps.count <= FilterPatternLimits.regexStepsMax { compile(item, into: &steps) }
      if !isLast {
        exits.append(steps.count)
        steps.append(.jump(0))
        steps[fork] = .fork(fork + 1, steps.count)
      }
    }
    for exit in exits { steps[exit] = .jump(steps.count) }
    steps.append(.accept)
    return steps
  }

  private static func compile(_ item: RegexReader.Item, into steps: inout [Step]) {
    switch item {
    case .start: steps.append(.atStart)
    case .end: steps.append(.atEnd)
    case .characters(let wanted, let least, let most):
      for _ in 0..<least { steps.append(.consume(wanted)) }
      guard let most else {
        let fork = steps.count
        steps += [.fork(fork + 1, fork + 3), .consume(wanted), .jump(fork)]
        return
      }
      let after = steps.count + 2 * (most - least)
      for _ in least..<most { steps += [.fork(steps.count + 1, after), .consume(wanted)] }
    }
  }
}

/// The steps that a text has come to, each once.
private struct Threads {
  private var steps: [Int] = []
  private var planned: [Int] = []
  private var round = 1
  /// The round in which each step was planned last.
  private var seen: [Int]

  init(steps: Int) {
    seen = Array(repeating: 0, count: steps)
  }

  var count: Int { steps.count }

  subscript(index: Int) -> Int { steps[index] }

  mutating func plan(_ step: Int) {
    guard seen[step] != round else { return }
    seen[step] = round
    planned.append(step)
  }

  mutating func takePlanned() -> Int? { planned.popLast() }

  mutating func append(_ step: Int) { steps.append(step) }

  mutating func removeAll() {
    steps.removeAll(keepingCapacity: true)
    round += 1
  }
}
