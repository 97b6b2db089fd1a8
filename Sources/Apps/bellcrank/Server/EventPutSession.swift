import AWSWire
import Engine
import Events
import HTTPServer
import Patterns
import Rules

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
    /// Either `event_id`, `matched_rules` and what is known of near misses, or `error_code` and `error_message`.
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
    let misses = answer.header(NearMissHeader.name).flatMap { NearMissHeader.parts($0, count: waiting.count) }
    for (place, entry) in entries.enumerated() {
      let json = EventPutSession.outcome(entry, rules?[place], misses?[place])
      outcomes.append(Outcome(line: waiting[place].line, json: json))
    }
    waiting = []
    waitingBytes = 0
  }

  /// The outcomes, a row each; near misses have a column if there is any.
  var report: Report {
    let rows = outcomes.map(\.json)
    let cells = rows.map { row in
      let error = row.fact("error_code").map { "\($0): \(row.cell("error_message"))" }
      return [row.cell("event_id"), error ?? row.cell("matched_rules"), EventPutSession.nearMisses(row)]
    }
    let width = cells.allSatisfy { $0[2].isEmpty } ? 2 : 3
    let titles: [Table.Column] = ["EVENT", "MATCHED RULES", "MISSED BY A LEAF"]
    return Report(
      Table(Array(titles.prefix(width)), cells.map { Array($0.prefix(width)) }).text,
      document: ["events": .array(rows)], rows: rows)
  }

  private static func nearMisses(_ row: JSON) -> String {
    if row["near_misses_skipped"] != nil {
      return row.fact("near_misses_like").map { "not looked at; see bellcrank why \($0)" } ?? "not looked at"
    }
    let told = row.list("near_misses").map { miss in
      let leaves = miss.list("failures").map { leaf in
        LeafFailure(path: leaf.cell("path"), wanted: leaf.cell("wanted"), had: leaf["had"]?.string).sentence
      }
      return "\(miss.cell("rule")) by \(leaves.joined(separator: " and "))"
    }
    return (told + (row["near_misses_more"] == nil ? [] : ["and more"])).joined(separator: "; ")
  }

  private static func outcome(_ entry: JSON, _ rules: [String]?, _ misses: NearMissHeader.Part?) -> JSON {
    guard entry["ErrorCode"] == nil else {
      return ["error_code": entry["ErrorCode"] ?? .null, "error_message": entry["ErrorMessage"] ?? .null]
    }
    var json = JSON(present: ["event_id": entry["EventId"], "matched_rules": rules.map { JSON($0) }])
    switch misses {
    case nil, .looked([], more: false): break
    case .looked(let misses, let hasMore):
      let told = misses.map { EventBus.NearMiss(rule: $0.rule, failures: [$0.leaf]).json }
      json.set("near_misses", .array(told))
      if hasMore { json.set("near_misses_more", true) }
    case .skipped(let like):
      json.set("near_misses_skipped", true)
      if let like { json.set("near_misses_like", .string(like)) }
    }
    return json
  }

  /// nil if the server does not say, or not for each event.
  private static func rules(_ header: String?, count: Int) -> [[String]]? {
    let entries = header?.split(separator: ";", omittingEmptySubsequences: false)
      .map { $0.split(separator: ",").map { $0.drop { $0 == " " } }.map(String.init) }
    return entries?.count == count ? entries : nil
  }
}
