import Events
import Patterns
import Testing

@testable import Matchers

/// What a matcher does only when it holds many patterns of one kind, against the plainest way to say the same.
@Suite struct ManyPatternsTests {
  private func matcher(_ patterns: [String]) throws -> PatternMatcher {
    var matcher = PatternMatcher()
    for pattern in patterns { matcher.add(try EventPattern(pattern)) }
    return matcher
  }

  @Test func `a thousand ranges of one field hold the numbers between their bounds`() throws {
    var dice = SplitMix64(seed: 1)
    let ranges = (0..<1_000).map { _ in
      let low = Int.random(in: 0..<500, using: &dice)
      return (low: low, high: low + Int.random(in: 1...40, using: &dice), closed: Bool.random(using: &dice))
    }
    let matcher = try matcher(
      ranges.map { range in
        let (above, below) = range.closed ? (">=", "<=") : (">", "<")
        return #"{"a":[{"numeric":["\#(above)",\#(range.low),"\#(below)",\#(range.high)]}]}"#
      })
    for value in stride(from: -1.0, through: 541, by: 0.5) {
      let expected = ranges.indices.filter { place in
        let range = ranges[place]
        let isInside = value > Double(range.low) && value < Double(range.high)
        return isInside || (range.closed && (value == Double(range.low) || value == Double(range.high)))
      }
      #expect(matcher.matches(EventText(["a": JSON(value)])) == expected, "\(value)")
    }
  }

  @Test func `several numbers of one array hit ranges that each of them lies in`() throws {
    let matcher = try matcher((0..<200).map { #"{"a":[{"numeric":[">=",\#($0),"<",\#($0 + 1)]}]}"# })
    let event = EventText(["a": [3, 77, "78", 150.5, 3, 199]])
    #expect(matcher.matches(event) == [3, 77, 150, 199])
  }

  @Test func `hundreds of wildcards in one field find their pieces in order`() throws {
    var dice = SplitMix64(seed: 2)
    func word(_ count: ClosedRange<Int>) -> String {
      String((0..<Int.random(in: count, using: &dice)).map { _ in "aabcdef".randomElement(using: &dice) ?? "a" })
    }
    let wildcards = (0..<400).map { place in
      let pieces = (0..<Int.random(in: 1...3, using: &dice)).map { _ in word(1...2) }
      let open = place % 4 == 0
      return (open ? "*" : word(0...1)) + pieces.joined(separator: "*") + (open || place % 3 == 0 ? "*" : "")
    }
    let patterns = try wildcards.map { try EventPattern(#"{"a":[{"wildcard":"\#($0)"}]}"#) }
    var matcher = PatternMatcher()
    for pattern in patterns { matcher.add(pattern) }
    var matches = 0
    for _ in 0..<150 {
      let event: JSON = ["a": [.string(word(0...12)), .string(word(0...40))]]
      let expected = patterns.indices.filter { patterns[$0].matches(event) }
      matches += expected.count
      #expect(matcher.matches(EventText(event)) == expected, "\(event.text)")
    }
    #expect(matches > 3_000)
  }

  @Test func `rules that share their commonest value are told apart by their other fields`() throws {
    var dice = SplitMix64(seed: 3)
    func some(_ names: Int, _ count: ClosedRange<Int>) -> [Int] {
      (0..<Int.random(in: count, using: &dice)).map { _ in Int.random(in: 0..<names, using: &dice) }
    }
    let rules = (0..<3_000).map { _ in (some(2, 1...2), some(9, 1...2), some(40, 1...9), some(3, 1...1)) }
    func list(_ values: [Int]) -> String { "[\(values.map { "\"\($0)\"" }.joined(separator: ","))]" }
    var matcher = try matcher(
      rules.enumerated().map { place, rule in
        let fourth = place % 3 == 0 ? "[{\"anything-but\":\(list(rule.3))}]" : list(rule.3)
        return "{\"a\":\(list(rule.0)),\"b\":{\"c\":\(list(rule.1)),\"d\":\(list(rule.2))},\"e\":\(fourth)}"
      })
    for removed in stride(from: 0, to: 3_000, by: 7) { matcher.remove(removed) }
    var matches = 0
    for _ in 0..<200 {
      let (a, c, d, e) = (some(2, 1...1), some(9, 1...1), some(40, 1...3), some(3, 1...1))
      let event: JSON = [
        "a": .string("\(a[0])"), "b": ["c": .string("\(c[0])"), "d": JSON(d.map(String.init))], "e": .string("\(e[0])"),
      ]
      let expected = rules.indices.filter { place in
        let rule = rules[place]
        let isFourth = rule.3.contains(e[0]) != (place % 3 == 0)
        return place % 7 != 0 && rule.0.contains(a[0]) && rule.1.contains(c[0]) && !Set(rule.2).isDisjoint(with: d)
          && isFourth
      }
      matches += expected.count
      #expect(matcher.matches(EventText(event)) == expected, "\(event.text)")
    }
    #expect(matches > 5_000)
  }

  @Test func `a hundred keys of one object are each found`() throws {
    let keys = (0..<100).map { $0 % 2 == 0 ? "k\($0)" : "a key of more than eight bytes \($0)" }
    let matcher = try matcher(keys.map { #"{"detail":{"\#($0)":[1]}}"# })
    for (place, key) in keys.enumerated() {
      let event: JSON = ["detail": .object([.init("k", 1), .init("x\(key)", 1), .init(key, 1), .init("k99", 1)])]
      #expect(matcher.matches(EventText(event)) == [place])
    }
  }

  @Test func `prefixes and suffixes that share their beginnings and ends are told apart`() throws {
    let words = ["a", "ab", "abc", "abd", "b", "ba", "cab", "ABC", "a long prefix", "a long preface"]
    let matcher = try matcher(
      words.map { #"{"x":[{"prefix":"\#($0)"}]}"# } + words.map { #"{"x":[{"suffix":"\#($0)"}]}"# }
        + words.map { #"{"x":[{"suffix":{"equals-ignore-case":"\#($0)"}}]}"# })
    for text in words + ["abcab", "", "xa long prefix", "a long pref", "bABC", "cABd"] {
      let expected =
        words.indices.filter { text.hasPrefix(words[$0]) }
        + words.indices.filter { text.hasSuffix(words[$0]) }.map { $0 + words.count }
        + words.indices.filter { text.lowercased().hasSuffix(words[$0].lowercased()) }.map { $0 + 2 * words.count }
      #expect(matcher.matches(EventText(["x": .string(text)])) == expected, "\(text)")
    }
  }

  @Test func `more arrays of objects than a word has bits keep their values apart`() throws {
    let names = (0..<70).map { "n\($0)" }
    let matcher = try matcher(names.map { #"{"\#($0)":{"a":[1],"b":[2]}}"# })
    let apart: JSON = [["a": 1], ["b": 2]]
    let together: JSON = [["a": 0], ["a": 1, "b": 2]]
    let event = JSON.object(names.enumerated().map { .init($1, $0 % 3 == 0 ? together : apart) })
    #expect(matcher.matches(EventText(event)) == Array(stride(from: 0, to: 70, by: 3)))
  }
}
