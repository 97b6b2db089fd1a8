import Events
import Patterns
import Testing

@testable import Matchers

@Suite struct PatternMatcherTests {
  @Test func `a pattern that was removed matches nothing more`() throws {
    var matcher = PatternMatcher()
    let first = matcher.add(try EventPattern(#"{"source":["a"]}"#))
    let second = matcher.add(try EventPattern(#"{"source":["a","b"]}"#))
    let event = EventText(["source": "a"])
    #expect(matcher.matches(event) == [first, second])
    matcher.remove(first)
    #expect(matcher.matches(event) == [second])
  }

  @Test(arguments: [
    (#"{"a":{"b":[2]}}"#, #"{"a":[{"b":1},{"b":2}]}"#), (#"{"a":[2]}"#, #"{"a":[1,[3],2]}"#),
    (#"{"a":[2]}"#, #"{"a":1,"a":2}"#), (#"{"a":{"b":[2]}}"#, #"{"a":{"b":1},"a.b":2}"#),
  ])
  func `a value that does not fit does not settle those that come after it`(_ pattern: String, _ event: String) throws {
    var matcher = PatternMatcher()
    matcher.add(try EventPattern(pattern))
    #expect(matcher.matches(try EventText(event.utf8)) == [0])
  }

  @Test func `near misses of which another leaf passes are told apart`() throws {
    var matcher = PatternMatcher()
    for pattern in [
      #"{"a":[2]}"#, #"{"a":[1],"b":[2]}"#, #"{"a":[1]}"#, #"{"b":[3]}"#, #"{"a":[2],"b":[1]}"#, #"{"a":[2],"b":[2]}"#,
    ] {
      matcher.add(try EventPattern(pattern))
    }
    let event = EventText(["a": 1, "b": 1])
    let all = matcher.nearMisses(event, in: MatchWorkspace(), max: 10)
    #expect(all.close == [1, 4])
    #expect(all.others == [0, 3])
    let first = matcher.nearMisses(event, in: MatchWorkspace(), max: 1)
    #expect(first.close == [1])
    #expect(first.others == [0])
  }
}
