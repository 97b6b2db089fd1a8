import Foundation
import Operations
import Testing

/// `bellcrank diff embedded aws` against the contracts themselves.
@Suite struct DifferenceTests {
  /// Suites of ports that both runtimes have.
  private static let shared = [
    "AdmissionContract", "LimitContract", "LeaseContract", "RunContract", "LedgerContract", "UniverseContract",
  ]

  @Test func `a contract that AWS is not held to is named by a difference, and no other`() throws {
    let folder = URL(filePath: #filePath).resolvingSymlinksInPath().deletingLastPathComponent()
    var embeddedOnly: Set<String> = []
    for suite in DifferenceTests.shared {
      let text = try String(contentsOf: folder.appending(path: "\(suite).swift"), encoding: .utf8)
      for part in text.components(separatedBy: "@Test(arguments: ").dropFirst() where part.hasPrefix("Adapter.all") {
        embeddedOnly.insert(part.components(separatedBy: "`")[1])
      }
    }
    #expect(embeddedOnly == Set(RuntimeDifference.allCases.flatMap(\.contracts)))
  }

  @Test func `Docs/Runtimes.md tells every difference in the words of the command`() throws {
    let root = URL(filePath: #filePath).resolvingSymlinksInPath().deletingLastPathComponent()
      .deletingLastPathComponent().deletingLastPathComponent()
    let page = try String(contentsOf: root.appending(path: "Docs/Runtimes.md"), encoding: .utf8)
    for difference in RuntimeDifference.allCases {
      let row = "| `\(difference.rawValue)` | \(difference.embedded) | \(difference.aws) | \(difference.standIn) |"
      #expect(page.contains(row), "\(row)")
    }
    #expect(page.components(separatedBy: "\n| `").count - 1 == RuntimeDifference.allCases.count)
  }
}
