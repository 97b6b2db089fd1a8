import Testing

@testable import HTTPServer

@Suite struct LiveAudienceTests {
  @Test func `where too many follow along the oldest goes, and a place that is left is free`() throws {
    let audience = LiveAudience()
    let places = try (0..<LiveAudience.pagesMax).map { _ in try #require(audience.enter()) }
    #expect(places.allSatisfy { audience.isWelcome($0) })
    let late = try #require(audience.enter())
    #expect(audience.isWelcome(late) && !audience.isWelcome(places[0]) && audience.isWelcome(places[1]))
    audience.leave(places[0])
    audience.leave(places[1])
    let next = try #require(audience.enter())
    #expect(audience.isWelcome(next) && audience.isWelcome(places[2]))
  }

  @Test func `whoever does not go keeps the next ones out in the end`() {
    let audience = LiveAudience()
    let admitted = (0..<1_000).filter { _ in audience.enter() != nil }.count
    #expect(admitted == LiveAudience.pagesMax + LiveAudience.leavingMax)
  }

  @Test func `a page of another site may look by a link and send nothing`() {
    func message(_ method: String, _ headers: [String: String], host: String = "127.0.0.1:4566") -> HTTPRequestMessage {
      HTTPRequestMessage(
        method: method, target: "/console",
        headers: [.init(name: "host", value: host)] + headers.map { .init(name: $0.key, value: $0.value) }, body: [],
        remote: nil)
    }
    let open = SiteGuard(isOpen: true)
    let cross = ["sec-fetch-site": "cross-site"]
    #expect(open.refusal(of: message("GET", cross)) == nil && open.refusal(of: message("POST", [:])) == nil)
    #expect(open.refusal(of: message("POST", ["origin": "http://127.0.0.1:4566"])) == nil)
    for headers in [cross, ["origin": "http://evil.example"], ["origin": "null"], ["sec-fetch-site": "same-site"]] {
      #expect(open.refusal(of: message("POST", headers)) != nil, "\(headers)")
    }
    for host in ["evil.example", "127.0.0.1.evil.example", "localhost.evil.example:80", "1.2.3", "256.0.0.1", ""] {
      #expect(open.refusal(of: message("GET", [:], host: host)) != nil, "\(host)")
      #expect(SiteGuard(isOpen: false).refusal(of: message("GET", [:], host: host)) == nil)
    }
    for host in [
      "localhost", "LOCALHOST:80", "bucket.localhost:4566", "127.9.9.9:1", "[::1]:80", "localhost.", "0.0.0.0:4566",
    ] {
      #expect(open.refusal(of: message("GET", [:], host: host)) == nil, "\(host)")
    }
  }
}
