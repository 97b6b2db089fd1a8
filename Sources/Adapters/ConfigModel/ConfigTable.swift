import Engine

/// The table of all keys in `Docs/Configuration.md`.
public enum ConfigTable {
  /// Markdown, one row a key: what it means, its unit, its value in that configuration, its range, its variable.
  public static func markdown(_ config: EnvironmentConfig) -> String {
    let sources = config.settings.sources.keys.sorted()
    let heads = [
      "| Key | Meaning | Unit | In \(config.settings.environment) | Must be | Variable |",
      "|---|---|---|---|---|---|",
    ]
    let rows = ConfigKey.all.map { key in
      let path = key.path.contains("*") ? key.path(source: sources.first ?? "*") : key.path
      let value = config.values.first { $0.path == path }?.text ?? ""
      let cells = [
        "`\(key.path)`", key.meaning, key.unit, value.isEmpty ? "empty" : "`\(value)`", key.range,
        key.variable.map { "`\($0)`" } ?? "none",
      ]
      return "| " + cells.joined(separator: " | ") + " |"
    }
    return (heads + rows).joined(separator: "\n")
  }
}
