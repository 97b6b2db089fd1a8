import Events
import Foundation

@testable import bellcrank

enum Vectors {
  /// The rows of a table in `Tests/Vectors`, as the JSON they are.
  static func load(_ name: String) throws -> [Row] {
    let file = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .appending(path: "Vectors/\(name).json")
    let rows = try JSON(parsing: Array(try Data(contentsOf: file))).elements ?? []
    return rows.enumerated().map { Row(number: $0 + 1, json: $1) }
  }

  /// One row of a table.
  struct Row: Sendable, CustomStringConvertible {
    let number: Int
    let json: JSON

    var description: String { "row \(number), \(json.cell("source"))" }

    subscript(key: String) -> JSON? { json[key] }
    func text(_ key: String) -> String { json[key]?.string ?? "" }
  }
}

/// A file that is gone when the test is over.
final class TemporaryFile {
  let path: String

  init(_ bytes: [UInt8]) throws {
    let url = FileManager.default.temporaryDirectory.appending(path: "bellcrank-\(UUID().uuidString)")
    try Data(bytes).write(to: url)
    path = url.path(percentEncoded: false)
  }

  convenience init(_ text: String) throws {
    try self.init(Array(text.utf8))
  }

  deinit {
    unlink(path)
  }
}
