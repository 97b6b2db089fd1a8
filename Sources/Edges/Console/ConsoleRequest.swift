import Events

/// What a path under `/console` asks for, and the way back from a thing to its path.
public enum ConsoleRequest {
  /// A page of the console; says which data it is rendered from.
  public enum Route: Sendable, Hashable {
    /// `/console`: needs the engine's status.
    case overview
    /// `/console/decisions/{id}`: needs the answer to `why` for a cause, event, correlation or run id.
    case decision(id: String)
    /// `/console/runs/{id}`: needs the run.
    case run(id: String)
    /// `/console/style.css`: needs nothing.
    case style
    /// Anything else: needs nothing.
    case missing
  }

  /// Bytes of an id in a path at most, before percent-decoding; no id of ours comes near.
  public static let idBytesMax = 2_048

  private static let decisions = "/console/decisions/"
  private static let runs = "/console/runs/"

  /// Reads a path as it stood in the request line: still percent-encoded, a query is ignored.
  public static func route(_ path: String) -> Route {
    let path = path.prefix { $0 != "?" && $0 != "#" }
    switch path {
    case "/console", "/console/": return .overview
    case "/console/style.css": return .style
    default:
      if let id = id(of: path, under: decisions) { return .decision(id: id) }
      if let id = id(of: path, under: runs) { return .run(id: id) }
      return .missing
    }
  }

  /// The path that `route` reads as that route; nil for `missing`, which has none.
  public static func path(of route: Route) -> String? {
    switch route {
    case .overview: "/console"
    case .decision(let id): decisions + id.percentEncoded()
    case .run(let id): runs + id.percentEncoded()
    case .style: "/console/style.css"
    case .missing: nil
    }
  }

  private static func id(of path: Substring, under folder: String) -> String? {
    guard path.utf8.starts(with: folder.utf8) else { return nil }
    let rest = path.utf8.dropFirst(folder.utf8.count)
    guard !rest.isEmpty, rest.count <= idBytesMax else { return nil }
    return String(decoding: rest, as: UTF8.self).percentDecoded(plusIsBlank: false)
  }
}
