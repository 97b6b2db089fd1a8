import Events

/// How long a server asks to be left alone.
///
/// Source: RFC 9110 §10.2.3 and §5.6.7. Of the three forms of a date only the current one is read; nobody sends the others.
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
    guard let until = RetryAfter.date(trimmed), let answered = answeredAt.flatMap(RetryAfter.date) else { return nil }
    span = max(.zero, until - answered)
  }

  /// `Sun, 06 Nov 1994 08:49:37 GMT`; the name of the day is not checked.
  private static func date(_ text: String) -> Timestamp? {
    let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
    let parts = text.split(separator: " ").map(String.init)
    guard parts.count == 6, parts[0].hasSuffix(","), parts[5] == "GMT",
      let month = months.firstIndex(of: parts[2]).map({ String($0 + 1) }),
      let civil = CivilTime("\(parts[3])-\(month.count == 1 ? "0" : "")\(month)-\(parts[1])T\(parts[4])")
    else { return nil }
    return civil.asUTC
  }
}
