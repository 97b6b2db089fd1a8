import Foundation
import NIOCore
import Synchronization
import Testing

@testable import HTTPServer

@Suite(.timeLimit(.minutes(120)))  // For what hangs; all suites share the machine, and wait for each other.
struct ListenerTests {
  @Test func `a connection is kept for the next request`() async throws {
    try await RunningListener.with { listener in
      try await listener.connect { connection in
        for name in ["a", "b", "c"] {
          try await connection.send("POST /\(name)?q=1 HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nhi")
          let answer = try await connection.answer()
          #expect(answer.status == 200)
          #expect(answer.text == "POST /\(name)?q=1 hi")
        }
      }
    }
  }

  @Test func `pipelined requests are answered in order`() async throws {
    try await RunningListener.with { listener in
      try await listener.connect { connection in
        let requests = (0..<20).map { "PUT /\($0) HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc" }
        try await connection.send(requests.joined())
        for index in 0..<20 {
          #expect(try await connection.answer().text == "PUT /\(index) abc")
        }
      }
    }
  }

  @Test func `the connection closes after an answer when the client asks for it`() async throws {
    try await RunningListener.with { listener in
      try await listener.connect { connection in
        try await connection.send("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        #expect(try await connection.rest().hasSuffix("GET / "))
      }
    }
  }

  @Test func `a request reaches the responder as it was sent`() async throws {
    let seen = Mutex<HTTPRequestMessage?>(nil)
    try await RunningListener.with { request in
      seen.withLock { $0 = request }
      return text("")
    } use: { listener in
      let fields = "X-Amz-Target: T\r\nHost: h:1\r\nCookie: a=1; b=2\r\n"
      let request = "GET /b/a%2Fb+c?list-type=2&prefix=p%2F HTTP/1.1\r\n\(fields)\r\n"
      let answer = try await listener.exchange(request)
      #expect(answer.status == 200)
    }
    let request = try #require(seen.withLock { $0 })
    #expect(request.path == "/b/a%2Fb+c")
    #expect(request.query == "list-type=2&prefix=p%2F")
    #expect(request.headers.map(\.name) == ["host", "x-amz-target", "cookie"])
    #expect(request.headers.map(\.value) == ["h:1", "T", "a=1; b=2"])
    #expect(request.header("x-amz-target") == "T")
    #expect(request.remote == "127.0.0.1")
  }

  @Test func `a body may come in chunks`() async throws {
    try await RunningListener.with { listener in
      let request = "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"
      let answer = try await listener.exchange(request)
      #expect(answer.text == "POST / abcde")
    }
  }

  @Test func `an answer to HEAD states the length of the body it leaves out`() async throws {
    try await RunningListener.with { request in
      request.path == "/stated"
        ? .full(status: 200, headers: [("Content-Length", "5000000000")], body: []) : text("hello")
    } use: { listener in
      try await listener.connect { connection in
        try await connection.send("HEAD / HTTP/1.1\r\nHost: x\r\n\r\n")
        #expect(try await connection.answer(isHead: true).headers["content-length"] == "5")
        try await connection.send("HEAD /stated HTTP/1.1\r\nHost: x\r\n\r\n")
        #expect(try await connection.answer(isHead: true).headers["content-length"] == "5000000000")
        try await connection.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        #expect(try await connection.answer().text == "hello")
      }
    }
  }

  @Test func `an answer that may have no body has none and no length`() async throws {
    try await RunningListener.with { _ in
      .full(status: 204, headers: [("x-amzn-RequestId", "r")], body: Array("not sent".utf8))
    } use: { listener in
      try await listener.connect { connection in
        for _ in 0..<2 {
          try await connection.send("DELETE /b/k HTTP/1.1\r\nHost: x\r\n\r\n")
          let answer = try await connection.answer()
          #expect(answer.status == 204)
          #expect(answer.headers == ["x-amzn-requestid": "r"])
        }
      }
    }
  }

  @Test func `a header of the answer cannot smuggle in another`() async throws {
    try await RunningListener.with { _ in
      .full(status: 200, headers: [("x-a", "1\r\nx-b: 2"), ("bad name", "3")], body: [])
    } use: { listener in
      let answer = try await listener.exchange("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
      #expect(answer.headers["x-b"] == nil)
      #expect(answer.headers.keys.sorted() == ["content-length", "x-a"])
    }
  }

  @Test func `a taken port is named, with the way out`() async throws {
    try await RunningListener.with { listener in
      let second = HTTPListener(
        host: HTTPListener.loopback, port: listener.port, limits: .patient(), responder: Answering(answer: echo),
        logger: quiet, onBound: { _ in Issue.record("bound a taken port") })
      let error = await #expect(throws: HTTPListenerError.self) { try await second.run() }
      #expect(error?.code == .portTaken)
      #expect(error?.description.contains("port \(listener.port) on 127.0.0.1 is taken") == true)
      #expect(error?.description.contains("--port 0") == true)
    }
  }

  @Test func `a host that is not ours cannot be listened on`() async throws {
    let listener = HTTPListener(
      host: "192.0.2.1", port: 0, limits: .patient(), responder: Answering(answer: echo), logger: quiet,
      onBound: { _ in Issue.record("bound a foreign host") })
    let error = await #expect(throws: HTTPListenerError.self) { try await listener.run() }
    #expect(error?.code == .hostUnusable)
  }
}
