import Events

/// What a path under `/console` asks for, and the way back from a thing to its path.
public enum ConsoleRequest {
  /// A page of the console; says which data it is rendered from.
  public enum Route: Sendable, Hashable {
    /// `/console`
    case now
    /// `/console/timeline`
    case timeline
    /// `/console/triggers`
    case triggers
    /// `/console/triggers/{rule}`
    case trigger(name: String)
    /// `/console/events`
    case events
    /// `/console/decisions`
    case ledger
    /// `/console/decisions/{id}`: the answer to `why` for a cause, event, correlation or run id.
    case decision(id: String)
    /// `/console/explain`
    case explain
    /// `/console/lab`
    case lab
    /// `/console/runs`
    case runs
    /// `/console/runs/{id}`
    case run(id: String)
    /// `/console/shelf`
    case shelf
    /// `/console/shelf/{id}`
    case letter(id: String)
    /// `/console/alarms`
    case alarms
    /// `/console/boards/{name}`
    case board(name: String)
    /// `/console/system`
    case system
    /// `/console/unlock`
    case unlock
    /// `/console/style.css`, `/console/app.js`, `/console/live`: no pages.
    case style, script, live
    /// Anything else.
    case missing
  }

  /// Bytes of an id in a path at most, before percent-decoding; no id of ours comes near.
  public static let idBytesMax = 2_048
  /// Fields of a query or a form at most, and the bytes of one.
  public static let fieldsMax = 64
  public static let fieldBytesMax = 262_144

  private static let plain: [(path: String, route: Route)] = [
    ("/console", .now), ("/console/timeline", .timeline), ("/console/triggers", .triggers),
    ("/console/events", .events), ("/console/decisions", .ledger), ("/console/explain", .explain),
    ("/console/lab", .lab), ("/console/runs", .runs), ("/console/shelf", .shelf), ("/console/alarms", .alarms),
    ("/console/system", .system), ("/console/unlock", .unlock), ("/console/style.css", .style),
    ("/console/app.js", .script), ("/console/live", .live),
  ]

  private static let folders: [(path: String, make: @Sendable (String) -> Route)] = [
    ("/console/triggers/", { .trigger(name: $0) }), ("/console/decisions/", { .decision(id: $0) }),
    ("/console/runs/", { .run(id: $0) }), ("/console/shelf/", { .letter(id: $0) }),
    ("/console/boards/", { .board(name: $0) }),
  ]

  /// Reads a path as it stood in the request line: still percent-encoded, a query is ignored.
  public static func route(_ path: String) -> Route {
    let path = String(path.prefix { $0 != "?" && $0 != "#" })
    if path == "/console/" { return .now }
    if let found = plain.first(where: { $0.path.utf8.elementsEqual(path.utf8) }) { return found.route }
    for folder in folders {
      if let id = id(of: path, under: folder.path) { return folder.make(id) }
    }
    return .missing
  }

  /// The path that `route` reads as that route; the first page's for `missing`, which has none.
  public static func path(of route: Route) -> String {
    switch route {
    case .trigger(let name): "/console/triggers/" + name.percentEncoded()
    case .decision(let id): "/console/decisions/" + id.percentEncoded()
    case .run(let id): "/console/runs/" + id.percentEncoded()
    case .letter(let id): "/console/shelf/" + id.percentEncoded()
    case .board(let name): "/console/boards/" + name.percentEncoded()
    case .now, .timeline, .triggers, .events, .ledger, .explain, .lab, .runs, .shelf, .alarms, .system, .unlock, .style,
      .script, .live, .missing:
      plain.first { $0.route == route }?.path ?? "/console"
    }
  }

  /// The fields of a query or of a form's body; of a name that comes twice the last counts.
  public static func fields(_ text: String) -> [String: String] {
    var fields: [String: String] = [:]
    for field in text.split(separator: "&").prefix(fieldsMax) where field.utf8.count <= fieldBytesMax {
      let sides = field.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
      guard let name = sides[0].percentDecoded(plusIsBlank: true),
        let value = (sides.count > 1 ? sides[1] : "").percentDecoded(plusIsBlank: true)
      else { continue }
      fields[name] = value
    }
    return fields
  }

  /// A path with fields in its query; those that are empty are left out.
  static func path(of route: Route, _ fields: KeyValuePairs<String, String>) -> String {
    let query = fields.filter { !$0.value.isEmpty }.map { "\($0.key)=\($0.value.percentEncoded())" }
    return path(of: route) + (query.isEmpty ? "" : "?" + query.joined(separator: "&"))
  }

  private static func id(of path: String, under folder: String) -> String? {
    guard path.utf8.starts(with: folder.utf8) else { return nil }
    let rest = path.utf8.dropFirst(folder.utf8.count)
    guard !rest.isEmpty, rest.count <= idBytesMax else { return nil }
    return String(decoding: rest, as: UTF8.self).percentDecoded(plusIsBlank: false)
  }
}

/// What a form of the console does; each is a POST to `/console/act/{raw value}`.
public enum ConsoleAction: String, Sendable, Hashable, CaseIterable {
  case unlock, pause, resume, change, recover
  case runNow = "run-now"
  case trigger
  case redrive, cancel, discard
  case testAlarm = "test-alarm"
  case release

  public var path: String { "/console/act/\(rawValue)" }

  /// nil if the path is no action's.
  public init?(path: String) {
    let path = path.prefix { $0 != "?" }
    guard path.hasPrefix("/console/act/") else { return nil }
    self.init(rawValue: String(path.dropFirst("/console/act/".count)))
  }
}
