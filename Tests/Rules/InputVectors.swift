import Events
import Foundation
import Testing

/// One row of a table in `Tests/Vectors`.
struct InputVector: Sendable, CustomTestStringConvertible {
  let row: JSON

  var testDescription: String { row["name"]?.string ?? row.text }

  static func load(_ name: String) throws -> [InputVector] {
    let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    let file = folder.appending(path: "Vectors/\(name).json")
    let rows = try #require(try JSON(parsing: Data(contentsOf: file)).elements)
    for row in rows {
      try #require(row["source"]?.string != nil, "a row without a source: \(row.text)")
    }
    return rows.map { InputVector(row: $0) }
  }
}
