/// One key of an environment's file: what it means and what it must be.
public struct ConfigKey: Sendable, Hashable {
  /// `limits.manual_per_hour`; `*` stands for a name that the file chooses, `sources.*.base_url`.
  public let path: String
  /// Empty where the value counts nothing.
  public let unit: String
  /// One sentence with its source.
  public let meaning: String
  /// Whether a variable or a flag may come before the file.
  public let isOverridable: Bool
  let rule: ConfigRule
  /// What a file says that leaves the key out; nil if no file may. Keys that came after the first release have one.
  let fallback: String?

  /// What the value must be, in words.
  public var range: String { rule.words }

  /// The variable that overrides it, `<SOURCE>` for a name that the file chooses; nil if none does.
  public var variable: String? {
    isOverridable ? ConfigOverrides.variable(of: path.replacing("*", with: "<source>")) : nil
  }

  init(
    _ path: String, _ rule: ConfigRule, unit: String = "", isOverridable: Bool = true, fallback: String? = nil,
    _ meaning: String
  ) {
    self.path = path
    self.unit = unit
    self.meaning = meaning
    self.isOverridable = isOverridable
    self.rule = rule
    self.fallback = fallback
  }

  /// The key of one source.
  func path(source: String) -> String {
    path.replacing("*", with: source)
  }

  /// The last word of the path.
  var name: String {
    path.split(separator: ".").last.map { String($0) } ?? path
  }

  /// A path with its parts.
  static func parts(_ path: String) -> [String] {
    path.split(separator: ".").map { String($0) }
  }

  /// All keys with the paths they have when the file names those sources, in the order of the table.
  static func concrete(sources: [String]) -> [(path: String, key: ConfigKey)] {
    all.filter { !$0.path.contains("*") }.map { (path: $0.path, key: $0) }
      + sources.flatMap { source in
        all.filter { $0.path.contains("*") }.map { (path: $0.path(source: source), key: $0) }
      }
  }
}
