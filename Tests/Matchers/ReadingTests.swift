import Events
import Patterns
import Testing

@testable import Matchers

/// What the matcher reads in its own way, against those that read it for the patterns.
@Suite struct ReadingTests {
  private func value(_ text: String) -> Double? {
    let bytes = Array(text.utf8) + Array(repeating: 0, count: DecimalText.padding)
    let decimal = DecimalText(bytes)
    #expect(decimal.length == text.utf8.count)
    return decimal.comparable(bytes)
  }

  @Test func `a number is compared by value exactly if a pattern compares it by value`() {
    var dice = SplitMix64(seed: 4)
    var held = 0
    for round in 0..<12_000 {
      let digits = Int.random(in: 1...19, using: &dice)
      let whole = (0..<digits).map { _ in String(Int.random(in: 0...9, using: &dice)) }.joined()
      let number = Double(UInt64.random(in: 0..<(1 << 53), using: &dice)) / 1e14
      let text =
        switch round % 5 {
        case 0: "\(number)"
        case 1: "\(number.nextUp)"
        case 2: "-\(Int(whole.prefix(3)) ?? 0).\(whole)"
        case 3: "\(Int(whole.prefix(17)) ?? 0)e\(Int.random(in: -40...30, using: &dice))"
        default: "0.\(whole)"
        }
      let expected = ComparableNumber(text)?.value
      held += expected == nil ? 0 : 1
      #expect(value(text) == expected, "\(text)")
    }
    #expect((6_000...11_500).contains(held), "both answers are frequent: \(held)")
  }

  @Test(arguments: [
    "0", "-0", "0.0", "-0.000e5", "0e99999999999", "1e2147483647", "1e2147483648", "1e-2147483648", "1e-2147483649",
    "9007199254740992", "9007199254740993", "4503599627370496", "4503599627370495.5", "1e22", "1e23", "123e-400",
    "1e308", "1e309", "5e-324", "4.9e-324", "99999999999999999", "9999999999999999", "18014398509481984",
    "0.30000000000000004", "0.3000000000000000444", "37.807807921694092", "1000000000000000000000", "1.0e+2", "12e0",
  ])
  func `a number at an edge is read as a pattern reads it`(_ text: String) {
    #expect(value(text) == ComparableNumber(text)?.value)
  }

  @Test func `an address is read exactly if a pattern reads it`() {
    var dice = SplitMix64(seed: 5)
    let parts = ["0", "1", "a", "ff", "10", "255", "256", "00012", "ffff", "10000", "::", ":", ".", "g", ""]
    var known = 0
    for round in 0..<20_000 {
      let separator = round % 2 == 0 ? "." : ":"
      var text = (0..<(round % 2 == 0 ? 4 : 8)).map { _ in
        parts[Int.random(in: 0..<(round % 3 == 0 ? parts.count : 6), using: &dice)]
      }.joined(separator: separator)
      if round % 5 == 0 { text = text.replacing(":0:", with: "::", maxReplacements: 1) }
      if round % 7 == 0 { text = "::ffff:" + text.prefix(7) }
      let expected = InternetAddress(text)?.bytes
      known += expected == nil ? 0 : 1
      var key = Array(repeating: UInt8(0), count: 32)
      let address = AddressText(Array(text.utf8), text.utf8.count)
      address?.write(&key)
      let read = address.map { Array(key.prefix($0.count)) }
      #expect(read == expected, "\(text)")
    }
    #expect(known > 700)
  }

  @Test(arguments: [
    (#"{"a":1,"b":{"a":2}}"#, true), (#"{"a":1,"a":2}"#, false), (#"{"a":{"b":1,"c":2,"b":3}}"#, false),
    (#"{"a.b":1}"#, false), (#"{"\u0061":1}"#, false), (#"{"a":"\u0061.b"}"#, true), (#"[{"a":1},{"a":2}]"#, nil),
    (#"{"x":[{"a":1},{"a":2}]}"#, true),
  ])
  func `an event is plain if each of its keys says all that is to come`(_ text: String, _ isPlain: Bool?) throws {
    guard let isPlain else {
      #expect(throws: JSONError.self) { try EventText(text.utf8) }
      return
    }
    let event = try EventText(text.utf8)
    #expect(event.isPlain == isPlain)
  }

  @Test func `a key that comes again among many is noticed`() throws {
    let members = (0..<40).map { "\"k\($0)\":\($0)" }
    let once = try EventText("{\(members.joined(separator: ","))}".utf8)
    let twice = try EventText("{\(members.joined(separator: ",")),\"k7\":0}".utf8)
    #expect(once.isPlain)
    #expect(!twice.isPlain)
  }

  @Test func `a byte-order mark before an event is passed over`() throws {
    var matcher = PatternMatcher()
    matcher.add(try EventPattern(#"{"a":[1]}"#))
    let event = try EventText([0xEF, 0xBB, 0xBF] + Array(#"{"a":1}"#.utf8))
    #expect(matcher.matches(event) == [0])
  }
}
