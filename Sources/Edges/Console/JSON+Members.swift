import Events

extension JSON {
  /// The string of that name, or "".
  func word(_ key: String) -> String { self[key]?.string ?? "" }

  /// The number of that name, or 0.
  func count(_ key: String) -> Int { self[key]?.int ?? 0 }

  /// The instant of that name; nil if there is none.
  func moment(_ key: String) -> Timestamp? { self[key]?.string.flatMap { Timestamp($0) } }
}
