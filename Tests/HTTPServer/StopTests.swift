import Testing

@testable import HTTPServer

@Suite(.timeLimit(.minutes(120)))  // For what hangs; all suites share the machine, and wait for each other.
struct StopTests {
  @Test func `idle connections do not delay the stop`() async throws {
    // Whichever of its limits the stop waited for, it would be too long for this suite.
    try await RunningListener.with { listener in
      try await listener.connect { used in
        try await used.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        _ = try await used.answer()
        try await listener.connect { fresh in
          await listener.beginStop()
          let rests = [try await used.rest(), try await fresh.rest()]
          #expect(rests == ["", ""])
        }
      }
    }
  }

  @Test(arguments: [10, 32 << 20])
  func `a request in flight is answered whole, then its connection closes`(_ count: Int) async throws {
    let (inside, release) = (Latch(), Latch())
    try await RunningListener.with { _ in
      inside.open()
      await release.wait()
      return text("", [UInt8](repeating: 7, count: count))
    } use: { listener in
      try await listener.connect { idle in
        try await listener.connect { busy in
          try await busy.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
          await inside.wait()
          await listener.beginStop()
          #expect(try await idle.rest() == "")  // The stop has begun, and the request is still in flight.
          release.open()
          #expect(try await busy.answer().body.count == count)
          #expect(try await busy.rest() == "")
        }
      }
    }
  }

  @Test(arguments: ["Content-Length: 100", "Transfer-Encoding: chunked"])
  func `a forced stop never passes half a body for a whole one`(_ framing: String) async throws {
    let (bound, announce) = AsyncStream.makeStream(of: Int.self)
    let answering = Answering { request in
      if request.method == "POST" { Issue.record("half a request was answered") }
      return await echo(request)
    }
    let listener = HTTPListener(
      host: HTTPListener.loopback, port: 0, limits: .patient(), responder: answering, logger: quiet,
      onBound: { announce.yield($0) })
    try await withThrowingTaskGroup(of: Void.self) { tasks in
      tasks.addTask { try await listener.run() }
      var ports = bound.makeAsyncIterator()
      let port = try #require(await ports.next())
      try await RunningListener.connect(port: port) { connection in
        try await connection.send("POST / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\n\(framing)\r\n\r\n")
        #expect(try await connection.head() == "HTTP/1.1 100 Continue\r\n\r\n")
        try await connection.send("5\r\nabcde\r\n")
        for _ in 0..<10 {  // Time enough for the half to be read, without sleeping.
          try await RunningListener.connect(port: port) { other in
            try await other.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            _ = try await other.answer()
          }
        }
        tasks.cancelAll()
        await #expect(throws: (any Error).self) { try await connection.answer() }  // Ended or reset.
      }
      try await tasks.waitForAll()
    }
  }
}
