import Events

/// A market whose close a schedule may wait for.
public struct Market: Sendable, Hashable {
  /// Its city, in English and in Korean.
  public let name: String
  public let koreanName: String
  /// Where its clock hangs, by the name of the IANA database.
  public let zoneName: String
  /// Minutes after midnight on its wall.
  public let closeMinute: Int

  public init(name: String, koreanName: String, zoneName: String, closeMinute: Int) {
    self.name = name
    self.koreanName = koreanName
    self.zoneName = zoneName
    self.closeMinute = closeMinute
  }

  /// The regular close of the main session. Source: the exchanges' trading hours.
  public static let known = [
    Market(name: "New York", koreanName: "뉴욕", zoneName: "America/New_York", closeMinute: 16 * 60),
    Market(name: "London", koreanName: "런던", zoneName: "Europe/London", closeMinute: 16 * 60 + 30),
    Market(name: "Tokyo", koreanName: "도쿄", zoneName: "Asia/Tokyo", closeMinute: 15 * 60 + 30),
    Market(name: "Seoul", koreanName: "서울", zoneName: "Asia/Seoul", closeMinute: 15 * 60 + 30),
  ]
}

/// A fire that comes after a market's close in one half of the year and before it in the other, since a clock is
/// changed.
///
/// Pure: the market's zone is handed in.
public struct MarketTrap: Sendable, Hashable {
  /// A part of the year.
  public enum Season: Sendable, Hashable {
    /// While the clock that changes is ahead, and while it is not.
    case summer, winter
    /// Where both clocks change, but not on the same day.
    case mostOfTheYear, betweenTheChanges
  }

  /// When the fire comes on the market's clock in a part of the year.
  public struct Part: Sendable, Hashable {
    public let season: Season
    /// `16:00`
    public let text: String
    /// Negative before the close.
    public let minutesAfterClose: Int
  }

  /// A fire further from the close than this, in minutes, is meant for something else.
  public static let distanceMax = 180

  public let market: Market
  /// The time of day on the schedule's own clock: `20:00 UTC`.
  public let fire: String
  public let first: Part
  public let second: Part

  /// `20:00 UTC is 16:00 in New York in summer, at the close, and 15:00 in winter, an hour BEFORE the close`
  public func words(in language: WordsLanguage) -> String { language.words.trap(self) }
}

extension Timetable {
  /// The fires of which a clock change makes a trap: at or after the close in one half of the year, before it in the
  /// other.
  ///
  /// Only times of day that a `cron` names one by one are looked at.
  ///
  /// - Parameters:
  ///   - zone: of the market.
  ///   - after: when the year begins that is looked at.
  public func traps(of market: Market, in zone: ZoneRules, after: Timestamp) -> [MarketTrap] {
    guard case .cron(let fields) = expression.plan else { return [] }
    let phrase = CronPhrase(fields)
    guard case .clocks(let times) = phrase.time else { return [] }
    let clocks = ZoneClocks(of: phrase, in: wallZone, shownIn: zone, after: after)
    guard let seasons = seasons(of: clocks.states, in: zone, after: after) else { return [] }
    let label = wallZone.label(ZoneClocks(of: phrase, in: wallZone, shownIn: wallZone, after: after).states[0].letters)
    return times.compactMap { time in
      let parts = seasons.map { season, state in
        MarketTrap.Part(
          season: season, text: ZoneClocks.shown(time, state).text,
          minutesAfterClose: market.minutesAfterClose(time, aheadMinutes: state.aheadMinutes))
      }
      let distances = parts.map(\.minutesAfterClose)
      guard distances.contains(where: { $0 < 0 }), distances.contains(where: { $0 >= 0 }),
        distances.allSatisfy({ abs($0) <= MarketTrap.distanceMax })
      else { return nil }
      return MarketTrap(market: market, fire: "\(time.text) \(label)", first: parts[0], second: parts[1])
    }
  }

  /// The two distances that the clocks have over the year; nil if they have one alone.
  private func seasons(
    of states: [ZoneClocks.State], in zone: ZoneRules, after: Timestamp
  ) -> [(MarketTrap.Season, ZoneClocks.State)]? {
    let byDistance = states.sorted { $0.aheadMinutes < $1.aheadMinutes }
    guard let least = byDistance.first, let most = byDistance.last, byDistance.count > 1 else { return nil }
    let isMarketChanging = !ZoneClocks.changes(zone, zone, after).isEmpty
    let isOwnChanging = !ZoneClocks.changes(wallZone, wallZone, after).isEmpty
    if isMarketChanging, isOwnChanging {
      let usual = states.max { $0.days < $1.days } ?? most
      return [
        (.mostOfTheYear, usual), (.betweenTheChanges, usual.aheadMinutes == most.aheadMinutes ? least : most),
      ]
    }
    // If the market's clock is the one that changes, it is ahead in summer; else the schedule's is.
    return isMarketChanging ? [(.summer, most), (.winter, least)] : [(.summer, least), (.winter, most)]
  }
}

extension Market {
  /// From the nearest close, -719 to 720.
  fileprivate func minutesAfterClose(_ clock: CronPhrase.Clock, aheadMinutes: Int) -> Int {
    let minutes = Int64(clock.hour * 60 + clock.minute + aheadMinutes - closeMinute)
    let rest = Int(minutes.flooredRemainder(by: 1_440))
    return rest > 720 ? rest - 1_440 : rest
  }
}
