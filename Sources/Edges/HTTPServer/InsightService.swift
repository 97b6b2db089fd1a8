import Alarms
import Engine
import Events
import Operations
import Rules
import Telemetry

/// Questions about the past: why nothing happened, whether the ledger is whole, and the ledger itself.
struct InsightService: Sendable {
  /// Rows of one page of an export.
  static let pageMax = 1_000

  private let room: ControlRoom
  private let runtime: Runtime

  init(_ room: ControlRoom) {
    self.room = room
    runtime = room.runtime
  }

  /// `why-not/RULE?at=INSTANT`
  func whyNot(_ rule: String, _ fields: [String: String]) async throws -> JSON {
    guard let text = fields["at"], let moment = Timestamp(text) else {
      throw AdminRefusal(
        status: 400, code: "INVALID_TIME",
        message: "at is an instant like 2025-09-09T22:00:00Z, not \(fields["at"] ?? "absent")")
    }
    guard let answer = try await Explainer(runtime).whyNot(rule, at: moment) else {
      let known = runtime.book.bus.rules.map(\.name).joined(separator: ", ")
      throw AdminRefusal(
        status: 404, code: "NO_SUCH_RULE", message: "there never was a rule \(rule); there are \(known)")
    }
    return answer
  }

  /// Events of one page of what lint looks at.
  private static let eventsPageMax = 200
  /// Schedules that lint looks at, the first by name.
  private static let schedulesMax = 10_000

  private static var schedules: ScheduleQuery {
    var query = ScheduleQuery()
    query.limit = schedulesMax
    return query
  }

  /// What is wrong with the rules and alarms of now; the latest events say which leaves there are.
  func lint() async throws -> [Lint.Finding] {
    let alarms = try await room.alarms.alarms().map(\.definition)
    var recorded = RecordedEvents()
    var query = EventQuery()
    query.limit = InsightService.eventsPageMax
    var isMore = true
    while isMore, !recorded.isFull {
      let page = try await runtime.ports.events.events(query).map(\.recorded)
      for event in page { recorded.add(event.event, at: event.receivedAt) }
      isMore = page.count == query.limit
      query.before = page.last?.event.id
    }
    let lint = Lint(
      runtime.book.bus.rules, alarms, at: runtime.ports.clock.now(), region: runtime.settings.names.region,
      recorded: recorded, schedules: try await runtime.schedules.schedules(InsightService.schedules),
      zones: runtime.ports.zones)
    return lint.findings()
  }

  // MARK: The audit

  /// One step of an audit: `place` is what the step before handed back; `head` asks whether a kept link is still known.
  func verify(_ fields: [String: String]) async throws -> JSON {
    let auditor = Auditor(runtime)
    let place = try fields["place"].map(InsightService.place) ?? .chain(after: nil)
    var step = try await auditor.step(place)
    if let head = fields["head"], let fault = try await auditor.knows(try InsightService.link(head)) {
      step.faults.append(fault)
    }
    let head = try await runtime.ports.chain.head()
    return JSON(present: [
      "rows": JSON(step.rows), "slots": JSON(step.slots), "matches": JSON(step.matches),
      "faults": .array(
        step.faults.map { ["code": .string($0.code.rawValue), "reason": .string($0.reason)] }),
      "next": step.next.map { .string(InsightService.text($0)) },
      "head": head.map { .string(InsightService.text($0)) },
    ])
  }

  /// `chain`, `chain:12:ab…`, `slots:3:1757455200000:rule`, `matches:17`
  private static func place(_ text: String) throws -> Auditor.Place {
    let parts = text.split(separator: ":", maxSplits: 3, omittingEmptySubsequences: false).map(String.init)
    switch (parts.first, parts.count) {
    case ("chain", 3): return .chain(after: try link("\(parts[1]):\(parts[2])"))
    case ("chain", 1): return .chain(after: nil)
    case ("slots", 4):
      guard let version = Int(parts[1]) else { break }
      let after = Int64(parts[2]).map { Timestamp(milliseconds: $0) }
      return .slots(rule: parts[3], version: version, after: after)
    case ("matches", 2):
      guard let sequence = Int64(parts[1]) else { break }
      return .matches(after: sequence)
    default: break
    }
    throw AdminRefusal(status: 400, code: "INVALID_PLACE", message: "\(text) is no place that a step handed back")
  }

  private static func text(_ place: Auditor.Place) -> String {
    switch place {
    case .chain(let link): link.map { "chain:\(text($0))" } ?? "chain"
    case .slots(let rule, let version, let after):
      "slots:\(version):\(after.map { "\($0.milliseconds)" } ?? ""):\(rule)"
    case .matches(let sequence): "matches:\(sequence)"
    }
  }

  private static func text(_ link: LedgerLink) -> String { "\(link.sequence):\(link.hash)" }

  private static func link(_ text: String) throws -> LedgerLink {
    let bare = text.hasPrefix("head ") ? String(text.dropFirst("head ".count)) : text
    let sides = bare.split(separator: ":", maxSplits: 1).map(String.init)
    guard sides.count == 2, let sequence = Int64(sides[0]), sides[1].utf8.count == 64 else {
      throw AdminRefusal(
        status: 400, code: "INVALID_HEAD",
        message: "a head is a row and its hash, like 12:9f86…, not \(text.prefix(100))")
    }
    return LedgerLink(sequence: sequence, hash: sides[1])
  }

  // MARK: Exports

  /// Rows behind `after` in the order of the chain, each with its place and hash.
  func export(_ fields: [String: String]) async throws -> JSON {
    let after = try fields["after"].map { text throws(AdminRefusal) in
      guard let number = Int64(text), number >= 0 else {
        throw AdminRefusal(status: 400, code: "INVALID_PLACE", message: "after is a row's number, not \(text)")
      }
      return number
    }
    let rows = try await runtime.ports.chain.linked(after: after ?? 0, limit: InsightService.pageMax)
    let shown = rows.map { row in
      var json: JSON = ["seq": JSON(Int(row.link.sequence)), "hash": .string(row.link.hash)]
      for member in row.entry.json.members ?? [] { json.set(member.key, member.value) }
      return json
    }
    let next = rows.count == InsightService.pageMax ? rows.last?.link.sequence : nil
    return JSON(present: ["rows": .array(shown), "next": next.map { JSON(Int($0)) }])
  }

  /// The events that came, the latest first, in pages.
  func events(_ fields: [String: String]) async throws -> JSON {
    var query = EventQuery()
    query.source = fields["source"]
    query.detailType = fields["detail_type"]
    query.before = fields["before"]
    query.since = try fields["since"].map(InsightService.moment)
    query.until = try fields["until"].map(InsightService.moment)
    query.limit = min(InsightService.pageMax, max(1, fields["limit"].flatMap { Int($0) } ?? query.limit))
    return ["events": .array(try await runtime.ports.events.events(query).map(\.recorded.json))]
  }

  private static func moment(_ text: String) throws -> Timestamp {
    guard let moment = Timestamp(text) else {
      throw AdminRefusal(status: 400, code: "INVALID_TIME", message: "\(text) is no instant like 2025-09-09T22:00:00Z")
    }
    return moment
  }
}
