import Engine
import Events
import HTTPServer
import Patterns
import Rules
import Testing

@Suite struct NearMissHeaderTests {
  private func miss(_ rule: String, _ path: String, _ wanted: String, _ had: String?) -> EventBus.NearMiss {
    EventBus.NearMiss(rule: rule, failures: [LeafFailure(path: path, wanted: wanted, had: had)])
  }

  private func part(_ misses: [EventBus.NearMiss], more: Bool = false) -> NearMissHeader.Part {
    .looked(misses.compactMap { miss in miss.failures.first.map { .init(rule: miss.rule, leaf: $0) } }, more: more)
  }

  @Test func `an entry's misses stand in its part, with rule, leaf, and what was wanted and had`() throws {
    let looks: [NearMissLook?] = [
      nil, .looked([miss("r", "source", #"["transform.pipeline"]"#, #""extract.pipeline""#)]), .looked([]),
    ]
    let value = try #require(NearMissHeader.value(of: looks))
    #expect(value == ";r:source:%5B%22transform.pipeline%22%5D:%22extract.pipeline%22;")
  }

  @Test func `without anything to tell there is no header`() {
    #expect(NearMissHeader.value(of: []) == nil)
    #expect(NearMissHeader.value(of: [nil, .looked([])]) == nil)
  }

  @Test func `whatever stands in a pattern or an event is read back as it was`() throws {
    let nasty = "a:b,c;d%@+\r\nSet-Cookie: x 가\u{0}😀"
    let misses = [
      miss("r-1_.x", nasty, #"["\#(nasty)"]"#, nasty), miss("s", "detail.a", "[1]", nil), miss("t", "", "[]", #""""#),
    ]
    let looks: [NearMissLook?] = [.looked(misses), .skipped(like: "e;,@1"), .skipped(like: nil), nil]
    let value = try #require(NearMissHeader.value(of: looks))
    #expect(value.utf8.allSatisfy { (0x21...0x7E).contains($0) })
    let wanted = [part(misses), .skipped(like: "e;,@1"), .skipped(like: nil), .looked([], more: false)]
    #expect(NearMissHeader.parts(value, count: 4) == wanted)
  }

  @Test func `what does not fit is left out, the later misses of each entry first, and that is said`() throws {
    let long = String(repeating: "[", count: 120)
    let looks = (0..<10).map { entry -> NearMissLook? in
      .looked((0..<5).map { miss("rule-\(entry)-\($0)", "p", "[]", long) })
    }
    let value = try #require(NearMissHeader.value(of: looks))
    #expect(value.utf8.count <= NearMissHeader.bytesMax)
    let parts = try #require(NearMissHeader.parts(value, count: 10))
    for (entry, part) in parts.enumerated() {
      guard case .looked(let misses, let hasMore) = part else {
        Issue.record("entry \(entry) was looked at")
        continue
      }
      #expect(misses.first?.rule == "rule-\(entry)-0")
      #expect(hasMore)
    }
    let ids = (0..<10).map { _ in NearMissLook?.some(.skipped(like: String(repeating: "é", count: 999))) }
    #expect(try #require(NearMissHeader.value(of: ids)).utf8.count <= NearMissHeader.bytesMax)
  }

  @Test func `a long value is cut between characters`() throws {
    let value = try #require(
      NearMissHeader.value(of: [.looked([miss("r", "p", String(repeating: "가", count: 100), nil)])]))
    guard case .looked(let misses, _)? = NearMissHeader.parts(value, count: 1)?.first else {
      Issue.record("the value is read")
      return
    }
    #expect(misses.first?.leaf.wanted == String(repeating: "가", count: NearMissHeader.fieldBytesMax / 3) + "…")
  }

  @Test(arguments: ["a", "a:b:c", "a:b:c:d:e", "%zz:b:c:d", "@%f", "a:b:c:d;"])
  func `what is no such value is not guessed at`(_ value: String) {
    #expect(NearMissHeader.parts(value, count: 1) == nil)
  }
}
