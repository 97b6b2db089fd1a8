/// What comes before the file: flags first, then environment variables.
public struct ConfigOverrides: Sendable, Hashable {
  /// No override.
  public static let none = ConfigOverrides(variables: [:], flags: [:])

  /// Where all names of our variables begin.
  static let prefix = "BELLCRANK_"
  /// Variables that the command line reads and that are no settings.
  static let reserved: Set = [
    "BELLCRANK_ENV", "BELLCRANK_DATA", "BELLCRANK_ENDPOINT", "BELLCRANK_CONFIG", "BELLCRANK_WEBHOOK_SECRET",
    "BELLCRANK_CACHE",
  ]
  /// Variables that Kubernetes sets in every pod beside a Service named `bellcrank`; nobody meant them for us.
  static let foreignPrefixes = ["BELLCRANK_SERVICE_", "BELLCRANK_PORT"]

  /// The process's environment; only names that begin with `BELLCRANK_` are looked at.
  public let variables: [String: String]
  /// By path: `["limits.manual_per_hour": "20"]`.
  public let flags: [String: String]

  /// - Parameters:
  ///   - variables: may be the whole environment.
  ///   - flags: only settings.
  public init(variables: [String: String], flags: [String: String]) {
    self.variables = variables
    self.flags = flags
  }

  /// The variables that ought to be settings, by name.
  var ours: [(name: String, text: String)] {
    variables.filter { name, _ in
      name.hasPrefix(ConfigOverrides.prefix) && !ConfigOverrides.reserved.contains(name)
        && !ConfigOverrides.foreignPrefixes.contains { name.hasPrefix($0) }
    }
    .sorted { $0.key < $1.key }.map { (name: $0.key, text: $0.value) }
  }

  /// `limits.manual_per_hour` is `BELLCRANK_LIMITS_MANUAL_PER_HOUR`.
  static func variable(of path: String) -> String {
    prefix + path.uppercased().replacing(".", with: "_")
  }
}
