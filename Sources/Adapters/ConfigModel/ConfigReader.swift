import Events

/// Reads one environment's configuration, whatever language its file is written in.
public enum ConfigReader {
  /// Checks the file's keys and lays the overrides over them: flags before variables before the file.
  ///
  /// - Parameter fileName: as problems repeat it; `prod.yaml` must hold `prod`, and so the others.
  /// - Throws: `ConfigError` with everything found wrong. A value that is overridden must be right all the same.
  public static func read(
    _ root: ConfigNode, fileName: String, _ overrides: ConfigOverrides
  ) throws(ConfigError) -> EnvironmentConfig {
    var tree = ConfigTree(file: fileName)
    tree.read(root)
    var draft = tree.draft
    guard !draft.written.isEmpty else { throw ConfigError(draft.problems) }  // All else would follow from that.
    draft.take(overrides)
    draft.checkTogether()
    return try draft.config()
  }

  /// Reads a file in JSON.
  public static func read(
    json text: String, fileName: String, _ overrides: ConfigOverrides
  ) throws(ConfigError) -> EnvironmentConfig {
    do {
      return try read(ConfigNode(try JSON(parsing: text)), fileName: fileName, overrides)
    } catch let error as ConfigError {
      throw error
    } catch {
      throw ConfigError([.init(.file(name: fileName), nil, "is not JSON: \(error)")])
    }
  }
}
