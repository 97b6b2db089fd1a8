extension Timestamp {
  /// Reads the date of an HTTP header, `Sun, 06 Nov 1994 08:49:37 GMT`; nil for anything else.
  ///
  /// Source: RFC 9110 §5.6.7. Of its three forms only the current one is read; nobody sends the others. The name of the
  /// day is not checked.
  public init?(httpDate text: String) {
    let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
    let parts = text.split(separator: " ").map(String.init)
    guard parts.count == 6, parts[0].hasSuffix(","), parts[5] == "GMT",
      let month = months.firstIndex(of: parts[2]).map({ String($0 + 1) }),
      let civil = CivilTime("\(parts[3])-\(month.count == 1 ? "0" : "")\(month)-\(parts[1])T\(parts[4])")
    else { return nil }
    self = civil.asUTC
  }
}
