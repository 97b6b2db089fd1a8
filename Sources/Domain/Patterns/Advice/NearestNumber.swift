import Events

/// The numbers of a range that lie nearest to another, as people would write them.
struct NearestNumber {
  /// Digits behind the point that a step beside a bound may have.
  private static let fractionDigitsMax = 12

  let range: NumericRange

  /// One that is comparable and in the range; nil if none was found.
  ///
  /// A bound that is out of reach is passed by one in the last digit that it or the other number has: `> 5` gives 6 for 3
  /// and 5.1 for 4.5. Where that is too far, half way to the other bound, and at last the next double.
  ///
  /// - Parameter had: nil if there is none; then the range is entered at its lower end.
  func value(near had: Double?) -> Double? {
    // A number that a double does not hold may have its double in the range.
    var values = had.map { [$0] } ?? []
    if let upper = range.upper, range.lower == nil || (had ?? -.infinity) >= upper.number.value {
      values += beside(upper, inward: -1, had)
    } else if let lower = range.lower {
      values += beside(lower, inward: 1, had)
    }
    return values.first { value in
      guard value.isFinite, let number = ComparableNumber(JSONNumber(value).text) else { return false }
      return range.contains(number)
    }
  }

  /// The bound itself if it counts, else its neighbours from the roundest to the nearest.
  private func beside(_ bound: NumericRange.Bound, inward: Double, _ had: Double?) -> [Double] {
    let value = bound.number.value
    guard !bound.isIncluded else { return [value] }
    let digits = max(NearestNumber.fractionDigits(value), had.map { NearestNumber.fractionDigits($0) } ?? 0)
    let unit = (0..<min(NearestNumber.fractionDigitsMax, digits)).reduce(1.0) { unit, _ in unit * 10 }
    var values = [((value * unit).rounded() + inward) / unit]
    if let lower = range.lower, let upper = range.upper { values.append((lower.number.value + upper.number.value) / 2) }
    return values + [inward > 0 ? value.nextUp : value.nextDown]
  }

  private static func fractionDigits(_ value: Double) -> Int {
    let text = JSONNumber(value).text
    guard !text.contains("e"), let point = text.firstIndex(of: ".") else { return 0 }
    return text.distance(from: point, to: text.endIndex) - 1
  }

  /// The same list with its bounds moved so that the number fits; nil if the element is no range that lacks it.
  ///
  /// - Parameter element: `{"numeric":[">",5]}`.
  static func widened(_ element: JSON, to number: JSONNumber) -> JSON? {
    guard let terms = element["numeric"]?.elements, let last = terms.last?.double else { return nil }
    let value = number.double
    let taken = JSON.number(number)
    let comparison = terms.first?.string ?? ""
    if comparison.hasPrefix("<") { return value >= last ? ["numeric": ["<=", taken]] : nil }
    guard comparison.hasPrefix(">"), let lower = terms[1].double else { return nil }
    if value <= lower { return ["numeric": .array([">=", taken] + terms.dropFirst(2))] }
    guard terms.count == 4, value >= last else { return nil }
    return ["numeric": .array(terms.prefix(2) + ["<=", taken])]
  }
}
