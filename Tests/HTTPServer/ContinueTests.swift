import Testing

@testable import HTTPServer

@Suite(.timeLimit(.minutes(120)))  // For what hangs; all suites share the machine, and wait for each other.
struct ContinueTests {
  private static let put = "PUT /b/k HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n"
  private static let goOn = "HTTP/1.1 100 Continue\r\n\r\n"

  @Test func `a client that asks is told to go on before it sends its body`() async throws {
    try await RunningListener.with { listener in
      try await listener.connect { connection in
        for _ in 0..<2 {
          try await connection.send(Self.put)
          #expect(try await connection.head() == Self.goOn)
          try await connection.send("body")
          #expect(try await connection.answer().text == "PUT /b/k body")
        }
      }
    }
  }

  @Test func `a pipelined client is told after the answer before it`() async throws {
    let (inside, release) = (Latch(), Latch())
    try await RunningListener.with { request in
      if request.path == "/first" {
        inside.open()
        await release.wait()
      }
      return await echo(request)
    } use: { listener in
      try await listener.connect { connection in
        try await connection.send("GET /first HTTP/1.1\r\nHost: x\r\n\r\n" + Self.put)
        await inside.wait()
        release.open()
        #expect(try await connection.answer().text == "GET /first ")
        #expect(try await connection.head() == Self.goOn)
        try await connection.send("body")
        #expect(try await connection.answer().text == "PUT /b/k body")
      }
    }
  }

  @Test func `only the next request to be answered is told`() {
    let heads: [Step] = [.head(asks: true), .body, .head(asks: false), .head(asks: true)]
    #expect(told(heads + [.answered, .answered, .answered]) == [0, 5])
  }

  @Test func `a client that did not wait is not told`() {
    #expect(told([.head(asks: false), .head(asks: true), .body, .answered, .answered]) == [])
  }

  @Test func `an answer without a request does not upset the count`() {
    #expect(told([.answered, .head(asks: true), .body, .answered]) == [1])
  }

  private enum Step {
    case head(asks: Bool)
    case body
    case answered
  }

  /// The positions of the steps after which the client is told to go on.
  private func told(_ steps: [Step]) -> [Int] {
    var turn = ContinueTurn()
    return steps.indices.filter { index in
      switch steps[index] {
      case .head(let asks):
        return turn.headArrived(asks: asks)
      case .body:
        turn.bodyArrived()
        return false
      case .answered:
        return turn.answerEnded()
      }
    }
  }
}
