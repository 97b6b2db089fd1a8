import AsyncHTTPClient
import Engine
import Events
import LambdaRuntime
import NIOCore
import Synchronization
import Testing

@Suite struct LambdaLoopTests {
  /// What a loop did, apart from what it posted.
  private final class Notes: Sendable {
    let invocations = Mutex<[Invocation]>([])
    let variables = Mutex<[String]>([])
  }

  /// Runs a loop against an emulator while `body` plays Lambda, then stops it unless it has ended by itself.
  ///
  /// - Returns: what the loop threw, if anything.
  @discardableResult
  private func play(
    _ notes: Notes = Notes(), answer: @escaping @Sendable (Invocation) async -> FunctionOutcome = { _ in .answered(1) },
    body: (Emulator, LambdaLoop) async throws -> Void
  ) async throws -> RuntimeError? {
    let emulator = try await Emulator()
    let client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: .init())
    let loop = LambdaLoop(api: emulator.host, client: client) { name, value in
      notes.variables.withLock { $0.append("\(name)=\(value)") }
    }
    async let running = run(loop, notes, answer)
    do {
      try await body(emulator, loop)
    } catch {
      Issue.record(error)
    }
    loop.stop()
    let error = await running
    try await client.shutdown().get()
    try await emulator.shutDown()
    return error
  }

  private func run(
    _ loop: LambdaLoop, _ notes: Notes, _ answer: @escaping @Sendable (Invocation) async -> FunctionOutcome
  ) async -> RuntimeError? {
    do throws(RuntimeError) {
      try await loop.run { invocation in
        notes.invocations.withLock { $0.append(invocation) }
        return await answer(invocation)
      }
      return nil
    } catch {
      return error
    }
  }

  private func invocation(_ id: String, _ payload: String = "{}", _ more: [(String, String)] = [])
    -> Emulator.Invocation
  {
    Emulator.Invocation(
      id: id, payload: payload, headers: [("Lambda-Runtime-Deadline-Ms", "1757455260123")] + more)
  }

  @Test func `invocations are taken one after the other over one connection, and answered`() async throws {
    let notes = Notes()
    let error = try await play(notes) { invocation in
      .answered(["echo": .string(String(decoding: invocation.payload, as: UTF8.self))])
    } body: { emulator, _ in
      for number in 1...3 {
        emulator.offer(invocation("r\(number)", "{\"n\":\(number)}"))
        await emulator.posted(number)
      }
      await emulator.functionWaits()
      #expect(
        emulator.posts.map { "\($0.path) \($0.status) \($0.text)" }
          == (1...3).map { "invocation/r\($0)/response 202 {\"echo\":\"{\\\"n\\\":\($0)}\"}" })
      #expect(emulator.connections == 1)
    }
    #expect(error == nil)
    #expect(notes.invocations.withLock { $0.map(\.requestID) } == ["r1", "r2", "r3"])
  }

  @Test func `an invocation tells its deadline, its function, its trace and its client`() async throws {
    let notes = Notes()
    try await play(notes) { _ in
      .answered(.null)
    } body: { emulator, _ in
      emulator.offer(
        invocation(
          "r", "[]",
          [
            ("Lambda-Runtime-Trace-Id", "Root=1-5759e988-bd862e3fe1be46a994272793"),
            ("Lambda-Runtime-Invoked-Function-Arn", "arn:aws:lambda:us-east-1:1:function:f"),
            ("Lambda-Runtime-Client-Context", "{\"a\":1}"),
          ]))
      emulator.offer(invocation("s"))
      await emulator.posted(2)
    }
    let seen = notes.invocations.withLock { $0 }
    #expect(
      seen.first
        == Invocation(
          requestID: "r", payload: Array("[]".utf8), deadline: Timestamp(milliseconds: 1_757_455_260_123),
          functionARN: "arn:aws:lambda:us-east-1:1:function:f", traceID: "Root=1-5759e988-bd862e3fe1be46a994272793",
          clientContext: "{\"a\":1}"))
    #expect(seen.last?.traceID == nil)
    #expect(notes.variables.withLock { $0 } == ["_X_AMZN_TRACE_ID=Root=1-5759e988-bd862e3fe1be46a994272793"])
  }

  @Test func `a failure is posted as one, with its type in the header`() async throws {
    try await play { _ in
      .failed(type: "Function.Broken", message: "it \"broke\"")
    } body: { emulator, _ in
      emulator.offer(invocation("r"))
      await emulator.posted(1)
      let post = try #require(emulator.posts.first)
      #expect(post.path == "invocation/r/error" && post.status == 202 && post.errorType == "Function.Broken")
      #expect(
        try JSON(parsing: post.body)
          == ["errorMessage": "it \"broke\"", "errorType": "Function.Broken", "stackTrace": []])
    }
  }

  @Test func `an answer that is too large becomes an error, whoever notices`() async throws {
    for bytesMax in [LambdaLoop.answerBytesMax, 100] {
      let text = String(repeating: "a", count: bytesMax - 1)
      let error = try await play { invocation in
        // With its quotes: the first answer just fits, the second has a byte too many.
        .answered(.string(String(invocation.requestID == "fits" ? text.dropLast() : text[...])))
      } body: { emulator, _ in
        emulator.take(bytesMax: bytesMax)
        emulator.offer(invocation("fits"))
        emulator.offer(invocation("not"))
        await emulator.functionWaits()
        let last = try #require(emulator.posts.last)
        #expect(emulator.posts.first?.status == 202 && emulator.posts.first?.body.count == bytesMax)
        #expect(last.path == "invocation/not/error" && last.errorType == "Function.ResponseSizeTooLarge")
        #expect(emulator.posts.count == (bytesMax == 100 ? 3 : 2))
      }
      #expect(error == nil)
    }
  }

  @Test func `an answer that is refused ends the function`() async throws {
    let error = try await play { _ in
      .answered(1)
    } body: { emulator, _ in
      emulator.offer(invocation("r", "{}", [("Lambda-Runtime-Aws-Request-Id", "stale")]))
      await emulator.posted(1)
      #expect(emulator.posts.first?.status == 400)
    }
    #expect(error?.code == .refused && error?.status == 400)
  }

  @Test func `a refused next, or one without an id or a deadline, ends the function`() async throws {
    let refused = try await play { _ in
      .answered(1)
    } body: { emulator, _ in
      emulator.refuseNext(with: 403)
    }
    if let refused { #expect(refused.code == .refused && refused.status == 403) }
    for headers in [[], [("Lambda-Runtime-Deadline-Ms", "soon")]] {
      let held = Mutex(false)
      let error = try await play { _ in
        held.withLock { $0 = true }
        return .answered(1)
      } body: { emulator, _ in
        await emulator.functionWaits()
        emulator.offer(Emulator.Invocation(id: "r", payload: "{}", headers: headers))
        emulator.offer(invocation("after"))
      }
      #expect(!held.withLock { $0 })
      #expect(error == nil || error?.code == .unreadable)
    }
  }

  @Test func `a stop ends a waiting loop at once`() async throws {
    let error = try await play { _ in
      .answered(1)
    } body: { emulator, loop in
      await emulator.functionWaits()
      loop.stop()
    }
    #expect(error == nil)
  }

  @Test func `a stop during an invocation lets it end and be answered`() async throws {
    let (stream, ending) = AsyncStream<Void>.makeStream()
    let began = AsyncStream<Void>.makeStream()
    let error = try await play { _ in
      began.continuation.yield()
      for await _ in stream { break }
      return .answered(["cancelled": .bool(Task.isCancelled)])
    } body: { emulator, loop in
      emulator.offer(invocation("r"))
      emulator.offer(invocation("never"))
      for await _ in began.stream { break }
      loop.stop()
      ending.yield()
      await emulator.posted(1)
      #expect(emulator.posts.map(\.text) == ["{\"cancelled\":false}"])
    }
    #expect(error == nil)
  }

  @Test func `when the API goes away between invocations the loop ends in order`() async throws {
    let notes = Notes()
    let error = try await play(notes) { _ in
      .answered(1)
    } body: { emulator, _ in
      emulator.offer(invocation("r"))
      await emulator.posted(1)
      await emulator.functionWaits()
      try await emulator.close()
    }
    #expect(error == nil && notes.invocations.withLock { $0.count } == 1)
  }

  @Test func `a connection that is closed behind an answer is replaced`() async throws {
    let error = try await play { _ in
      .answered(1)
    } body: { emulator, _ in
      emulator.closeAfterPosts()
      for number in 1...3 {
        emulator.offer(invocation("r\(number)"))
        await emulator.posted(number)
      }
      await emulator.functionWaits()
      #expect(emulator.posts.map(\.status) == [202, 202, 202])
    }
    #expect(error == nil)
  }

  @Test func `without an API the loop fails, and so does the telling of it`() async throws {
    var configuration = HTTPClient.Configuration()
    configuration.connectionPool.retryConnectionEstablishment = false
    let client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
    let emulator = try await Emulator()
    let host = emulator.host
    try await emulator.close()
    try await emulator.shutDown()
    let loop = LambdaLoop(api: host, client: client) { _, _ in }
    let error = await run(loop, Notes()) { _ in .answered(1) }
    #expect(error?.code == .unreachable)
    try await client.shutdown().get()
  }

  @Test func `a function that cannot be set up says why`() async throws {
    try await play { _ in
      .answered(1)
    } body: { emulator, loop in
      try await loop.failInit(type: "Runtime.BadConfiguration", message: "no table")
      let post = try #require(emulator.posts.first)
      #expect(post.path == "init/error" && post.errorType == "Runtime.BadConfiguration" && post.status == 202)
      #expect(try JSON(parsing: post.body)["errorMessage"] == "no table")
    }
  }
}
