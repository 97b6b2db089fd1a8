import Events
import Testing

@testable import Console

@Suite struct HostileTests {
  @Test func `text is escaped by scalar`() throws {
    for row in try Vectors.load("console-hostile") {
      let text = try #require(row["text"]?.string)
      let escaped = try #require(row["escaped"]?.string)
      #expect(EscapedText(text).renderText.unicodeScalars.elementsEqual(escaped.unicodeScalars), "\(escaped)")
    }
  }

  /// Each string of the engine's answers is replaced in turn by what an attacker could have sent.
  @Test func `no value changes the tags of a page`() throws {
    let pages = try ConsolePages.sample()
    for (route, view) in try Samples.views() {
      let plain = Skeleton.tags(of: try pages.page(route, view: view.replacingWords(with: "plain")).text)
      #expect(plain.count > 20)
      for row in try Vectors.load("console-hostile") {
        let text = try #require(row["text"]?.string)
        let page = try pages.page(route, view: view.replacingWords(with: text))
        #expect(Skeleton.tags(of: page.text) == plain, "\(route) with \(text.debugDescription)")
      }
    }
  }

  @Test func `what was asked for in vain is repeated escaped`() throws {
    let pages = try ConsolePages.sample()
    let plain = Skeleton.tags(of: try pages.page(.run(id: "plain"), view: nil).text)
    for row in try Vectors.load("console-hostile") {
      let text = try #require(row["text"]?.string)
      for page in [try pages.page(.run(id: text), view: nil), try pages.page(.decision(id: text), view: nil)] {
        #expect(page.status == 404)
        #expect(Skeleton.tags(of: page.text) == plain)
      }
    }
  }

  @Test func `commands quote their words for a shell`() {
    #expect(Commands.quoted("dev-schedule") == "dev-schedule")
    #expect(Commands.quoted("") == "''")
    #expect(Commands.quoted("a b; rm -rf $HOME") == "'a b; rm -rf $HOME'")
    #expect(Commands.quoted("it's") == #"'it'\''s'"#)
    #expect(Commands.quoted("'\u{301}; x") == "''\\''\u{301}; x'")
  }
}

extension JSON {
  /// The same value with every string but instants replaced, at any depth.
  func replacingWords(with word: String) -> JSON {
    switch self {
    case .string(let text): Timestamp(text) == nil ? .string(word) : self
    case .array(let elements): .array(elements.map { $0.replacingWords(with: word) })
    case .object(let members): .object(members.map { Member($0.key, $0.value.replacingWords(with: word)) })
    case .null, .bool, .number: self
    }
  }
}
