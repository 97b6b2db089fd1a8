import Testing

@testable import HTTPServer

struct ListPageTests {
  /// In the order of the store, whose comparison is of bytes; Swift's own puts the two spellings of é in one place.
  private static let names = ["e\u{301}", "f", "z", "é"]

  @Test(arguments: 1...5)
  func `every page goes on where the one before it ended, whatever its names are`(_ size: Int) {
    var found: [String] = []
    var token: String?
    for _ in 0..<ListPageTests.names.count {
      let page = ListPage(ListPageTests.names, limit: size, after: token, max: 50) { $0 }
      #expect(page.elements.count <= size)
      found += page.elements
      token = page.nextToken
      guard token != nil else { break }
    }
    #expect(token == nil)
    #expect(found.map { Array($0.utf8) } == ListPageTests.names.map { Array($0.utf8) })
  }

  @Test func `names are the same, begin and come first by their bytes`() {
    #expect(!"é".isSame("e\u{301}"))
    #expect("e\u{301}".begins(with: "e"))
    #expect("alarm:\u{301}x".after("alarm:") == "\u{301}x")
    #expect("e\u{301}".precedes("f") && "f".precedes("é"))
  }
}
