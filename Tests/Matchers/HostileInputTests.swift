import Events
import Matchers
import Patterns
import Testing

/// What somebody would send who wants a matcher to crash or to stand still; how long each takes, the benchmark shows.
@Suite struct HostileInputTests {
  private static let mebibyte = 1_048_576
  private static let rulesMany = 5_000

  /// Matches and holds the result against each pattern's own verdict.
  private static func matches(_ patterns: [String], _ event: String) throws -> [Int] {
    var matcher = PatternMatcher()
    let sound = try patterns.map { pattern throws(PatternError) in try EventPattern(pattern) }
    for pattern in sound { matcher.add(pattern) }
    let found = matcher.matches(try EventText(Array(event.utf8)))
    let json = try JSON(parsing: event)
    #expect(found == sound.indices.filter { sound[$0].matches(json) })
    return found
  }

  private static func repeated(_ text: String, _ count: Int) -> String {
    String(repeating: text, count: count)
  }

  private static func joined(_ count: Int, _ make: (Int) -> String) -> String {
    (0..<count).map(make).joined(separator: ",")
  }

  private static func isEvent(_ bytes: [UInt8]) -> Bool {
    do { return try EventText(bytes).bytes == bytes } catch { return false }
  }

  private static func isObject(_ bytes: [UInt8]) -> Bool {
    do { return try JSON(parsing: bytes).members != nil } catch { return false }
  }

  // MARK: Texts that are no events

  @Test func `an event cut off at any byte is refused`() {
    let event = Array(
      #" {"a\u00e9\"":["x\\",-1.50e+3,null,true,false,{"":{}},[[]]],"b":"\ud83d\ude00é","c": 0 }"#.utf8)
    #expect(Self.isEvent(event))
    for count in event.indices { #expect(!Self.isEvent(Array(event[..<count])), "the first \(count) bytes") }
  }

  @Test(arguments: [
    "", " ", "[]", "1", "null", "\"a\"", "{}{}", "{},", "{} x", "{\"a\"}", "{\"a\":}", "{\"a\":1,}", "{a:1}", "{'a':1}",
    "{\"a\":01}", "{\"a\":-}", "{\"a\":1.}", "{\"a\":.5}", "{\"a\":1e}", "{\"a\":+1}", "{\"a\":0x1}", "{\"a\":NaN}",
    "{\"a\":tru}", "{\"a\":nulll}", "{\"a\":\"\n\"}", "{\"a\":\"\\x\"}", "{\"a\":\"\\u12g4\"}", "{\"a\":\"\\u123\"}",
    "{\"a\":[1 2]}", "{\"a\":[1,]}", "{\"a\":[}", "{\"a\":1]", "{\"a\":\"", "{\"a\":\"\\", "{\"a\":\"\\\"",
    "{\"a\":1/**/}", "{\"a\" 1}", "{,}", "{\"a\":1 \"b\":2}",
  ])
  func `a text that is no object is refused`(_ text: String) {
    #expect(!Self.isEvent(Array(text.utf8)))
  }

  @Test(arguments: [
    [0x80], [0xC0, 0x80], [0xC3], [0xC3, 0x28], [0xE0, 0x80, 0x80], [0xED, 0xA0, 0x80], [0xF0, 0x80, 0x80, 0x80],
    [0xF4, 0x90, 0x80, 0x80], [0xF8, 0x88, 0x80, 0x80, 0x80], [0xFF], [0xE2, 0x82], [0x00],
  ])
  func `bytes that are no UTF-8 are refused, in a key and in a value`(_ bytes: [UInt8]) {
    let quoted = [UInt8(ascii: "\"")] + bytes + [UInt8(ascii: "\"")]
    #expect(!Self.isEvent(Array("{".utf8) + quoted + Array(":1}".utf8)))
    #expect(!Self.isEvent(Array("{\"a\":".utf8) + quoted + Array("}".utf8)))
  }

  @Test func `an event with any byte changed is accepted if it is still an object, and matched as such`() throws {
    let workspace = MatchWorkspace()
    var matcher = PatternMatcher()
    let patterns = try [#"{"a":[{"exists":true}]}"#, #"{"a":{"b":[1,"x"]}}"#, #"{"b":[{"anything-but":"x"}]}"#]
      .map { pattern throws(PatternError) in try EventPattern(pattern) }
    for pattern in patterns { matcher.add(pattern) }
    var verdicts = [true: 0, false: 0]
    for seed in 0..<200 as Range<UInt64> {
      var dice = SplitMix64(seed: seed)
      var events = TrapEvents(pool: TrapPool(&dice), dice: dice)
      let text = events.event().text(&dice)
      for _ in 0..<40 {
        var bytes = text
        let place = dice.below(bytes.count)
        switch dice.below(3) {
        case 0: bytes[place] = UInt8(dice.below(256))
        case 1: bytes.remove(at: place)
        default: bytes.insert(dice.pick(Array("{}[]\",:\\0e-.tnu \n".utf8)), at: place)
        }
        let isObject = Self.isObject(bytes)
        verdicts[isObject, default: 0] += 1
        #expect(Self.isEvent(bytes) == isObject, "seed \(seed): \(String(decoding: bytes, as: UTF8.self))")
        guard isObject, Self.isEvent(bytes) else { continue }
        let json = try JSON(parsing: bytes)
        matcher.match(try EventText(bytes), in: workspace)
        let found = workspace.matched.map(Int.init).sorted()
        #expect(found == patterns.indices.filter { patterns[$0].matches(json) }, "seed \(seed)")
      }
    }
    #expect(verdicts.values.allSatisfy { $0 > 1_000 })
  }

  @Test(arguments: [#"{"a":"x"#, #"{"a":"\""#, #"{"a":"é"#, #"{"x"#])
  func `a string that never closes is refused, however long`(_ start: String) throws {
    let last = try #require(start.unicodeScalars.last)
    #expect(!Self.isEvent(Array((start + Self.repeated(String(last), Self.mebibyte / 8)).utf8)))
  }

  // MARK: Depth and size

  @Test(arguments: [("[", "]"), (#"{"a":"#, "}")])
  func `a thousand levels are read, one more is refused`(_ opening: String, _ closing: String) throws {
    func event(_ depth: Int) -> String {
      #"{"a":\#(Self.repeated(opening, depth - 1))1\#(Self.repeated(closing, depth - 1)),"b":1}"#
    }
    let way = Self.repeated(#"{"a":"#, 999) + "[1]" + Self.repeated("}", 999)
    #expect(try Self.matches([#"{"b":[1]}"#, #"{"a":[1],"b":[1]}"#, way], event(1_000)).first == 0)
    #expect(!Self.isEvent(Array(event(1_001).utf8)))
  }

  @Test func `a pattern as deep as an event may be finds its leaf`() throws {
    let pattern = Self.repeated(#"{"a":"#, 999) + "[1]" + Self.repeated("}", 999)
    #expect(try Self.matches([pattern], Self.repeated(#"{"a":"#, 999) + "1" + Self.repeated("}", 999)) == [0])
  }

  @Test func `brackets beyond any depth are refused`() {
    for opening in ["[", "{\"a\":", "[{\"a\":"] {
      #expect(!Self.isEvent(Array((#"{"a":"# + Self.repeated(opening, 20_000)).utf8)))
    }
  }

  @Test func `an event of a mebibyte is matched to its last field`() throws {
    let filler = Self.repeated(#"x\\"#, Self.mebibyte / 6) + Self.repeated("é", Self.mebibyte / 4)
    let event = #"{"long":"\#(filler)","a":{"b":["y",2]},"z":null}"#
    try #require(event.utf8.count >= Self.mebibyte)
    let patterns = [
      #"{"z":[null]}"#, #"{"a":{"b":[2]}}"#, #"{"long":[{"suffix":"é"}]}"#, #"{"long":[{"wildcard":"x*\\\\*é"}]}"#,
      #"{"long":[{"suffix":"x"}]}"#, #"{"y":[{"exists":false}]}"#,
    ]
    #expect(try Self.matches(patterns, event) == [0, 1, 2, 3, 5])
  }

  @Test func `an event of many keys is matched to its last`() throws {
    let event = "{\(Self.joined(20_000) { #""key \#($0)":{"value":\#($0)}"# })}"
    let patterns = [
      #"{"key 19999":{"value":[19999]}}"#, #"{"key 0":{"value":[{"numeric":["<",1]}]},"key 20000":[{"exists":false}]}"#,
      #"{"key 77":{"value":[78]}}"#,
    ]
    #expect(try Self.matches(patterns, event) == [0, 1])
  }

  // MARK: Arrays

  @Test(arguments: [false, true])
  func `two fields of ten thousand elements match only within one of them`(_ doMeet: Bool) throws {
    let last = doMeet ? #"{"x":1,"y":2}"# : #"{"y":2}"#
    let event = #"{"a":[\#(Self.joined(9_999) { $0.isMultiple(of: 2) ? #"{"x":1}"# : #"{"y":2,"x":2}"# }),\#(last)]}"#
    #expect(try Self.matches([#"{"a":{"x":[1],"y":[2]}}"#], event) == (doMeet ? [0] : []))
    #expect(try Self.matches([#"{"a":{"x":[1],"y":[{"exists":false}]}}"#], event) == [0])
  }

  @Test func `ten thousand values of one array are looked at to the last`() throws {
    let event = #"{"a":[\#(Self.joined(10_000) { "\($0)" }),["x"]]}"#
    let patterns = [
      #"{"a":[{"numeric":[">",9998]}]}"#, #"{"a":[{"numeric":[">",9999]}]}"#, #"{"a":["x"]}"#, #"{"a":["9999"]}"#,
    ]
    #expect(try Self.matches(patterns, event) == [0, 2])
  }

  @Test func `arrays at more paths than a matcher may keep a bit for bind their fields all the same`() throws {
    let rules = (0..<80).map { #"{"k\#($0)":{"x":[1],"y":[2]}}"# }
    let apart = (0..<79).map { #""k\#($0)":[{"x":1},{"y":2}]"# }.joined(separator: ",")
    #expect(try Self.matches(rules, #"{\#(apart),"k79":[{"x":1},{"y":2}]}"#) == [])
    #expect(try Self.matches(rules, #"{\#(apart),"k79":[{"x":1},{"y":2,"x":1}]}"#) == [79])
  }

  @Test(arguments: [("xaaabx", false), ("xaaaabx", true), ("xabaabx", false), ("xabaax", false), ("xaabaaabx", true)])
  func `pieces of a wildcard do not overlap, however many wildcards a field has`(
    _ value: String, _ isMatch: Bool
  ) throws {
    let others = (0..<20).map { #"{"a":[{"wildcard":"*q\#($0)*"}]}"# }
    let found = try Self.matches([#"{"a":[{"wildcard":"*aa*aab*"}]}"#] + others, #"{"a":"\#(value)"}"#)
    #expect(found == (isMatch ? [0] : []))
  }

  @Test func `repeated keys with more ways to choose elements than there is time for come to an end`() throws {
    let element = #""a":[{"w":1},{"x":1},{"y":1},{"w":1,"x":1,"y":1,"z":1}]"#
    let event = "{\(Self.joined(12) { _ in element })}"
    let patterns = [#"{"a":{"w":[1],"x":[1],"y":[1],"z":[2]}}"#, #"{"a":{"w":[1],"x":[1],"y":[1],"z":[1]}}"#]
    #expect(try Self.matches(patterns, event) == [1])
  }

  // MARK: Rules

  @Test(arguments: [
    ("*a*a*a*b", false), ("*a*a*a*", true), ("a*a*a*a", true), ("*aaab*", false), ("*aaaa", true),
  ])
  func `a wildcard bomb on a long run does not go off`(_ wildcard: String, _ isMatch: Bool) throws {
    let pattern = #"{"a":[{"wildcard":"\#(wildcard)"}]}"#
    let rest = #"{"a":[{"anything-but":{"wildcard":"\#(wildcard)"}}]}"#
    let event = #"{"a":"\#(Self.repeated("a", 20_000))"}"#
    #expect(try Self.matches([pattern, rest], event) == [isMatch ? 0 : 1])
  }

  @Test func `a wildcard of many stars is refused`() {
    #expect(throws: PatternError.self) { try EventPattern(#"{"a":[{"wildcard":"\#(Self.repeated("*a", 40))"}]}"#) }
  }

  @Test func `many rules on one hot value are told apart`() throws {
    let rules = (0..<Self.rulesMany).map { #"{"s":["hot"],"n":[\#($0)]}"# }
    #expect(try Self.matches(rules, #"{"n":77,"s":"hot"}"#) == [77])
    #expect(try Self.matches(rules, #"{"n":77,"s":"cold"}"#) == [])
    let alike = Array(repeating: #"{"s":["hot"]}"#, count: Self.rulesMany)
    #expect(try Self.matches(alike, #"{"s":["hot","hot"]}"#) == Array(0..<Self.rulesMany))
  }

  @Test func `values that differ in little are told apart`() throws {
    func value(_ number: Int) -> String { "0000000000000000\(100_000 + number)0000000000000000" }
    let rules = (0..<Self.rulesMany).map { #"{"a":["\#(value($0))"]}"# }
    #expect(try Self.matches(rules, #"{"a":["\#(value(4_999))","\#(value(5_000))","\#(value(0))"]}"#) == [0, 4_999])
    let keys = (0..<500).map { #"{"\#(value($0))":[1]}"# }
    #expect(try Self.matches(keys, "{\(Self.joined(600) { #""\#(value($0 + 100))":1"# })}") == Array(100..<500))
  }

  @Test func `each of a thousand alternatives is tried`() throws {
    let first = Self.joined(25) { #"{"a\#($0)":[1]}"# }
    let second = Self.joined(40) { #"{"b\#($0)":[2]}"# }
    let pattern = #"{"$or":[\#(first)],"c":{"$or":[\#(second)]}}"#
    #expect(try Self.matches([pattern], #"{"a24":1,"c":{"b39":2}}"#) == [0])
    #expect(try Self.matches([pattern], #"{"a24":1,"c":{"b39":1}}"#) == [])
  }
}
