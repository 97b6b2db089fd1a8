import AWSWire
import Events

/// Events on their way to a server, gathered into batches of the size that PutEvents takes.
struct EventPutSession {
  /// Refused events that are named on stderr; the output names all.
  static let failuresNamedMax = 10
  /// The header that names the matched rules: by comma within an entry, entries by semicolon.
  static let matchedRulesHeader = "x-bellcrank-matched-rules"

  /// What became of one event.
  struct Outcome: Sendable, Hashable {
    /// Counted from 1.
    let line: Int
    /// Either `event_id` and `matched_rules`, or `error_code` and `error_message`.
    let json: JSON

    var isRefused: Bool { json["error_code"] != nil }
  }

  private let server: Server
  private var waiting: [(entry: EventEntry, line: Int)] = []
  private var waitingBytes = 0
  /// In the order in which the events were added.
  private(set) var outcomes: [Outcome] = []

  init(_ server: Server) {
    self.server = server
  }

  /// Takes an event along; sends those that wait if it does not fit to them.
  mutating func add(_ entry: EventEntry, line: Int) async throws(CommandFailure) {
    let bytes = entry.wire.bytes.count
    if waiting.count == WireLimits.putEventsEntriesMax || waitingBytes + bytes > WireLimits.putEventsBytesMax {
      try await flush()
    }
    waiting.append((entry, line))
    waitingBytes += bytes
  }

  /// Sends what waits.
  mutating func flush() async throws(CommandFailure) {
    guard !waiting.isEmpty else { return }
    let (json, answer) = try await server.events("PutEvents", ["Entries": .array(waiting.map(\.entry.wire))])
    let entries = json.list("Entries")
    guard entries.count == waiting.count else {
      throw CommandFailure(.unavailable, "the server answered \(entries.count) of \(waiting.count) events")
    }
    let rules = EventPutSession.rules(answer.header(EventPutSession.matchedRulesHeader), count: waiting.count)
    for (place, entry) in entries.enumerated() {
      outcomes.append(Outcome(line: waiting[place].line, json: EventPutSession.outcome(entry, rules?[place])))
    }
    waiting = []
    waitingBytes = 0
  }

  /// The outcomes, a row each.
  var report: Report {
    let rows = outcomes.map(\.json)
    let cells = rows.map { row in
      let error = row.fact("error_code").map { "\($0): \(row.cell("error_message"))" }
      return [row.cell("event_id"), error ?? row.cell("matched_rules")]
    }
    return Report(
      Table(["EVENT", "MATCHED RULES"], cells).text, document: ["events": .array(rows)], rows: rows)
  }

  private static func outcome(_ entry: JSON, _ rules: [String]?) -> JSON {
    guard entry["ErrorCode"] == nil else {
      return ["error_code": entry["ErrorCode"] ?? .null, "error_message": entry["ErrorMessage"] ?? .null]
    }
    return JSON(present: ["event_id": entry["EventId"], "matched_rules": rules.map { JSON($0) }])
  }

  /// nil if the server does not say, or not for each event.
  private static func rules(_ header: String?, count: Int) -> [[String]]? {
    let entries = header?.split(separator: ";", omittingEmptySubsequences: false)
      .map { $0.split(separator: ",").map { $0.drop { $0 == " " } }.map(String.init) }
    return entries?.count == count ? entries : nil
  }
}
