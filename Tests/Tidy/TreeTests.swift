import Testing

@Suite struct TreeTests {
  @Test(arguments: Check.allCases)
  func `every source file keeps the rules of the house`(_ check: Check) throws {
    let findings = try Repository.sources().flatMap { try check.findings(in: $0) }
    #expect(findings.isEmpty, "\n\(findings.map(\.description).joined(separator: "\n"))")
  }

  @Test func `the package, the folders and the table of imports name the same modules`() throws {
    let manifest = try Repository.text("Package.swift")
    let declared = Set(manifest.matches(of: /module\(\s*"([^"]+)"/).map { String($0.1) })
      .union(manifest.matches(of: /path: "Sources\/([A-Za-z\/]+)"/).map { String($0.1) })
    #expect(declared == Set(try Repository.sources().map(\.module)))
    #expect(declared == (try ImportTable.shipped().modules))
  }

  @Test func `every test folder is a target of the package`() throws {
    let manifest = try Repository.text("Package.swift")
    let folders = Set(
      try Repository.paths(under: "Tests", suffix: ".swift").compactMap { path in
        path.split(separator: "/").dropFirst().first.map(String.init)
      })
    let declared = Set(manifest.matches(of: /tests\(\s*"([^"]+)"/).map { String($0.1) })
    #expect(folders.subtracting(declared).subtracting(TreeTests.packages) == [])
    #expect(declared.subtracting(folders) == [])
  }

  /// Folders of `Tests` that are packages of their own.
  private static let packages: Set<String> = ["Fuzz"]
}
