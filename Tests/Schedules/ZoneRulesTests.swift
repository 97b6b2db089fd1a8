import Events
import Schedules
import Testing

@Suite struct ZoneRulesTests {
  @Test func `a skipped wall time is a gap and a repeated one is two instants`() throws {
    let zone = try Zones.following("EST5EDT,M3.2.0,M11.1.0")
    let lost = try #require(CivilTime("2026-03-08T02:30:00"))
    guard case .none(let gap) = zone.instants(of: lost) else {
      Issue.record("\(lost.text) is not in a gap")
      return
    }
    #expect(gap.change == Timestamp("2026-03-08T07:00:00Z"))
    #expect(gap.from == CivilTime("2026-03-08T02:00:00"))
    #expect(gap.to == CivilTime("2026-03-08T03:00:00"))
    #expect(zone.instants(of: gap.to) == .one(gap.change))
    let first = try #require(Timestamp("2026-11-01T05:30:00Z"))
    let twice = try #require(CivilTime("2026-11-01T01:30:00"))
    #expect(zone.instants(of: twice) == .two(first: first, second: first + .hours(1)))
  }

  @Test func `the footer holds for ever`() throws {
    let zone = try Zones.following("EST5EDT,M3.2.0,M11.1.0")
    for year in [1950, 2026, 2037, 2038, 2199, 2200, 2201, 2600, 9999] {
      let january = try #require(CivilTime(year: year, month: 1, day: 1)).asUTC
      let july = try #require(CivilTime(year: year, month: 7, day: 1)).asUTC
      #expect(zone.offset(at: january) == (-18_000, "EST"), "\(year)")
      #expect(zone.offset(at: july) == (-14_400, "EDT"), "\(year)")
    }
  }

  @Test func `a southern summer spans the new year`() throws {
    let zone = try Zones.following("<+1030>-10:30<+11>-11,M10.1.0,M4.1.0")
    for (text, offset, letters) in [
      ("2026-01-01T00:00:00Z", 39_600, "+11"), ("2026-04-04T14:59:59Z", 39_600, "+11"),
      ("2026-04-04T15:00:00Z", 37_800, "+1030"), ("2026-10-03T15:29:59Z", 37_800, "+1030"),
      ("2026-10-03T15:30:00Z", 39_600, "+11"), ("2300-12-31T00:00:00Z", 39_600, "+11"),
    ] {
      #expect(zone.offset(at: try #require(Timestamp(text))) == (offset, letters), "\(text)")
    }
  }

  @Test func `days of the year and hours beyond a day are understood`() throws {
    let julian = try Zones.following("AAA3BBB,J60/2,300/-1:30")
    #expect(julian.offset(at: try #require(Timestamp("2024-03-01T04:59:59Z"))) == (-10_800, "AAA"))
    #expect(julian.offset(at: try #require(Timestamp("2024-03-01T05:00:00Z"))) == (-7_200, "BBB"))
    // The 300th day from 0 of a leap year is 27 October; an hour and a half earlier is the 26th at 22:30.
    #expect(julian.offset(at: try #require(Timestamp("2024-10-27T00:29:59Z"))) == (-7_200, "BBB"))
    #expect(julian.offset(at: try #require(Timestamp("2024-10-27T00:30:00Z"))) == (-10_800, "AAA"))
    let gaza = try Zones.following("EET-2EEST,M3.4.4/50,M10.4.4/50")  // Two days and two hours after the Thursday.
    #expect(gaza.offset(at: try #require(Timestamp("2026-03-27T23:59:59Z"))) == (7_200, "EET"))
    #expect(gaza.offset(at: try #require(Timestamp("2026-03-28T00:00:00Z"))) == (10_800, "EEST"))
  }

  @Test func `a summer that never ends never changes the clock`() throws {
    let zone = try Zones.following("EST5EDT,0/0,J365/25")
    for text in ["2026-01-01T04:59:59Z", "2026-01-01T05:00:00Z", "2026-07-01T00:00:00Z", "2500-12-31T23:00:00Z"] {
      #expect(zone.offset(at: try #require(Timestamp(text))).seconds == -14_400, "\(text)")
    }
    let newYear = try #require(CivilTime("2026-01-01T00:30:00"))
    #expect(zone.instants(of: newYear) == .one(try #require(Timestamp("2026-01-01T04:30:00Z"))))
  }

  @Test func `listed changes count before the footer, in either version`() throws {
    var data = TZif(footer: "CCC-3")
    data.kinds = [(1_172, "LMT"), (3_600, "AAA"), (7_200, "BBB")]
    data.changes = [(-1_000_000, 1), (1_000_000, 2)]
    for version in [0, UInt8(ascii: "2"), UInt8(ascii: "3")] {
      data.version = version
      let zone = try ZoneRules(name: "Test/Listed", tzif: data.bytes)
      #expect(zone.offset(at: Timestamp(seconds: -1_000_001)) == (1_172, "LMT"))
      #expect(zone.offset(at: Timestamp(seconds: -1_000_000)) == (3_600, "AAA"))
      #expect(zone.offset(at: Timestamp(milliseconds: 999_999_999)) == (3_600, "AAA"))
      #expect(zone.offset(at: Timestamp(seconds: 1_000_000)) == (7_200, "BBB"))
    }
  }

  @Test func `data that make no sense are refused`() {
    var refused: [(String, [UInt8])] = [("nothing", []), ("no magic", Array(repeating: 0, count: 99))]
    var data = TZif(footer: "")
    data.changes = [(5, 0), (5, 0)]
    refused.append(("changes out of order", data.bytes))
    data.changes = [(5, 1)]
    refused.append(("a kind that is not there", data.bytes))
    data.changes = []
    data.leaps = 1
    refused.append(("leap seconds", data.bytes))
    data.leaps = 0
    data.kinds = []
    refused.append(("no kind", data.bytes))
    data.kinds = [(100_000, "FAR")]
    refused.append(("an offset of more than a day", data.bytes))
    data.kinds = [(0, "UTC")]
    for length in 0..<data.bytes.count { refused.append(("cut at \(length)", Array(data.bytes.prefix(length)))) }
    for footer in [
      "E", "ES5", "EST", "EST25", "EST5EDT", "EST5EDT,M3.2.0", "EST5EDT,M13.2.0,M11.1.0", "EST5EDT,M3.6.0,M11.1.0",
      "EST5EDT,M3.2.7,M11.1.0", "EST5EDT,J0,J365", "EST5EDT,366,1", "EST5EDT,M3.2.0,M11.1.0/168", "<EST5", "<>5",
      "EST5EDT,M3.2.0,M11.1.0,", "EST5:60", "EST5EDT,M3.2,M11.1.0",
    ] {
      refused.append((footer, TZif(footer: footer).bytes))
    }
    for (why, bytes) in refused {
      let error = #expect(throws: ZoneError.self, "\(why)") { try ZoneRules(name: "Test/Bad", tzif: bytes) }
      #expect(error?.code == .dataMalformed)
      #expect(error?.reason.hasPrefix("time zone Test/Bad: ") == true)
    }
  }

  @Test func `every wall minute of two years is shown as often as it is said to be`() throws {
    for name in MinuteWalkTests.zones {
      let zone = try Zones.load(name)
      let start = try #require(CivilTime("2026-01-01T00:07:00")).secondsAsUTC
      for wall in stride(from: start, to: start + 2 * 366 * 86_400, by: 600) {
        let civil = CivilTime(secondsAsUTC: wall)
        let said: [Timestamp] =
          switch zone.instants(of: civil) {
          case .one(let instant): [instant]
          case .two(let first, let second): [first, second]
          case .none: []
          }
        let offsets = Set([-26, -4, 0, 4, 26].map { zone.offset(at: Timestamp(seconds: wall) + .hours($0)).seconds })
        let shown = offsets.map { Timestamp(seconds: wall - Int64($0)) }
          .filter { $0.seconds + Int64(zone.offset(at: $0).seconds) == wall }
        #expect(said == shown.sorted(), "\(civil.text) in \(name)")
      }
    }
  }
}
