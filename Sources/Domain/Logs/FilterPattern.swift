import Events

/// Which log messages a reader asks for: the filter-pattern language of CloudWatch Logs, compiled.
///
/// - An empty or blank pattern matches everything.
/// - `ERROR "bad request" -debug` are terms; `?ERROR ?WARN` are alternatives; `%[45]\d\d%` is a regular expression.
/// - `{ $.level = "ERROR" && $.latency > 500 }` looks into messages that are JSON; others never match.
/// - `[ip, ..., status = 4*, bytes]` looks at the fields between spaces.
///
/// Source: CloudWatch Logs user guide, "Filter pattern syntax for metric filters, subscription filters, filter log
/// events, and Live Tail".
public struct FilterPattern: Sendable, Hashable {
  private enum Kind: Sendable, Hashable {
    case everything
    case terms(TermPattern)
    case json(Condition<JSONTest>)
    case fields(FieldPattern)
  }

  /// The pattern as it was written.
  public let text: String
  private let kind: Kind

  /// The pattern that matches every message.
  public static let everything = FilterPattern(text: "", kind: .everything)

  /// Compiles a pattern; throws `InvalidParameterException` with the offset of what is wrong.
  public init(parsing text: String) throws(FilterPatternError) {
    let kept = text.unicodeScalars.prefix(FilterPatternLimits.charactersMax)
    guard kept.endIndex == text.unicodeScalars.endIndex else {
      let reason = "Member must have length less than or equal to \(FilterPatternLimits.charactersMax)"
      throw FilterPatternError(reason, at: String(kept).utf8.count)
    }
    var reader = FilterPatternReader(text)
    let kind: Kind
    switch reader.peek() {
    case nil: kind = .everything
    case UInt8(ascii: "{"): kind = .json(try reader.jsonPattern())
    case UInt8(ascii: "["): kind = .fields(try reader.fieldPattern())
    default: kind = .terms(try reader.termPattern())
    }
    self.init(text: text, kind: kind)
  }

  private init(text: String, kind: Kind) {
    self.text = text
    self.kind = kind
  }

  /// Whether that message is asked for; its time is bounded by the two lengths multiplied.
  public func matches(_ message: String) -> Bool {
    var message = message
    return message.withUTF8 { matches($0) }
  }

  /// Whether that message is asked for; the bytes should be UTF-8, but need not.
  public func matches(bytes: [UInt8]) -> Bool {
    bytes.withUnsafeBufferPointer { matches($0) }
  }

  /// What the pattern's selectors or named fields find in a message that it matches, as TestMetricFilter tells it.
  ///
  /// Source: CloudWatch Logs API, `MetricFilterMatchRecord`: `$.latency` or `$status`, and the text that stands there.
  public func values(in message: String) -> [(name: String, value: String)] {
    switch kind {
    case .everything, .terms: return []
    case .fields(let pattern): return pattern.values(in: Array(message.utf8))
    case .json(let condition):
      var message = message
      guard let document = message.withUTF8({ FilterPattern.document($0) }) else { return [] }
      var values: [(name: String, value: String)] = []
      for selector in condition.tests.map(\.selector) where !values.contains(where: { $0.name == selector.text }) {
        guard let value = selector.values(in: document).first else { continue }
        values.append((selector.text, value.string ?? value.text))
      }
      return values
    }
  }

  private func matches(_ message: UnsafeBufferPointer<UInt8>) -> Bool {
    switch kind {
    case .everything:
      return true
    case .terms(let terms):
      return terms.matches(message)
    case .json(let condition):
      guard let document = FilterPattern.document(message) else { return false }
      return condition.holds { $0.holds(for: document) }
    case .fields(let pattern):
      return pattern.matches(Array(message))
    }
  }

  /// The object or array that the message is; nil for the messages that are none, most of them at their first byte.
  private static func document(_ message: UnsafeBufferPointer<UInt8>) -> JSON? {
    guard let first = message.first(where: { !FilterPatternReader.isBlank($0) }),
      first == UInt8(ascii: "{") || first == UInt8(ascii: "[")
    else { return nil }
    do {
      return try JSON(parsing: message)
    } catch {
      return nil  // A line that is no JSON is an answer here, not a failure.
    }
  }
}
