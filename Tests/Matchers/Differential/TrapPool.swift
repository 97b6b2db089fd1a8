import Events

/// The few keys and values that the patterns and events of one round are made of, so that they often meet.
struct TrapPool {
  let keys: [String]
  let strings: [String]
  let numbers: [String]

  init(_ dice: inout SplitMix64) {
    let others = TrapPool.oddKeys
    keys = (0..<(2 + dice.below(3))).map { _ in
      dice.isLucky(percent: 65) ? dice.pick(["a", "b", "c", "d"]) : dice.pick(others)
    }
    let themes = [dice.pick(TrapPool.themes), dice.pick(TrapPool.themes)]
    strings = (0..<7).map { _ in TrapPool.varied(dice.pick(dice.pick(themes)), &dice) }
    numbers = (0..<5).map { _ in
      switch dice.below(10) {
      case 0..<4: dice.pick(["0", "1", "2", "5", "-3", "0.5", "100"])
      case 4..<7: dice.pick(TrapPool.oddNumbers)
      default: TrapPool.longNumber(&dice)
      }
    }
  }

  mutating func string(_ dice: inout SplitMix64) -> String {
    let text = dice.pick(strings)
    return dice.isLucky(percent: 15) ? TrapPool.varied(text, &dice) : text
  }

  mutating func number(_ dice: inout SplitMix64) -> String {
    let text = dice.pick(numbers)
    return dice.isLucky(percent: 40) ? TrapPool.respelt(text, &dice) : text
  }

  // MARK: Vocabulary

  /// Short ones, dotted and empty ones, some of one length and beginning, some longer than a machine word or a block.
  private static let oddKeys = [
    "", "a.b", "b.a", ".", "a.", ".b", "a..b", "é", "e\u{301}", "\"", "\\", "a\\", "k", "\u{212A}", "\u{1F600}",
    "prefix", "detail-type", "abcdefgh", "abcdefgh1", "abcdefgh2", "abcdefg", "\u{0}", "\n", "a/b", "[0]", "*",
    String(repeating: "k", count: 31), String(repeating: "k", count: 64), String(repeating: "k", count: 65),
  ]

  private static let themes: [[String]] = [
    ["", "a", "ab", "abc", "b", "ba"],
    ["a", "aa", "aaa", "aab", "abab", "ababa", "aabaab", "aaaaaaaa"],
    ["a*b", "*", "**", "a\\b", "\\", "\\\\", "a*", "*b", "\\*", "a\\*b"],
    ["\"", "a\"b", "/", "a/b", "\n", "\t", "\r\n", "\u{0}", "\u{1F}", "{", "}", "[\"]", "a,b", ":", "\\\""],
    ["é", "e\u{301}", "É", "E\u{301}", "à", "\u{FFFD}", "a\u{FFFD}", "\u{FFFD}\u{FFFD}", "\u{E000}"],
    ["ß", "ss", "SS", "Ss", "ẞ", "straße", "STRASSE", "Straße"],
    ["Σ", "σ", "ς", "ΟΔΟΣ", "οδος", "οδοσ"],
    ["k", "K", "\u{212A}", "Å", "\u{212B}", "å", "µ", "μ", "Μ"],
    ["İ", "i", "I", "ı", "i\u{307}", "İi", "ﬁ", "FI", "fi", "ŉ", "ʼN", "ǆ", "ǅ", "Ǆ", "ǰ"],
    ["\u{1F600}", "\u{10400}", "\u{10428}", "a\u{1F600}b", "\u{10FFFF}", "\u{10400}\u{10400}"],
    [
      "10.0.0.1", "010.0.0.1", "10.0.0.01", "10.0.0.2", "10.0.0.255", "10.0.0.256", "10.0.1.1", "10.1.1.1", "11.0.0.1",
      "0.0.0.0", "255.255.255.255", "10.0.0", "10.0.0.1.", " 10.0.0.1", "10.0.0.1 ", "10.0.0.0000000001",
    ],
    [
      "::1", "0:0:0:0:0:0:0:1", "0000:0000:0000:0000:0000:0000:0000:0001", "::", "1::", "::ffff:a00:1", "::FFFF:A00:1",
      "::ffff:10.0.0.1", "10.0.0.1", "a00::1", "0a00::1", "A00::1", "2001:db8::1", "2001:0db8:0:0::1", "2001:db8::2",
      "2001:db8:1::", "fe80::1%eth0", "[::1]", ":", ":::", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7:8:9",
      "12345::", "abc:",
    ],
    ["5", "1.0", "1e0", "-0", "null", "true", "false", "[]", "{}", "", "\"1\""],
    [
      String(repeating: "x", count: 7), String(repeating: "x", count: 8), String(repeating: "x", count: 9),
      String(repeating: "x", count: 15), String(repeating: "x", count: 16), String(repeating: "x", count: 17),
      String(repeating: "x", count: 63), String(repeating: "x", count: 64), String(repeating: "x", count: 65),
      String(repeating: "x", count: 63) + "\"", String(repeating: "x", count: 62) + "\\\"",
    ],
    [
      "transform.pipeline", "extract.pipeline", "Processing Complete", "processing complete", "transform.pipelinf",
      "Transform.Pipeline", "ROUTE", "route",
    ],
  ]

  /// Those that doubles lose, or that two spellings share.
  private static let oddNumbers = [
    "-0", "0.0", "-0.0", "0e5", "-0E-3", "1.0", "1e0", "10e-1", "0.1e1", "1E0", "1e+0", "100e-2", "9007199254740991",
    "9007199254740992", "9007199254740993", "9007199254740993.0", "-9007199254740993", "9007199254740994",
    "9223372036854775807", "9223372036854775808", "18446744073709551615", "18446744073709551616", "0.1", "0.10", "0.3",
    "0.30000000000000004", "0.1234567890123456789", "37.807807921694092", "37.80780792169409", "37.807807921694090",
    "-122.42916360922355", "2e23", "2E23", "1e22", "1e23", "5e-324", "4.9e-324", "3e-324", "2e-324", "1e-323",
    "9.9e-324",
    "2.2250738585072014e-308", "2.225073858507201e-308", "1.7976931348623157e308", "1.7976931348623158e308",
    "1.7976931348623159e308", "1e308", "1e309", "1E309", "1e400", "1E400", "-1e309", "1e-400", "0e400", "-0e-400",
    "1e2147483647", "1e2147483648", "1e-2147483648", "0e2147483648", "1e99999999999999999999", "0.000001", "1e-6",
    "123456.789e3", "123456789", "5000000000", "-5000000000", "5000000000.0000001", "0.1e-1", "1e1", "1e2",
  ]

  // MARK: Variation

  private static func varied(_ text: String, _ dice: inout SplitMix64) -> String {
    switch dice.below(12) {
    case 0: text + text
    case 1: text + dice.pick(dice.pick(themes))
    case 2: dice.pick(dice.pick(themes)) + text
    case 3: text.uppercased()
    case 4: text.lowercased()
    case 5: String(text.dropLast())
    case 6: String(text.dropFirst())
    default: text
    }
  }

  /// Fifteen to twenty digits, where spelling and value part.
  private static func longNumber(_ dice: inout SplitMix64) -> String {
    let count = 15 + dice.below(6)
    var digits = String(1 + dice.below(9))
    for _ in 1..<count { digits += String(dice.isLucky(percent: 20) ? 0 : dice.below(10)) }
    if dice.isLucky(percent: 60) {
      let point = digits.index(digits.startIndex, offsetBy: 1 + dice.below(count - 1))
      digits = digits[..<point] + "." + digits[point...]
    }
    if dice.isLucky(percent: 25) { digits += "e\(dice.pick([-330, -308, -20, -5, 0, 3, 20, 290, 310]))" }
    return (dice.isLucky(percent: 25) ? "-" : "") + digits
  }

  /// The same value in another spelling, as long as the exponent is small.
  static func respelt(_ text: String, _ dice: inout SplitMix64) -> String {
    let parts = text.split { $0 == "e" || $0 == "E" }
    guard let exponent = parts.count == 1 ? 0 : Int(parts[1]), exponent.magnitude < 1_000 else { return text }
    let zeros = 1 + dice.below(3)
    let padding = String(repeating: "0", count: zeros)
    let mark = dice.pick(["e", "E"])
    let hasPoint = parts[0].contains(".")
    switch dice.below(4) {
    case 0 where !hasPoint: return "\(parts[0]).\(padding)\(parts.count == 1 ? "" : "\(mark)\(exponent)")"
    case 1 where !hasPoint && !parts[0].hasSuffix("0"): return "\(parts[0])\(padding)\(mark)\(exponent - zeros)"
    case 2: return "\(parts[0])\(mark)\(exponent < 0 ? "" : "+")\(exponent)"
    default: return hasPoint ? "\(parts[0])\(padding)\(mark)\(exponent)" : "\(parts[0])\(mark)\(exponent)"
    }
  }
}
