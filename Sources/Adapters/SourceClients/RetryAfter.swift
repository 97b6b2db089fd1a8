import Events

/// How long a server asks to be left alone.
///
/// Source: RFC 9110 §10.2.3.
struct RetryAfter {
  /// Not negative.
  let span: Span

  /// Reads the header; nil if it is neither seconds nor a date, or a date that cannot be compared.
  ///
  /// - Parameter answeredAt: the answer's `Date`. A date is measured from it and not from our clock, which may differ.
  init?(_ text: String, answeredAt: String?) {
    let trimmed = text.split(separator: " ", omittingEmptySubsequences: true).joined(separator: " ")
    let digits = trimmed.utf8
    if !digits.isEmpty, digits.count <= 9, digits.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }) {
      span = .seconds(Int(trimmed) ?? 0)
      return
    }
    guard let until = Timestamp(httpDate: trimmed), let answered = answeredAt.flatMap(Timestamp.init(httpDate:)) else {
      return nil
    }
    span = max(.zero, until - answered)
  }
}
