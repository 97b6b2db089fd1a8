import Engine
import Events
import Operations
import SQLiteStore
import Simulation
import Testing

@Suite struct MoverTests {
  private let note = ChangeNote(operation: "StartMessageMoveTask", who: "ana", why: nil)

  private func room(letters count: Int) async throws -> Room {
    let room = try await Room()
    let now = room.clock.now()
    try await room.store.send(
      (0..<count).map {
        OutgoingMessage(queue: room.names.workDeadLetters, id: "m-\($0)", body: "x", visibleAt: now)
      }, at: now)
    return room
  }

  private func start(_ room: Room) async throws -> MoveTask? {
    try await room.room.mover.start(
      source: room.names.workDeadLetters, destination: room.names.transformQueue, perSecond: 500, code: nil, note)
  }

  @Test func `of eight that begin at the same moment one does`() async throws {
    let room = try await room(letters: 3)
    for round in 0..<10 {
      let begun = try await withThrowingTaskGroup(of: MoveTask?.self) { group in
        for _ in 0..<8 { group.addTask { try await start(room) } }
        return try await group.reduce(into: [MoveTask]()) { all, task in all += [task].compactMap { $0 } }
      }
      #expect(begun.count == 1, "round \(round)")
      for task in begun { _ = try await room.room.mover.cancel(task.handle, note) }
    }
  }

  @Test func `what is cancelled stays so, also in the middle of a step`() async throws {
    let room = try await room(letters: 60)
    for round in 0..<10 {
      let task = try #require(try await start(room))
      async let looked = room.room.mover.step()
      for _ in 0..<round { await Task.yield() }
      let cancelled = try await room.room.mover.cancel(task.handle, note)
      _ = try await looked
      guard let cancelled else { break }  // It had moved all by then.
      let ended = try #require(try await room.room.mover.task(task.handle))
      #expect(ended == cancelled, "round \(round)")
    }
    #expect(try await room.room.mover.tasks(nil).allSatisfy { $0.status != .running })
  }
}
