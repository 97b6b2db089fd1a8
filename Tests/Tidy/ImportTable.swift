/// Which modules each module may import: its own tier's neighbours as listed, and what lies below.
struct ImportTable {
  struct Row: Decodable {
    let module: String
    let imports: [String]
    let source: String
  }

  private let rows: [String: Set<String>]

  init(_ rows: [Row]) {
    self.rows = Dictionary(rows.map { ($0.module, Set($0.imports)) }) { first, _ in first }
  }

  static func shipped() throws -> ImportTable {
    ImportTable(try Repository.vectors("imports", as: Row.self))
  }

  var modules: Set<String> { Set(rows.keys) }

  func findings(in file: SourceFile) -> [Finding] {
    guard let allowed = rows[file.module] else {
      return [Finding(path: file.path, line: 1, words: "\(file.module) has no row in Tests/Vectors/imports.json")]
    }
    return file.imports.filter { !allowed.contains($0.name) }.map { name, line in
      Finding(path: file.path, line: line, words: "\(file.module) may not import \(name)")
    }
  }
}
