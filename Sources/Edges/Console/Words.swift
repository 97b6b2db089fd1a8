/// A word of our vocabulary as people read it: `partly_failed` is `partly failed`.
func spoken(_ word: String) -> String {
  String(word.map { $0 == "_" ? " " : $0 })
}

/// `1 cause`, `3 causes`.
func counted(_ count: Int, _ noun: String) -> String {
  "\(count) \(noun)\(count == 1 ? "" : "s")"
}

extension String {
  /// The text if it is short enough, else its beginning and an ellipsis.
  func cut(to scalarsMax: Int) -> String {
    guard unicodeScalars.count > scalarsMax else { return self }
    return String(String.UnicodeScalarView(unicodeScalars.prefix(scalarsMax))) + "…"
  }
}
