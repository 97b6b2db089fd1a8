import Engine
import Events
import Simulation
import Synchronization
import Testing

@Suite struct BellTests {
  private let clock = VirtualClock(.epoch)

  @Test func `a ring wakes everybody who waits`() async {
    let bell = Bell()
    let mark = bell.mark
    async let first: Void = bell.wait(since: mark, atMost: .hours(1), clock)
    async let second: Void = bell.wait(since: mark, atMost: .hours(1), clock)
    await clock.sleepers(atLeast: 2)
    bell.ring()
    _ = await (first, second)
    #expect(clock.now() == .epoch)
  }

  @Test func `a ring between the mark and the wait is not lost`() async {
    let bell = Bell()
    let mark = bell.mark
    bell.ring()
    await bell.wait(since: mark, atMost: .hours(1), clock)
    #expect(bell.mark != mark)
    #expect(clock.nextWake == nil)
  }

  @Test func `without a ring a wait ends when its span has passed`() async {
    let bell = Bell()
    async let wait: Void = bell.wait(since: bell.mark, atMost: .seconds(5), clock)
    await clock.sleepers(atLeast: 1)
    clock.advance(by: .seconds(5))
    await wait
    #expect(clock.now() == Timestamp(seconds: 5))
  }

  @Test func `a wait of no span ends at once`() async {
    await Bell().wait(since: Bell().mark, atMost: .zero, clock)
    #expect(clock.nextWake == nil)
  }

  @Test func `a cancelled wait ends and leaves nobody behind`() async {
    let bell = Bell()
    let mark = bell.mark
    let waiting = Task { await bell.wait(since: mark, atMost: .hours(1), clock) }
    await clock.sleepers(atLeast: 1)
    waiting.cancel()
    await waiting.value
    #expect(clock.nextWake == nil)
    bell.ring()
  }

  @Test func `a name has one bell`() {
    let bells = Bells()
    #expect(bells["a"] === bells["a"])
    #expect(bells["a"] !== bells["b"])
  }
}

@Suite struct TurnstileTests {
  /// Who is inside, and who has been.
  private final class Room: Sendable {
    private let state = Mutex<(inside: Int, most: Int, passed: [Int])>((0, 0, []))

    func enter() {
      state.withLock { state in
        state.inside += 1
        state.most = max(state.most, state.inside)
      }
    }

    func leave(_ number: Int) {
      state.withLock { state in
        state.inside -= 1
        state.passed.append(number)
      }
    }

    var most: Int { state.withLock { $0.most } }
    var passed: [Int] { state.withLock { $0.passed } }
  }

  @Test func `one passes at a time, and everybody does`() async {
    let turnstile = Turnstile()
    let room = Room()
    let gate = Bell()
    let clock = VirtualClock(.epoch)
    let mark = gate.mark
    await withTaskGroup(of: Void.self) { group in
      group.addTask {
        await turnstile.pass {
          room.enter()
          await gate.wait(since: mark, atMost: .hours(1), clock)
          room.leave(0)
        }
      }
      await clock.sleepers(atLeast: 1)
      for number in 1..<32 {
        group.addTask {
          await turnstile.pass {
            room.enter()
            await Task.yield()
            room.leave(number)
          }
        }
      }
      #expect(room.passed.isEmpty)
      gate.ring()
    }
    #expect(room.most == 1)
    #expect(room.passed.first == 0)
    #expect(room.passed.sorted() == Array(0..<32))
  }

  @Test func `who fails inside lets the next one pass, and its error is told`() async throws {
    let turnstile = Turnstile()
    let error = await #expect(throws: StoreError.self) {
      try await turnstile.pass { () throws(StoreError) in throw StoreError(.unavailable, "the disk is full") }
    }
    #expect(error?.code == .unavailable)
    #expect(await turnstile.pass { 7 } == 7)
  }
}
