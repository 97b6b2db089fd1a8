/// Terms that a message contains, or does not contain, anywhere and in any order.
///
/// Alternatives count only where there is nothing else: `?ERROR ?WARN REQUEST` asks for `REQUEST` alone.
/// Source: CloudWatch Logs user guide, "Using filter patterns to match terms in unstructured log events".
struct TermPattern: Sendable, Hashable {
  enum Term: Sendable, Hashable {
    case text([UInt8])
    case regex(BoundedRegex)
  }

  private(set) var required: [Term] = []
  private(set) var excluded: [Term] = []
  private(set) var optional: [Term] = []

  mutating func require(_ term: Term) { required.append(term) }
  mutating func exclude(_ term: Term) { excluded.append(term) }
  mutating func allow(_ term: Term) { optional.append(term) }

  func matches(_ message: UnsafeBufferPointer<UInt8>) -> Bool {
    if required.isEmpty, excluded.isEmpty {
      return optional.contains { TermPattern.contains($0, message) }
    }
    return required.allSatisfy { TermPattern.contains($0, message) }
      && !excluded.contains { TermPattern.contains($0, message) }
  }

  private static func contains(_ term: Term, _ message: UnsafeBufferPointer<UInt8>) -> Bool {
    switch term {
    case .text(let text): contains(text, message)
    case .regex(let regex): regex.matches(Array(message))
    }
  }

  /// Looks for the first byte, then compares the others.
  private static func contains(_ text: [UInt8], _ message: UnsafeBufferPointer<UInt8>) -> Bool {
    guard let first = text.first else { return true }
    guard message.count >= text.count else { return false }
    return text.withUnsafeBufferPointer { text in
      var place = 0
      let last = message.count - text.count
      while place <= last {
        if message[place] == first {
          var length = 1
          while length < text.count, message[place + length] == text[length] { length += 1 }
          if length == text.count { return true }
        }
        place += 1
      }
      return false
    }
  }
}
