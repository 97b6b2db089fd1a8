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
}
