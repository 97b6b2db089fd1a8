import Events
import Foundation
import Schedules
import Testing

@testable import Console

@Suite struct WallTextsTests {
  @Test(arguments: [
    (0, "0 ms"), (999, "999 ms"), (1_000, "1 s"), (1_400, "1.4 s"), (9_999, "9.9 s"), (10_000, "10 s"),
    (59_999, "59 s"), (60_000, "1 min"), (61_000, "1 min 1 s"), (3_599_999, "59 min 59 s"), (3_600_000, "1 h"),
    (26_070_000, "7 h 14 min"), (86_400_000, "1 d"), (187_200_000, "2 d 4 h"),
  ])
  func `a length is told in its two largest units`(_ milliseconds: Int64, _ words: String) {
    #expect(WallTexts.length(Span(milliseconds: milliseconds), Words(language: .english)) == words)
  }

  @Test func `a moment is told from now`() {
    let now = Timestamp(seconds: 1_000_000)
    let clock = WallTexts(zone: .utc)
    let english = Words(language: .english)
    #expect(clock.relative(now + .minutes(3), to: now, english) == "in 3 min")
    #expect(clock.relative(now - .minutes(3), to: now, english) == "3 min ago")
    #expect(clock.relative(now - Span(milliseconds: 999), to: now, english) == "now")
  }

  @Test func `Korean writes units close to their numbers`() {
    #expect(WallTexts.length(.minutes(434), Words(language: .korean)) == "7시간 14분")
  }

  @Test func `the next change of a clock is found to the second`() throws {
    let tzif = try Data(contentsOf: URL(filePath: "/usr/share/zoneinfo/America/New_York"))
    let clock = WallTexts(zone: try ZoneRules(name: "America/New_York", tzif: Array(tzif)))
    let winter = try #require(Timestamp("2026-01-01T00:00:00Z"))
    let spring = try #require(clock.nextChange(after: winter))
    #expect(spring.at.description == "2026-03-08T07:00:00Z" && spring.by == 3_600)
    let autumn = try #require(clock.nextChange(after: spring.at))
    #expect(autumn.at.description == "2026-11-01T06:00:00Z" && autumn.by == -3_600)
    #expect(WallTexts(zone: .utc).nextChange(after: .epoch) == nil)
  }

  @Test func `a long text is cut by scalar`() {
    #expect("abcdef".cut(to: 6) == "abcdef")
    #expect("abcdefg".cut(to: 6) == "abcdef…")
  }
}
