import Events

/// One question about one property: `$.latency > 500`, `$.error IS NULL`, `$.users[0].id NOT EXISTS`.
///
/// With a wildcard the question is whether any of the values answers to it.
/// Source: CloudWatch Logs user guide, "Using filter patterns to match terms in JSON log events".
struct JSONTest: Sendable, Hashable {
  enum Question: Sendable, Hashable {
    case isNull
    case isBool(Bool)
    case isMissing
    case compares(Comparison)
  }

  let selector: JSONSelector
  let question: Question

  func holds(for document: JSON) -> Bool {
    let values = selector.values(in: document)
    switch question {
    case .isMissing: return values.isEmpty
    case .isNull: return values.contains(.null)
    case .isBool(let flag): return values.contains(.bool(flag))
    case .compares(let comparison): return values.contains { JSONTest.holds(comparison, for: $0) }
    }
  }

  /// Objects, arrays and null compare with nothing: not even `!=` holds for them, nor for what is missing.
  private static func holds(_ comparison: Comparison, for value: JSON) -> Bool {
    switch value {
    case .string(let text): comparison.holds(for: Array(text.utf8), number: nil)
    case .number(let number): comparison.holds(for: Array(number.text.utf8), number: number.double)
    case .bool(let flag): comparison.holds(for: Array((flag ? "true" : "false").utf8), number: nil)
    case .null, .array, .object: false
    }
  }
}

/// Where a property stands: `$.users[0].id`, `$.['cluster.name']`, `$.arrayKey[*]`.
struct JSONSelector: Sendable, Hashable {
  enum Step: Sendable, Hashable {
    case member(String)
    case element(Int)
    case wildcard
  }

  /// As it was written, without blanks.
  let text: String
  let steps: [Step]

  /// The values at that place: none, one, or with a wildcard many.
  func values(in document: JSON) -> [JSON] {
    var values = [document]
    for step in steps {
      switch step {
      case .member(let name):
        values = values.compactMap { $0[name] }
      case .element(let index):
        values = values.compactMap { value in
          guard let elements = value.elements, index < elements.count else { return nil }
          return elements[index]
        }
      case .wildcard:
        values = values.flatMap { $0.elements ?? $0.members?.map(\.value) ?? [] }
      }
    }
    return values
  }
}
