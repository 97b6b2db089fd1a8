import Events
import Foundation

/// The tables in `Tests/Vectors`.
enum Vectors {
  /// The rows of that table, each an object that names its source.
  static func load(_ name: String) throws -> [JSON] {
    let file = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .appending(path: "Vectors/\(name).json")
    let rows = try JSON(parsing: Data(contentsOf: file)).elements ?? []
    precondition(!rows.isEmpty && rows.allSatisfy { $0["source"]?.string != nil }, "\(name) has rows without a source")
    return rows
  }
}

extension JSON {
  /// What `load` gave, in the failure message of a test.
  var label: String { self["name"]?.string ?? text }

  /// Its members whose values are strings.
  var strings: [String: String] {
    Dictionary((members ?? []).map { ($0.key, $0.value.string ?? "") }, uniquingKeysWith: { first, _ in first })
  }
}
