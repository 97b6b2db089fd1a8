import Events
import Testing

@testable import Patterns

@Suite struct PatternLimitTests {
  /// Source: the values event-ruler publishes in its own tests, of several wildcards also with each other.
  @Test(arguments: [
    (["a*"], 2), (["*/dir/*"], 4), (["/Users/*/dir/dir/dir/dir/dir/doc.txt"], 7), (["*:*:*:event-bus/*"], 7),
    (["dir/*/*/*/*/doc.txt"], 8), (["*:*:*:*:event-bus/*"], 9), (["*:*:*:*:*:event-bus/*"], 11), (["*aa"], 3),
    (["a*bbb"], 4), (["a*b*bb"], 5), (["*ab*b*b*"], 7), (["ab*c", "ab*c"], 2), (["*abc", "*abcde"], 4),
    (["a*bcd", "ab*cd"], 4), (["a*aaa", "aa*aa"], 7), (["a*aax", "aaa*x"], 5),
    (["ab*cd", "ab*wx", "ab*yz"], 6), (["F*eatureFeature", "Fe*atureFeature", "Fea*tureFeature"], 10),
  ])
  func `the complexity of wildcards is what event-ruler says`(_ texts: [String], _ complexity: Int) throws {
    let tests = try texts.map { text in
      ValueTest.wildcard(try Wildcard(Array(text.utf8)) { PatternError($0, in: text) })
    }
    #expect(!WildcardComplexity.of(tests, exceeds: complexity))
    #expect(WildcardComplexity.of(tests, exceeds: complexity - 1))
  }

  @Test func `a long literal is not complex`() throws {
    let text = String(repeating: "ab", count: 2_000) + "*"
    #expect(try EventPattern("{\"a\":[{\"wildcard\":\"\(text)\"}]}").matches(["a": .string(text + "c")]))
  }

  @Test func `wildcards that take too many steps to judge are too complex`() {
    var dice = SplitMix64(seed: 6)
    func letters(_ count: Int) -> String {
      (0..<count).map { _ in String(Character(Unicode.Scalar(UInt8.random(in: 97...122, using: &dice)))) }.joined()
    }
    let wildcards = (0..<3).map { "{\"wildcard\":\"*\(letters(1_200))*\($0)\"}" }.joined(separator: ",")
    let error = #expect(throws: PatternError.self) { try EventPattern("{\"a\":[\(wildcards)]}") }
    #expect(error?.reason.hasPrefix("Rule is too complex") == true)
  }

  @Test func `nesting has a limit`() throws {
    let deep = String(repeating: "{\"a\":", count: PatternLimits.depthMax) + "[1]"
    let error = #expect(throws: PatternError.self) { try EventPattern(deep) }
    #expect(error?.reason.hasPrefix("Document nesting depth (1001)") == true)
  }

  @Test func `a long pattern is quoted in part`() throws {
    let error = #expect(throws: PatternError.self) {
      try EventPattern("{\"a\":[" + String(repeating: "1", count: 600) + "\t@")
    }
    let quoted = "{\"a\":[" + String(repeating: "1", count: 494)
    #expect(
      error?.message.hasSuffix("[Source: (String)\"\(quoted)\"[truncated 108 chars]; line: 1, column: 608]") == true)
  }

  @Test func `a control character is quoted escaped`() throws {
    let error = #expect(throws: PatternError.self) { try EventPattern("\t[") }
    #expect(error?.message.hasSuffix("[Source: (String)\"\\u0009[\"; line: 1, column: 3]") == true)
  }

  @Test func `two large arrays are joined without trying all pairs`() throws {
    let pattern = try EventPattern(#"{"a":{"x":[1],"y":[2],"z":[3]}}"#)
    let element: JSON = ["x": 1, "y": 2]
    let event: JSON = ["a": .array(Array(repeating: element, count: 4_000) + [["x": 1, "y": 2, "z": 3]])]
    #expect(pattern.matches(event))
    #expect(!pattern.matches(["a": .array(Array(repeating: element, count: 4_000))]))
  }

  @Test func `patterns are equal when their bytes are`() throws {
    #expect(try EventPattern(#"{"a":["é"]}"#) == EventPattern(#"{"a":["é"]}"#))
    #expect(try EventPattern("{\"a\":[\"\u{E9}\"]}") != EventPattern("{\"a\":[\"e\u{301}\"]}"))
  }

  @Test(arguments: [
    ("1", "10e-1"), ("0", "-0.000"), ("100", "1e2"), ("1.7976931348623157e308", "17976931348623157e292"),
    ("4.9e-324", "49e-325"), ("9.9e-324", "99e-325"), ("1.5e-323", "15e-324"), ("4.4e-323", "44e-324"),
    ("9007199254740992", "9007199254740992.0"), ("0.1", "0.10"), ("0e99", "0"),
  ])
  func `numbers are compared whatever their spelling`(_ one: String, _ other: String) throws {
    let number = try #require(ComparableNumber(one))
    #expect(number == ComparableNumber(other))
  }

  /// What lets `FoldedText` take the first case that fits.
  @Test func `no character's cases begin or end with each other`() {
    for value in UInt32(0)..<0x2_0000 {
      guard let scalar = Unicode.Scalar(value) else { continue }
      let text = FoldedText(Array(String(Character(scalar)).utf8))
      let (lower, upper) = (text.lower.joined(), text.upper.joined())
      guard !lower.elementsEqual(upper) else { continue }
      #expect(!lower.starts(with: Array(upper)) && !upper.starts(with: Array(lower)), "U+\(String(value, radix: 16))")
      let (lowerBack, upperBack) = (Array(lower.reversed()), Array(upper.reversed()))
      #expect(
        !lowerBack.starts(with: upperBack) && !upperBack.starts(with: lowerBack), "U+\(String(value, radix: 16))")
    }
  }

  @Test func `zero has no sign`() {
    for text in ["-0", "-0.0", "-0e5", "0"] { #expect(ComparableNumber(text)?.value.sign == .plus, "\(text)") }
  }

  @Test(arguments: [
    "9007199254740993", "1e309", "-1e309", "5e-324", "1e-323", "1e-400", "0.1234567890123456789", "37.807807921694092",
    "1e99999999999", "0e99999999999", "179769313486231570814527423731704356798070e267",
  ])
  func `numbers that a double does not hold are not compared`(_ text: String) {
    #expect(ComparableNumber(text) == nil)
  }

  @Test func `a number is the same with and without an exponent of zero`() {
    var dice = SplitMix64(seed: 6)
    for _ in 0..<20_000 {
      var text = String(Int64.random(in: -999_999_999_999_999...999_999_999_999_999, using: &dice))
      text = String(text.prefix(Int.random(in: 2...16, using: &dice)))
      let decimals = Int.random(in: 0...12, using: &dice)
      if decimals > 0 { text += "." + (0..<decimals).map { _ in String(Int.random(in: 0...9, using: &dice)) }.joined() }
      #expect(ComparableNumber(text) == ComparableNumber(text + "e0"), "\(text)")
    }
  }
}
