import Events
import Testing

@testable import HTTPServer

@Suite(.timeLimit(.minutes(120)))  // For what hangs; all suites share the machine, and wait for each other.
struct GzipTests {
  struct Row: Decodable, Sendable {
    let name: String
    let source: String
    let gzip: String
    let inflated: String
  }

  private static let rows = Result { try vectors("gzip-bodies", as: Row.self) }

  @Test func `every kind of gzip body inflates to what was compressed`() throws {
    for row in try Self.rows.get() {
      let (sent, meant) = (try bytes(row.gzip), try bytes(row.inflated))
      #expect(try Gzip.inflated(sent, bytesMax: 4_096) == meant, "\(row.name)")
    }
  }

  @Test func `a body that breaks off anywhere is malformed`() throws {
    for row in try Self.rows.get() where row.name != "two members" {
      let whole = try bytes(row.gzip)
      for count in 0..<whole.count {
        #expect(throws: Gzip.Failure.self, "\(row.name), \(count) bytes") {
          try Gzip.inflated(Array(whole.prefix(count)), bytesMax: 4_096)
        }
      }
    }
  }

  @Test func `no mutation crashes, and what passes has the right check`() throws {
    let rows = try Self.rows.get().map { (gzip: try bytes($0.gzip), inflated: try bytes($0.inflated)) }
    for seed in 0..<10_000 as Range<UInt64> {
      var dice = SplitMix64(seed: seed)
      let (gzip, meant) = try #require(rows.randomElement(using: &dice))
      var mutated = gzip
      for _ in 0..<Int.random(in: 1...4, using: &dice) {
        mutated[Int.random(in: 0..<mutated.count, using: &dice)] = UInt8.random(in: 0...255, using: &dice)
      }
      do throws(Gzip.Failure) {
        let inflated = try Gzip.inflated(mutated, bytesMax: 4_096)
        if inflated != meant { Issue.record("seed \(seed)") }
      } catch {
        switch error {
        case .malformed, .tooLarge: break
        }
      }
    }
  }

  @Test func `a bomb stops at the limit`() throws {
    let row = try #require(try Self.rows.get().first { $0.name == "dynamic codes and a long run" })
    let (bomb, count) = (try bytes(row.gzip), row.inflated.utf8.count / 2)
    #expect(try Gzip.inflated(bomb, bytesMax: count).count == count)
    #expect(throws: Gzip.Failure.tooLarge) { try Gzip.inflated(bomb, bytesMax: count - 1) }
  }

  @Test func `a gzipped POST is inflated and a gzipped object is not`() async throws {
    let row = try #require(try Self.rows.get().first { $0.name == "fixed codes" })
    let (sent, meant) = (try bytes(row.gzip), try bytes(row.inflated))
    try await RunningListener.with { request in
      #expect(request.bodyAsSent == sent)
      #expect(request.header("content-encoding") == "gzip")
      return text("", request.body)
    } use: { listener in
      for (method, expected) in [("POST", meant), ("PUT", sent)] {
        let head = "\(method) / HTTP/1.1\r\nHost: x\r\nContent-Encoding: gzip\r\nContent-Length: \(sent.count)\r\n\r\n"
        let answer = try await listener.connect { connection in
          try await connection.send(Array(head.utf8) + sent)
          return try await connection.answer()
        }
        #expect(answer.body == expected)
      }
    }
  }

  private func bytes(_ hex: String) throws -> [UInt8] {
    let digits = Array(hex.utf8)
    return try stride(from: 0, to: digits.count, by: 2).map {
      try #require(UInt8(String(decoding: digits[$0..<$0 + 2], as: UTF8.self), radix: 16))
    }
  }
}
