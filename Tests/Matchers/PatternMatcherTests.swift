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
}
