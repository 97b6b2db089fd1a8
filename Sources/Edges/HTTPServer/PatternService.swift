import Engine
import Events
import Operations
import Patterns
import Rules

/// Patterns held against recorded events: one event against all rules, and one pattern against all events.
struct PatternService: Sendable {
  /// Events of each list that a backtest names, and the most that may be asked for.
  static let samplesDefault = 5
  static let samplesMax = 100

  private let runtime: Runtime

  init(_ runtime: Runtime) {
    self.runtime = runtime
  }

  /// `explain/EVENT_ID?rule=NAME`
  func explain(_ id: String, rule name: String?) async throws -> JSON {
    if let name { _ = try pattern(of: try rule(name)) }
    guard let answer = try await Explainer(runtime).patterns(of: id, rule: name) else {
      throw AdminRefusal(status: 404, code: "NOT_FOUND", message: "no event has the id \(id)")
    }
    return answer
  }

  // MARK: Backtests

  /// Where a stretch begins: handed out as text, and taken back with the next request.
  private struct Place {
    let places: ClosedRange<Int64>
    /// The rule's version when the backtest began; 0 without a rule.
    let version: Int

    var text: String { "\(places.lowerBound):\(places.upperBound):\(version)" }

    init(_ places: ClosedRange<Int64>, version: Int) {
      self.places = places
      self.version = version
    }

    init(_ text: String) throws(AdminRefusal) {
      let parts = text.split(separator: ":").map { Int64($0) }
      guard parts.count == 3, let first = parts[0], let last = parts[1], let version = parts[2], first <= last else {
        throw AdminRefusal(
          status: 400, code: "INVALID_PLACE", message: "\(text.prefix(100)) is no place that a step handed back")
      }
      places = first...last
      self.version = Int(version)
    }
  }

  /// One stretch of a backtest: `{"pattern", "rule", "since", "until", "limit", "place"}`, of which one of the first two
  /// is needed. The first answer says what is recorded; `next` is the place of the next stretch, absent at the end.
  func backtest(_ body: JSON) async throws -> JSON {
    let range = ArchiveRange(since: try moment(body, "since"), until: try moment(body, "until"))
    let samples = body["limit"]?.int ?? PatternService.samplesDefault
    guard (0...PatternService.samplesMax).contains(samples) else {
      throw AdminRefusal(
        status: 400, code: "INVALID_LIMIT", message: "limit is 0 to \(PatternService.samplesMax), not \(samples)")
    }
    let place = try body["place"]?.string.map { text throws(AdminRefusal) in try Place(text) }
    let candidate = try body["pattern"]?.string.map(PatternService.compile)
    var rule: Rule?
    if let name = body["rule"]?.string { rule = try await self.rule(name, version: place?.version) }
    let current = try rule.map { rule throws(AdminRefusal) in try pattern(of: rule) }
    guard let pattern = candidate ?? current else {
      throw AdminRefusal(status: 400, code: "MALFORMED_REQUEST", message: "pattern or rule is a string")
    }
    let today = candidate == nil ? nil : current
    let backtester = Backtester(runtime)
    var extent: ArchiveExtent?
    if place == nil { extent = try await backtester.extent(of: range) }
    var tally = BacktestTally(samplesMax: samples)
    var next: Place?
    if let places = place?.places ?? extent?.places {
      let question = Backtester.Question(pattern, today: today, range, samplesMax: samples)
      let stretch = try await backtester.look(question, at: places)
      tally = stretch.tally
      next = stretch.next.map { Place($0...places.upperBound, version: rule?.version ?? 0) }
    }
    var json = tally.json
    if place == nil {
      json.set("recorded", JSON(extent?.count ?? 0))
      json.set("recorded_since", extent.map { .string($0.recordedSince.preciseText) } ?? .null)
      json.set("retention_days", JSON(runtime.settings.retention.days))
    }
    if let rule {
      json.set("rule", .string(rule.name))
      json.set("rule_version", JSON(rule.version))
    }
    if let next { json.set("next", .string(next.text)) }
    return json
  }

  private static func compile(_ text: String) throws -> EventPattern {
    guard text.utf16.count <= PatternLimits.sizeMax else {
      throw AdminRefusal(
        status: 400, code: "INVALID_PATTERN", message: "a pattern has at most \(PatternLimits.sizeMax) characters")
    }
    do throws(PatternError) {
      return try EventPattern(text)
    } catch {
      throw AdminRefusal(status: 400, code: "INVALID_PATTERN", message: error.message)
    }
  }

  private func rule(_ name: String) throws(AdminRefusal) -> Rule {
    guard let rule = runtime.book.bus.rule(name) else {
      let known = runtime.book.bus.rules.map(\.name).joined(separator: ", ")
      throw AdminRefusal(status: 404, code: "NO_SUCH_RULE", message: "there is no rule \(name); there are \(known)")
    }
    return rule
  }

  /// The rule as the backtest began with it, although it may have changed since.
  private func rule(_ name: String, version: Int?) async throws -> Rule {
    if let version, let then = try await runtime.ports.rules.rule(name, version: version) { return then }
    return try rule(name)
  }

  private func pattern(of rule: Rule) throws(AdminRefusal) -> EventPattern {
    guard let pattern = rule.pattern else {
      throw AdminRefusal(
        status: 400, code: "NO_PATTERN",
        message: "rule \(rule.name) has a schedule and no pattern to hold an event against")
    }
    return pattern
  }

  private func moment(_ body: JSON, _ key: String) throws(AdminRefusal) -> Timestamp? {
    guard let member = body[key] else { return nil }
    guard let moment = member.string.flatMap({ Timestamp($0) }) else {
      throw AdminRefusal(
        status: 400, code: "INVALID_TIME", message: "\(key) is an instant like 2025-09-09T22:00:00Z, not \(member.text)"
      )
    }
    return moment
  }
}
