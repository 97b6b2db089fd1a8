import ConfigModel
import FoundationEssentials

/// One environment's configuration: `Config/dev.yaml` and what comes before it.
public enum ConfigFile {
  /// The most bytes a file may have.
  public static let bytesMax = 262_144

  /// Reads a file and lays the overrides over it.
  ///
  /// - Parameter path: as problems repeat it; `prod.yaml` must hold `prod`, and so the others.
  /// - Throws: `ConfigError` with everything found wrong, also with a file that is absent, too large or no UTF-8.
  public static func read(path: String, _ overrides: ConfigOverrides) throws(ConfigError) -> EnvironmentConfig {
    let data: Data
    do {
      data = try Data(contentsOf: URL(filePath: path))
    } catch {
      let isThere = FileManager.default.fileExists(atPath: path)
      throw refused(path, isThere ? "cannot be read: \(error)" : "is not there")
    }
    guard data.count <= bytesMax else { throw refused(path, "has \(data.count) bytes, more than \(bytesMax)") }
    guard let text = String(validating: data, as: UTF8.self) else { throw refused(path, "is not UTF-8") }
    return try read(text: text, fileName: path, overrides)
  }

  /// Reads a file's text and lays the overrides over it: flags before variables before the text.
  ///
  /// - Parameter fileName: as problems repeat it.
  /// - Throws: `ConfigError` with everything found wrong. A value that is overridden must be right all the same.
  public static func read(
    text: String, fileName: String, _ overrides: ConfigOverrides
  ) throws(ConfigError) -> EnvironmentConfig {
    try ConfigReader.read(try YAMLNode.read(text, fileName: fileName), fileName: fileName, overrides)
  }

  private static func refused(_ path: String, _ reason: String) -> ConfigError {
    ConfigError([.init(.file(name: path), nil, reason)])
  }
}
