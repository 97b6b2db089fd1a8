import Foundation
import Testing

@Suite struct DocumentTests {
  private static func documents() throws -> [String] {
    ["README.md", "CONTRIBUTING.md", "CHANGELOG.md"] + (try Repository.paths(under: "Docs", suffix: ".md"))
  }

  @Test func `documents name only targets that the Makefile has`() throws {
    let targets = Set(try Repository.text("Makefile").matches(of: /(?m)^([a-z0-9-]+):/).map { String($0.1) })
    #expect(!targets.isEmpty)
    for document in try Self.documents() + [".ci/run"] {
      let named = try Repository.text(document).matches(of: /(?m)(?:`|^ *|exec )make (?:--\S+ )*([a-z0-9-]+)/)
      #expect(Set(named.map { String($0.1) }).subtracting(targets) == [], "\(document)")
    }
  }

  @Test func `links between documents lead somewhere`() throws {
    for document in try Self.documents() {
      let folder = document.split(separator: "/").dropLast().joined(separator: "/")
      for link in try Repository.text(document).matches(of: /\]\(([^)#:]+)(?:#[^)]*)?\)/) {
        let target = folder.isEmpty ? String(link.1) : "\(folder)/\(link.1)"
        #expect(Repository.exists(target), "\(document) links to \(link.1)")
      }
    }
  }

  @Test func `the index names every document`() throws {
    let index = try Repository.text("Docs/README.md")
    for document in try Repository.paths(under: "Docs", suffix: ".md") where document != "Docs/README.md" {
      #expect(index.contains("(\(document.dropFirst("Docs/".count)))"), "\(document)")
    }
  }

  @Test func `documents name only files and folders that exist`() throws {
    for document in try Self.documents() where !document.hasSuffix("CHANGELOG.md") {
      let text = try Repository.text(document)
      for path in text.matches(of: /`((?:Sources|Tests|Config|Docs|Scripts|Benchmarks)\/[^`*{< ]+)`/) {
        #expect(Repository.exists(String(path.1)), "\(document) names \(path.1)")
      }
    }
  }

  @Test(arguments: [
    ("Sources/Domain/Telemetry/ReasonCode.swift", 20), ("Sources/Operations/LintCode.swift", 8),
    ("Sources/Operations/OperatorCode.swift", 40), ("Sources/Domain/Templates/TemplateCode.swift", 15),
    ("Sources/Domain/Patterns/Advice/HintCode.swift", 7),
  ])
  func `every code has its row, with its meaning and its remedy`(path: String, atLeast: Int) throws {
    let document = try Repository.text("Docs/Errors.md")
    let source = try Repository.text(path)
    let parts = source.split(separator: /public var (meaning|remedy)/)
    try #require(parts.count == 3)
    let meanings = Self.words(parts[1])
    let remedies = Self.words(parts[2])
    let codes = parts[0].matches(of: /(?m)^  case (\w+) = "([A-Z_]+)"/)
    #expect(codes.count > atLeast)
    for code in codes {
      let meaning = try #require(meanings[code.1], "\(code.2)")
      let row = "| `\(code.2)` | \(meaning) | \(remedies[code.1] ?? "nothing to do") |"
      #expect(document.contains(row), "put this row into Docs/Errors.md: \(row)")
    }
  }

  @Test func `every code that a source says has its page`() throws {
    let pages = try Repository.text("Docs/Errors.md")
    let files = [
      "Sources/Engine/Explainer+WhyNot.swift", "Sources/Engine/ScheduleControl.swift",
      "Sources/Engine/Ports/Ledger.swift",
    ]
    let own = try Repository.sources().filter {
      files.contains($0.path) || $0.path.hasPrefix("Sources/Edges/HTTPServer")
    }
    var said: Set<Substring> = []
    for source in own {
      said.formUnion(source.text.matches(of: /code: "([A-Z]+_[A-Z_]+)"/).map(\.1))
      if files.contains(source.path) { said.formUnion(source.text.matches(of: /"([A-Z]+_[A-Z_]+)"/).map(\.1)) }
    }
    #expect(said.count > 30)
    #expect(said.filter { !pages.contains("| `\($0)` |") }.sorted() == [])
  }

  /// The texts of a switch by the names of their cases.
  private static func words(_ source: Substring) -> [Substring: Substring] {
    var words: [Substring: Substring] = [:]
    for row in source.matches(of: /case ((?:\.\w+,?\s*)+):\s*"([^"]*)"/) {
      for name in row.1.matches(of: /\.(\w+)/) { words[name.1] = row.2 }
    }
    return words
  }

  @Test func `every decision that the sources cite is explained`() throws {
    let document = try Repository.text("Docs/Specification.md")
    let cited = Set(
      try Repository.sources().flatMap { $0.text.matches(of: /\bD([1-9][0-9]?)\b/).compactMap { Int($0.1) } })
    #expect(cited.filter { !document.contains("| D\($0) |") }.sorted() == [])
  }

  @Test func `documents name no path of one machine`() throws {
    for document in try Self.documents() + ["Makefile", ".ci/run"] {
      let text = try Repository.text(document)
      for path in ["/work/", "/home/", "/Users/"] { #expect(!text.contains(path), "\(document) names \(path)") }
    }
  }
}
