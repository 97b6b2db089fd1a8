import ConfigFiles
import ConfigModel
import Events
import Foundation
import Testing

@Suite struct ConfigProblemTests {
  @Test(arguments: try Vectors.load("config-problems"))
  func `every problem is reported with its place, its key and its reason`(_ row: JSON) throws {
    let changes = (row["changes"]?.elements ?? []).map { change in
      let texts = (change.elements ?? []).compactMap(\.string)
      return (texts[0], texts[1])
    }
    let problems = try Base.problems(changes, variables: row.texts("variables"), flags: row.texts("flags"))
    #expect(problems == row.list("problems"), "\(row.label)")
  }

  @Test(arguments: ["", "# nothing\n", "a text\n", "- a list\n"])
  func `a text without keys is refused`(_ text: String) {
    let error = #expect(throws: ConfigError.self) {
      try ConfigFile.read(text: text, fileName: "Config/dev.yaml", .none)
    }
    #expect(error?.description == "Config/dev.yaml: holds no keys")
  }

  @Test func `a file that is absent, too large or no text is refused by name`() throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "config-files-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { #expect(throws: Never.self) { try FileManager.default.removeItem(at: folder) } }
    try Data([0x61, 0x3A, 0x20, 0xFF]).write(to: folder.appending(path: "bytes.yaml"))
    try Data(repeating: 0x20, count: ConfigFile.bytesMax + 1).write(to: folder.appending(path: "large.yaml"))
    let reasons = [
      "bytes.yaml": "is not UTF-8", "absent.yaml": "is not there",
      "large.yaml": "has \(ConfigFile.bytesMax + 1) bytes, more than \(ConfigFile.bytesMax)",
    ]
    for (name, reason) in reasons {
      let path = folder.appending(path: name).path
      let error = #expect(throws: ConfigError.self) { try ConfigFile.read(path: path, .none) }
      #expect(error?.description == "\(path): \(reason)")
    }
    let error = #expect(throws: ConfigError.self) { try ConfigFile.read(path: folder.path, .none) }
    #expect(error?.problems.first?.reason.hasPrefix("cannot be read: ") == true)
  }

  @Test func `a control character is refused at its line`() {
    let error = #expect(throws: ConfigError.self) {
      try ConfigFile.read(text: "environment: dev\nregion: \u{1}\n", fileName: "a.yaml", .none)
    }
    #expect(error?.description == "a.yaml:2:9: is not YAML: control characters are not allowed")
  }

  @Test func `a file that is named for one environment holds no other`() throws {
    let text = try Base.text()
    let error = #expect(throws: ConfigError.self) {
      try ConfigFile.read(text: text, fileName: "Config/prod.yaml", .none)
    }
    #expect(
      error?.description == "Config/prod.yaml:1:1: environment: must be prod in a file of that name, is dev")
  }

  @Test func `a problem carries what it says as values`() throws {
    let error = #expect(throws: ConfigError.self) { try Base.read([("  hops: 3", "  hops: 0")]) }
    let problem = try #require(error?.problems.first)
    #expect(problem.place == .line(file: "base.yaml", line: 39, column: 3))
    #expect(problem.path == "limits.hops")
    #expect(problem.reason == "must be 1 to 20, is 0")
  }
}
