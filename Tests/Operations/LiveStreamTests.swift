import Engine
import Events
import Simulation
import Synchronization
import Testing

@testable import HTTPServer

/// Pages follow along from the moment at which they were read, not from the one at which their stream opens.
@Suite struct LiveStreamTests {
  @Test func `what was committed between the page and its stream is told as the stream opens`() async throws {
    let room = try await Room()
    let console = try Clicks(room.room)
    let path = try await live(of: "/console/decisions", console)
    try await room.live(minutes: 1)
    #expect(try await told(path, console, room).hasPrefix("event: changed\nid: "))
  }

  @Test func `a page that has seen everything is told nothing`() async throws {
    let room = try await Room()
    let console = try Clicks(room.room)
    try await room.live(minutes: 1)
    #expect(try await told(live(of: "/console/decisions", console), console, room) == ": still here\n\n")
  }

  @Test func `a stream that comes back goes on where the one before it ended`() async throws {
    let room = try await Room()
    let console = try Clicks(room.room)
    let path = try await live(of: "/console/decisions", console)
    try await room.live(minutes: 1)
    let event = try await told(path, console, room)
    let mark = try #require(event.split(separator: "\n").first { $0.hasPrefix("id: ") }).dropFirst(4)
    #expect(try await told(path, console, room, lastEventID: String(mark)) == ": still here\n\n")
    #expect(try await told(path, console, room, lastEventID: "of another start").hasPrefix("event: changed\n"))
  }

  /// Where the page says that its stream is.
  private func live(of path: String, _ console: Clicks) async throws -> String {
    let page = try await console.page(path)
    let start = try #require(page.firstRange(of: "data-live=\"")).upperBound
    return String(page[start...].prefix { $0 != "\"" })
  }

  /// The first thing that the stream tells after its greeting; time passes until it does.
  private func told(
    _ path: String, _ console: Clicks, _ room: Room, lastEventID: String? = nil
  ) async throws -> String {
    let headers = lastEventID.map { [HTTPRequestMessage.Header(name: "last-event-id", value: $0)] } ?? []
    let request = HTTPRequestMessage(method: "GET", target: path, headers: headers, body: [], remote: nil)
    guard case .stream(_, _, let body) = await console.service.respond(to: request) else {
      Issue.record("\(path) is no stream")
      return ""
    }
    let heard = Heard()
    let reading = Task {
      defer { heard.end() }
      try await body { piece in
        if heard.hear(piece) == 2 { throw CancellationError() }
      }
    }
    while !heard.isOver {
      room.clock.advance(to: room.clock.now() + LiveStream.pause)
      await Task.yield()
    }
    await #expect(throws: CancellationError.self) { try await reading.value }
    return try #require(heard.pieces.dropFirst().first)
  }
}

/// What a stream wrote, until its reader had enough.
private final class Heard: Sendable {
  private let state = Mutex((pieces: [String](), isOver: false))

  var pieces: [String] { state.withLock { $0.pieces } }
  var isOver: Bool { state.withLock { $0.isOver } }

  func hear(_ piece: [UInt8]) -> Int {
    state.withLock { state in
      state.pieces.append(String(decoding: piece, as: UTF8.self))
      return state.pieces.count
    }
  }

  func end() { state.withLock { $0.isOver = true } }
}
