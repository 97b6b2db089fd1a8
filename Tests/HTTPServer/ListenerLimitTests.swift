import Foundation
import NIOCore
import Synchronization
import Testing

@testable import HTTPServer

/// What the listener answers by itself, and what it survives.
@Suite(.timeLimit(.minutes(120)))  // For what hangs; all suites share the machine, and wait for each other.
struct ListenerLimitTests {
  struct Refused: Decodable, Sendable {
    let name: String
    let source: String
    let request: String
    let status: Int
  }

  static let small = HTTPLimits.patient(bodyBytesMax: 1_024, inflatedBytesMax: 4_096, lingerBytesMax: 4_096)

  @Test func `a request that cannot be taken is answered with the reason`() async throws {
    let rows = try vectors("http-refusals", as: Refused.self)
    let answered = Mutex(0)
    try await RunningListener.with(limits: Self.small) { _ in
      answered.withLock { $0 += 1 }
      return text("")
    } use: { listener in
      for row in rows {
        let answer = try await listener.exchange(row.request)
        #expect(answer.status == row.status, "\(row.name)")
        #expect(row.status == 400 || !answer.body.isEmpty, "\(row.name)")
      }
    }
    #expect(answered.withLock { $0 } == 0)
    #expect(rows.count >= 16)
  }

  @Test func `a body over the limit is refused while the client still sends it`() async throws {
    try await RunningListener.with(limits: Self.small) { listener in
      try await listener.connect { connection in
        try await connection.send("PUT /b/k HTTP/1.1\r\nHost: x\r\nContent-Length: 8000\r\n\r\n")
        try await connection.send(String(repeating: "x", count: 3_000))
        let answer = try await connection.answer()
        #expect(answer.status == 413)
        #expect(answer.text == "The body is larger than 1024 bytes, the most this server takes.\n")
        #expect(answer.headers["connection"] == "close")
      }
    }
  }

  @Test func `a short body that was refused does not cost the connection`() async throws {
    try await RunningListener.with(limits: Self.small) { listener in
      try await listener.connect { connection in
        try await connection.send("PUT /b/k HTTP/1.1\r\nHost: x\r\nContent-Length: 2000\r\n\r\n")
        try await connection.send(String(repeating: "x", count: 2_000))
        #expect(try await connection.answer().status == 413)
        try await connection.send("GET /next HTTP/1.1\r\nHost: x\r\n\r\n")
        #expect(try await connection.answer().text == "GET /next ")
      }
    }
  }

  @Test(arguments: [
    (pathBytes: 70_000, fieldBytes: 1, fieldCount: 1), (pathBytes: 1, fieldBytes: 70_000, fieldCount: 1),
    (pathBytes: 1, fieldBytes: 9_000, fieldCount: 9), (pathBytes: 1, fieldBytes: 1, fieldCount: 300),
  ])
  func `a head over the limits is answered 400`(pathBytes: Int, fieldBytes: Int, fieldCount: Int) async throws {
    try await RunningListener.with { listener in
      let path = "/" + String(repeating: "a", count: pathBytes)
      let field = "X-Field: " + String(repeating: "a", count: fieldBytes) + "\r\n"
      let fields = String(repeating: field, count: fieldCount)
      let answer = try await listener.exchange("GET \(path) HTTP/1.1\r\nHost: x\r\n\(fields)\r\n")
      #expect(answer.status == 400)
    }
  }

  @Test func `more requests than may be in flight are told to come again`() async throws {
    let (inside, release) = (Latch(), Latch())
    try await RunningListener.with(limits: .patient(requestsInFlightMax: 1)) { request in
      if request.path == "/slow" {
        inside.open()
        await release.wait()
      }
      return await echo(request)
    } use: { listener in
      try await listener.connect { slow in
        try await slow.send("GET /slow HTTP/1.1\r\nHost: x\r\n\r\n")
        await inside.wait()
        try await listener.connect { other in
          try await other.send("POST /other HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nhi")
          let refused = try await other.answer()
          #expect(refused.status == 503)
          #expect(refused.headers["retry-after"] == "1")
          #expect(refused.text.contains("1 requests in flight"))
          release.open()
          #expect(try await slow.answer().text == "GET /slow ")
          try await other.send("POST /other HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nhi")
          #expect(try await other.answer().text == "POST /other hi")
        }
      }
    }
  }

  @Test func `more bytes than may be held at once are refused, and let go`() async throws {
    try await RunningListener.with(limits: .patient(bodyBytesMax: 4_096, bufferedBytesMax: 2_048)) { listener in
      for (count, status) in [(2_000, 200), (3_000, 503), (2_000, 200), (3_000, 503)] {
        let head = "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: \(count)\r\n\r\n"
        let answer = try await listener.exchange(head + String(repeating: "x", count: count))
        #expect(answer.status == status)
      }
    }
  }

  @Test(arguments: [
    "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nonly some",
    "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n9\r\nonly some\r\n", "POST / HT",
  ])
  func `a request that breaks off never reaches the responder`(_ request: String) async throws {
    try await RunningListener.with { request in
      if request.method == "POST" { Issue.record("half a request was answered") }
      return await echo(request)
    } use: { listener in
      try await listener.connect { connection in
        try await connection.send(request)
      }
      try await listener.connect { connection in
        try await connection.send(request)
        connection.outbound.finish()
        _ = try await connection.rest()
      }
      #expect(try await listener.exchange("GET /after HTTP/1.1\r\nHost: x\r\n\r\n").text == "GET /after ")
    }
  }

  @Test func `a client that leaves before its answer harms nobody`() async throws {
    let (inside, release) = (Latch(), Latch())
    try await RunningListener.with { request in
      guard request.path == "/slow" else { return await echo(request) }
      inside.open()
      await release.wait()
      return text("", [UInt8](repeating: 1, count: 8 << 20))
    } use: { listener in
      try await listener.connect { connection in
        // Closing resets the connection instead of ending it.
        let socket = try #require(connection.channel as? any SocketOptionProvider)
        try await socket.setSoLinger(linger(l_onoff: 1, l_linger: 0)).get()
        try await connection.send("GET /slow HTTP/1.1\r\nHost: x\r\n\r\n")
        await inside.wait()
      }
      release.open()
      #expect(try await listener.exchange("GET /after HTTP/1.1\r\nHost: x\r\n\r\n").text == "GET /after ")
    }
  }

  @Test func `an idle connection is closed in time`() async throws {
    try await RunningListener.with(limits: HTTPLimits(idleSeconds: 1)) { listener in
      try await listener.connect { connection in
        let rest = try await connection.rest()
        #expect(rest == "")
      }
    }
  }
}
