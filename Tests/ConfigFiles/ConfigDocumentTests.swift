import ConfigFiles
import ConfigModel
import Foundation
import Testing

@Suite struct ConfigDocumentTests {
  @Test func `the document holds the table of every key as the code has it`() throws {
    let config = try ConfigFile.read(path: Vectors.root.appending(path: "Config/dev.yaml").path, .none)
    let table = ConfigTable.markdown(config)
    let document = try Vectors.text("Docs/Configuration.md")
    #expect(document.contains(table), "put this table into Docs/Configuration.md:\n\(table)")
  }

  @Test func `the document names every key and its variable`() throws {
    let document = try Vectors.text("Docs/Configuration.md")
    let names = ConfigKey.all.flatMap { [$0.path, $0.variable].compactMap { $0 } }
    #expect(names.filter { !document.contains("`\($0)`") } == [])
  }

  @Test func `the shipped files differ in comments and values alone`() throws {
    func keys(_ name: String) throws -> [String] {
      try Vectors.text("Config/\(name).yaml").split(separator: "\n").compactMap { line in
        line.contains(":") && !line.hasPrefix("#") ? String(line.prefix { $0 != ":" }) : nil
      }
    }
    #expect(try keys("staging") == keys("dev"))
    #expect(try keys("prod") == keys("dev"))
  }
}
