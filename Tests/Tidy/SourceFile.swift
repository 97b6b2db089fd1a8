import Foundation
import Testing

/// The files of this repository, as text.
enum Repository {
  static let root = URL(filePath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

  /// The text of one file.
  static func text(_ path: String) throws -> String {
    try String(contentsOf: root.appending(path: path), encoding: .utf8)
  }

  static func exists(_ path: String) -> Bool {
    FileManager.default.fileExists(atPath: root.appending(path: path).path)
  }

  /// The paths below a folder that end in a suffix, in order.
  static func paths(under folder: String, suffix: String) throws -> [String] {
    let start = root.appending(path: folder).path
    return try FileManager.default.subpathsOfDirectory(atPath: start).filter { $0.hasSuffix(suffix) }.sorted()
      .map { "\(folder)/\($0)" }
  }

  /// Every Swift file of `Sources`; read once for all tests.
  static func sources() throws -> [SourceFile] { try read.get() }

  private static let read = Result {
    try paths(under: "Sources", suffix: ".swift").map { SourceFile(path: $0, text: try text($0)) }
  }

  /// A table of `Tests/Vectors`.
  static func vectors<Row: Decodable>(_ name: String, as row: Row.Type) throws -> [Row] {
    try JSONDecoder().decode([Row].self, from: Data(try text("Tests/Vectors/\(name).json").utf8))
  }
}

/// A Swift file and its code without comments and texts.
struct SourceFile: Sendable {
  /// From the root of the repository: `Sources/Domain/Events/JSON.swift`.
  let path: String
  let text: String
  let code: String
  /// As written, comments and all.
  let lines: [Substring]
  let codeLines: [Substring]

  init(path: String, text: String) {
    self.path = path
    self.text = text
    code = SwiftText.code(of: text)
    lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    codeLines = code.split(separator: "\n", omittingEmptySubsequences: false)
  }

  /// The module that the file belongs to, by its folder: `Domain/Events`, `Engine`.
  var module: String {
    let parts = path.split(separator: "/").dropFirst().dropLast()
    let flat: Set<Substring> = ["Engine", "Operations", "Simulation"]
    return parts.prefix(parts.first.map { flat.contains($0) ? 1 : 2 } ?? 0).joined(separator: "/")
  }

  /// The modules that the file imports, with the lines on which it does.
  var imports: [(name: String, line: Int)] {
    codeLines.enumerated().compactMap { index, line in
      let words = line.split(separator: " ")
      guard let keyword = words.firstIndex(of: "import"), keyword + 1 < words.count else { return nil }
      guard words[..<keyword].allSatisfy({ $0.hasPrefix("@") || SourceFile.accessLevels.contains($0) }) else {
        return nil
      }
      let kinds: Set<Substring> = ["struct", "class", "enum", "protocol", "typealias", "func", "let", "var"]
      let name = words[(keyword + 1)...].first { !kinds.contains($0) }
      return name.map { (String($0.prefix { $0 != "." }), index + 1) }
    }
  }

  private static let accessLevels: Set<Substring> = ["public", "package", "internal", "fileprivate", "private"]
}

/// Where a check found what it forbids.
struct Finding: CustomStringConvertible, Equatable {
  let path: String
  let line: Int
  let words: String

  var description: String { "\(path):\(line): \(words)" }
}
