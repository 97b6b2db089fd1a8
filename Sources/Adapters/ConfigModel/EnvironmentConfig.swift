import Engine

/// What one environment's file says, after the overrides: checked, complete and never read again.
public struct EnvironmentConfig: Sendable, Hashable {
  /// What the engine is run with.
  public let settings: Settings
  /// Where it is served.
  public let server: ServerSettings
  /// Every key with its value and where that came from, in the order of `Docs/Configuration.md`.
  public let values: [Entry]

  /// One key's value in force.
  public struct Entry: Sendable, Hashable {
    /// `sources.yahoo_finance.timeout_seconds`.
    public let path: String
    /// As it is written in a file; a list is separated by commas.
    public let text: String
    /// Where it was written last: a flag, a variable or a line.
    public let place: ConfigPlace
  }

  /// Where `serve` listens.
  public struct ServerSettings: Sendable, Hashable {
    /// A host name or an address, without brackets.
    public let host: String
    /// 0 takes any free port.
    public let port: Int
  }
}
