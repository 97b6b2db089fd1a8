import Events

/// What is wrong with a value.
struct Fault: Error, Hashable {
  /// Characters of a foreign value that a message repeats.
  private static let shownMax = 60

  let reason: String

  init(_ reason: String) {
    self.reason = reason
  }

  init(must words: String, is text: String) {
    reason = "must be \(words), is \(Fault.shown(text))"
  }

  /// The text in quotes, shortened.
  static func shown(_ text: String) -> String {
    JSON.string(text.count <= shownMax ? text : "\(text.prefix(shownMax))…").text
  }
}

/// What a key's value is, once read.
enum ConfigValue: Sendable, Hashable {
  case number(Int)
  case text(String)
  case list([String])

  /// As a variable gives it.
  var text: String {
    switch self {
    case .number(let number): String(number)
    case .text(let text): text
    case .list(let texts): texts.joined(separator: ",")
    }
  }
}

/// What a key's value must be.
enum ConfigRule: Sendable, Hashable {
  case number(ClosedRange<Int>)
  case choice([String])
  case text(TextRule)
  /// No element twice: repetitions are dropped.
  case list(TextRule, counts: ClosedRange<Int>)

  /// Goes on after "must be".
  var words: String {
    switch self {
    case .number(let range): "\(range.lowerBound) to \(range.upperBound)"
    case .choice(let choices): "one of \(choices.joined(separator: ", "))"
    case .text(let rule): rule.words
    case .list(let rule, let counts): "a list of \(counts.lowerBound) to \(counts.upperBound), each \(rule.words)"
    }
  }

  /// Reads a value that is not a list: a number in plain decimal digits, so that YAML's octal 010 is never taken for 10.
  func read(_ text: String) -> Result<ConfigValue, Fault> {
    switch self {
    case .number(let range):
      guard let number = Int(text), String(number) == text, range.contains(number) else {
        return .failure(Fault("must be \(words), is \(text.isEmpty ? "empty" : text)"))
      }
      return .success(.number(number))
    case .choice(let choices):
      return choices.contains(text) ? .success(.text(text)) : .failure(Fault(must: words, is: text))
    case .text(let rule):
      return rule.read(text).map { .text($0) }
    case .list:
      preconditionFailure("a list is read element by element")
    }
  }

  /// Reads what a variable or a flag gives: lists are separated by commas, blanks around an element do not count.
  func read(override text: String) -> Result<ConfigValue, Fault> {
    switch self {
    case .number, .choice, .text:
      return read(text)
    case .list(let rule, let counts):
      var elements: [String] = []
      var faults: [Fault] = []
      if !text.allSatisfy({ $0 == " " }) {
        for part in text.split(separator: ",", omittingEmptySubsequences: false) {
          switch rule.read(ConfigRule.trimmed(part)) {
          case .success(let element): elements.append(element)
          case .failure(let fault): faults.append(fault)
          }
        }
      }
      guard faults.isEmpty else { return .failure(Fault(faults.map(\.reason).joined(separator: "; "))) }
      return ConfigRule.list(elements, counts)
    }
  }

  /// The elements, each once, if there are neither too few nor too many.
  static func list(_ elements: [String], _ counts: ClosedRange<Int>) -> Result<ConfigValue, Fault> {
    guard counts.contains(elements.count) else {
      let bounds = "\(counts.lowerBound) to \(counts.upperBound)"
      return .failure(Fault("must have \(bounds) elements, has \(elements.count)"))
    }
    var seen: Set<String> = []
    return .success(.list(elements.filter { seen.insert($0).inserted }))
  }

  private static func trimmed(_ text: Substring) -> String {
    let start = text.drop { $0 == " " }
    let blanks = start.reversed().prefix { $0 == " " }.count
    return String(start.dropLast(blanks))
  }
}
