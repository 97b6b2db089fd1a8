import ConfigFiles
import Events
import Foundation

enum Vectors {
  private static let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .appending(path: "Vectors")

  /// The rows of a table in `Tests/Vectors`, as the JSON they are.
  static func load(_ name: String) throws -> [Row] {
    let bytes = Array(try Data(contentsOf: folder.appending(path: "\(name).json")))
    return (try JSON(parsing: bytes).elements ?? []).enumerated().map { Row(number: $0 + 1, json: $1) }
  }

  /// A template of `Tests/Vectors/templates`.
  static func template(_ name: String) throws -> JSON {
    try TemplateFile.read(path: folder.appending(path: "templates/\(name)").path(percentEncoded: false))
  }

  static func config(_ environment: String) -> String {
    folder.deletingLastPathComponent().deletingLastPathComponent().appending(path: "Config/\(environment).yaml")
      .path(percentEncoded: false)
  }

  /// One row of a table.
  struct Row: Sendable, CustomStringConvertible {
    let number: Int
    let json: JSON

    var description: String { "row \(number), \(json["source"]?.string ?? "")" }

    subscript(key: String) -> JSON? { json[key] }
    func text(_ key: String) -> String { json[key]?.string ?? "" }
  }
}
