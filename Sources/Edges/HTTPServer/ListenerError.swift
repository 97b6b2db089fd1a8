/// Why the listener could not listen.
public struct HTTPListenerError: Error, Sendable, Hashable, CustomStringConvertible {
  /// What to do differently.
  public enum Code: String, Sendable, CaseIterable {
    /// Another program holds the port.
    case portTaken
    /// The system keeps the port for the administrator.
    case portForbidden
    /// The host is no address of this machine, or the system refused for another reason.
    case hostUnusable
  }

  public let code: Code
  public let host: String
  /// As asked for, 1–65535, or 0 for any free one.
  public let port: Int
  /// The system's own words.
  public let reason: String

  public init(_ code: Code, host: String, port: Int, reason: String) {
    self.code = code
    self.host = host
    self.port = port
    self.reason = reason
  }

  /// One sentence for the person who started the program, with the way out.
  public var description: String {
    switch code {
    case .portTaken:
      "port \(port) on \(host) is taken by another program: "
        + "choose another with --port, or let the system choose a free one with --port 0"
    case .portForbidden:
      "port \(port) on \(host) may only be opened by the administrator: choose one from 1024 up with --port"
    case .hostUnusable:
      "cannot listen on \(host), port \(port): \(reason)"
    }
  }
}
