import Events

/// Symbols as requests and events spell them (D16).
public enum SymbolList {
  /// Symbols of one request; a universe may be larger (D7).
  public static let requestMax = 100
  /// Symbols of one universe update.
  public static let updateMax = 10_000
  /// Characters of one symbol.
  public static let lengthMax = 20

  /// The symbol in upper case; nil unless it is 1–20 characters of `A–Z 0–9 . - ^ =`.
  public static func normalized(_ text: String) -> String? {
    guard (1...lengthMax).contains(text.utf8.count) else { return nil }
    var out: [UInt8] = []
    for byte in text.utf8 {
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"): out.append(byte - 0x20)
      case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."),
        UInt8(ascii: "-"), UInt8(ascii: "^"), UInt8(ascii: "="):
        out.append(byte)
      default: return nil
      }
    }
    return String(decoding: out, as: UTF8.self)
  }

  /// The list without its repetitions, in its order.
  public static func unique(_ symbols: [String]) -> [String] {
    var seen: Set<String> = []
    return symbols.filter { seen.insert($0).inserted }
  }

  /// The symbols of a JSON list, normalized and unique, or every violation found.
  ///
  /// - Parameter field: what the violations name; an element is named `field[index]`.
  /// - Parameter counts: how many elements the list may have, repetitions counted.
  static func read(_ json: JSON, field: String, counts: ClosedRange<Int>) -> Result<[String], Refusal> {
    guard let elements = json.elements else {
      return .failure(Refusal(.invalidSymbols, field: field, "\(field) is a \(json.kind), not a list of symbols"))
    }
    var violations: [Violation] = []
    if !counts.contains(elements.count) {
      let bounds = "\(counts.lowerBound) to \(counts.upperBound)"
      violations.append(
        Violation(.invalidSymbols, field: field, "\(field) has \(elements.count) elements, not \(bounds)"))
    }
    var symbols: [String] = []
    for (index, element) in elements.prefix(counts.upperBound).enumerated() {
      if let symbol = element.string.flatMap({ normalized($0) }) {
        symbols.append(symbol)
      } else {
        let place = "\(field)[\(index)]"
        violations.append(
          Violation(
            .invalidSymbols, field: place,
            "\(place) is \(RequestFields.shown(element)), not 1 to 20 characters of A–Z 0–9 . - ^ ="))
      }
    }
    return Refusal(violations).map { .failure($0) } ?? .success(unique(symbols))
  }
}
