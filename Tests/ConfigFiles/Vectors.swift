import ConfigFiles
import ConfigModel
import Events
import Foundation
import Testing

/// The tables in `Tests/Vectors`, and the files that are shipped.
enum Vectors {
  /// The rows of that table, each an object that names its source.
  static func load(_ name: String) throws -> [JSON] {
    let rows = try JSON(parsing: Data(contentsOf: root.appending(path: "Tests/Vectors/\(name).json"))).elements ?? []
    precondition(!rows.isEmpty && rows.allSatisfy { $0["source"]?.string != nil }, "\(name) has rows without a source")
    return rows
  }

  /// The text of a file of the repository.
  static func text(_ path: String) throws -> String {
    try String(contentsOf: root.appending(path: path), encoding: .utf8)
  }

  static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent()
}

/// A configuration that the tests change.
enum Base {
  /// The file of the tests with those lines exchanged.
  static func text(_ changes: [(String, String)] = []) throws -> String {
    var text = try Vectors.text("Tests/Vectors/config-base.yaml")
    for (old, new) in changes {
      let found = try #require(text.range(of: "\(old)\n"), "the base has no line \(old)")
      text.replaceSubrange(found, with: new.isEmpty ? "" : "\(new)\n")
    }
    return text
  }

  static func read(
    _ changes: [(String, String)] = [], variables: [String: String] = [:], flags: [String: String] = [:]
  ) throws -> EnvironmentConfig {
    try ConfigFile.read(
      text: try text(changes), fileName: "base.yaml", ConfigOverrides(variables: variables, flags: flags))
  }

  /// What is reported; nothing if it is taken.
  static func problems(
    _ changes: [(String, String)] = [], variables: [String: String] = [:], flags: [String: String] = [:]
  ) throws -> [String] {
    do {
      _ = try read(changes, variables: variables, flags: flags)
      return []
    } catch let error as ConfigError {
      return error.problems.map(\.description)
    }
  }
}

extension JSON {
  /// A row's `{"key": "text"}` member.
  func texts(_ key: String) -> [String: String] {
    Dictionary(
      (self[key]?.members ?? []).map { ($0.key, $0.value.string ?? "") }, uniquingKeysWith: { _, last in last })
  }

  /// A row's member that is a list of texts.
  func list(_ key: String) -> [String] {
    (self[key]?.elements ?? []).compactMap(\.string)
  }

  /// What identifies the row in the failure message of a test.
  var label: String { self["name"]?.string ?? text }
}
