import Engine
import Events
import Testing

@Suite struct VirtualClockTests {
  private let clock = VirtualClock(.epoch)

  @Test func `who sleeps wakes when enough time has passed, and not before`() async throws {
    async let awake = sleep(.seconds(10))
    await clock.sleepers(atLeast: 1)
    #expect(clock.nextWake == Timestamp(seconds: 10))
    clock.advance(by: .seconds(4))
    clock.advance(by: Span(milliseconds: 5_999))
    #expect(clock.nextWake == Timestamp(seconds: 10))
    clock.advance(to: Timestamp(seconds: 10))
    #expect(await awake == Timestamp(seconds: 10))
    #expect(clock.nextWake == nil)
  }

  @Test func `a clock that is set wakes nobody and makes no sleep longer`() async throws {
    async let awake = sleep(.seconds(10))
    await clock.sleepers(atLeast: 1)
    clock.set(to: Timestamp(seconds: 500))
    #expect(clock.nextWake == Timestamp(seconds: 510))
    clock.set(to: Timestamp(seconds: -500))
    clock.advance(by: .seconds(10))
    #expect(await awake == Timestamp(seconds: -490))
  }

  @Test func `a cancelled sleep ends by throwing, also one that had not begun`() async throws {
    let sleeping = Task { try await clock.sleep(for: .seconds(10)) }
    await clock.sleepers(atLeast: 1)
    sleeping.cancel()
    await #expect(throws: CancellationError.self) { try await sleeping.value }
    #expect(clock.nextWake == nil)
    let late = Task {
      while !Task.isCancelled { await Task.yield() }
      try await clock.sleep(for: .seconds(10))
    }
    late.cancel()
    await #expect(throws: CancellationError.self) { try await late.value }
  }

  @Test func `no span at all is no sleep`() async throws {
    try await clock.sleep(for: .zero)
    try await clock.sleep(for: .seconds(-1))
    #expect(clock.now() == .epoch)
  }

  private func sleep(_ span: Span) async -> Timestamp? {
    do { try await clock.sleep(for: span) } catch { return nil }
    return clock.now()
  }
}
