import Alarms
import Engine
import Events
import Extraction
import Ingestion
import Rules
import SQLiteStore
import Schedules
import Simulation
import Synchronization
import Telemetry
import Testing

@testable import Operations

/// Virtual time as `serve --clock virtual` lets it pass.
@Suite(.timeLimit(.minutes(5))) struct TimekeeperTests {
  /// 2026-11-01T00:00:00Z.
  private static let november = Timestamp(seconds: 1_793_491_200)
  /// Each day costs a second or so; the month is played by Tests/EndToEnd/clock.py.
  private static let days = 6
  private static let end = november + .days(days)

  private func played(_ source: (any Source)? = nil) async throws -> PlayedRoom {
    try await PlayedRoom(at: TimekeeperTests.november, source)
  }

  @Test func `every slot is dispatched at its instant, with its own ds`() async throws {
    let played = try await played()
    let passage = try await played.timekeeper.advance(.to(TimekeeperTests.end), in: played.room.room)
    #expect(passage.isWhole && passage.to == TimekeeperTests.end)
    #expect(played.room.clock.now() == TimekeeperTests.end)
    let rows = try await played.slots()
    #expect(rows.map(\.decision) == Array(repeating: .dispatched, count: TimekeeperTests.days))
    #expect(rows.map(\.at) == (0..<TimekeeperTests.days).map { TimekeeperTests.november + .days($0) + .hours(22) })
    let runs = try await played.room.engine.ports.runs.runs(limit: 100)
    #expect(Set(runs.map(\.request.ds)).count == TimekeeperTests.days)
    #expect(runs.allSatisfy { $0.status == .succeeded })
  }

  @Test func `an advance leaves nothing to the watchdog, neither of rules nor of schedules`() async throws {
    let played = try await played()
    let (room, now) = (played.room, TimekeeperTests.november)
    let schedule = Schedule(
      name: ScheduleName("weekly"), expression: try ScheduleExpression("cron(0 9 ? * MON *)", dialect: .scheduler),
      target: Target(
        id: "t", arn: room.engine.settings.names.queue(room.names.transformQueue), input: .scheduled("{}"),
        deadLetter: nil), createdAt: now, modifiedAt: now, since: now)
    try await room.engine.schedules.create([schedule], ChangeNote(operation: "test", who: "test", why: nil))
    for goal in [Timekeeper.Goal.by(.days(1)), .by(.days(6))] {
      #expect(try await played.timekeeper.advance(goal, in: room.room).isWhole)
      #expect(try await room.engine.watchdog.look() == .init(missed: [], undecided: [:]))
    }
    var query = LedgerQuery()
    query.decision = .missed
    #expect(try await room.engine.ports.ledger.entries(query).isEmpty)
    #expect(try await played.slots().count == 7)
    query.decision = nil
    query.rule = "default/weekly"
    #expect(try await room.engine.ports.ledger.entries(query).count == 1)
  }

  @Test func `an instant is stored before anything happens at it`() async throws {
    let witness = Witness()
    let played = try await played(witness)
    let store = played.room.store
    let clock = played.room.clock
    witness.asks { _ in try await ClockMark.claim(.virtual, store, at: .epoch).instant == clock.now() }
    _ = try await played.timekeeper.advance(.by(.days(2)), in: played.room.room)
    #expect(witness.findings.count == 6)
    #expect(witness.findings.allSatisfy { $0 })
    let saved = played.documents.saved
    #expect(saved.count > 20)
    #expect(saved.allSatisfy { $0.shown < $0.instant })
    // A process that starts now goes on from there, whatever it is told to begin with.
    let mark = try await ClockMark.claim(.virtual, store, at: .epoch)
    #expect(mark == ClockMark(.virtual, instant: TimekeeperTests.november + .days(2)))
  }

  @Test func `an advance that is stopped ends at the instant it has reached, and the next goes on from there`()
    async throws
  {
    let witness = Witness()
    let played = try await played(witness)
    let timekeeper = played.timekeeper
    witness.asks { number in
      if number == 1 { timekeeper.interrupt() }
      return true
    }
    let first = try await timekeeper.advance(.to(TimekeeperTests.end), in: played.room.room)
    #expect(!first.isWhole)
    #expect(first.to == TimekeeperTests.november + .hours(22))
    #expect(try await played.slots().map(\.decision) == [.dispatched])
    let second = try await timekeeper.advance(.to(TimekeeperTests.end), in: played.room.room)
    #expect(second.isWhole && second.from == first.to)
    #expect(try await played.slots().count == TimekeeperTests.days)
  }

  @Test func `time waits for a question to a source that is under way`() async throws {
    let witness = Witness()
    let played = try await played(witness)
    let clock = played.room.clock
    let asked = Bell()
    let answered = Bell()
    let (before, after) = (asked.mark, answered.mark)
    witness.asks { _ in
      let now = clock.now()
      asked.ring()
      await answered.wait(since: after, atMost: .days(1), played.machine)
      return clock.now() == now
    }
    // A function that a client invoked asks beside the loops.
    async let outcome = played.gate.held(witness).prices(of: "AAPL", period: "1d", interval: "1d", timeout: .seconds(1))
    await asked.wait(since: before, atMost: .days(1), played.machine)
    // Cancelled by the test, when it sleeps for having come to its end.
    let advancing = Task {
      let passage = try await played.timekeeper.advance(.by(.hours(1)), in: played.room.room)
      do { try await played.machine.sleep(for: .days(1)) } catch { return passage }
      return passage
    }
    // The question sleeps on the machine's clock, and so does the advance that waits for it.
    await played.machine.sleepers(atLeast: 2)
    #expect(clock.now() == TimekeeperTests.november)
    answered.ring()
    _ = await outcome
    await played.machine.sleepers(atLeast: 1)
    advancing.cancel()
    #expect(try await advancing.value.isWhole)
    #expect(witness.findings == [true])
    #expect(clock.now() == TimekeeperTests.november + .hours(1))
  }

  @Test func `a speed lets time run beside real time until it is stopped`() async throws {
    let played = try await played()
    // Ends with the test, which cancels it.
    let running = Task { await played.room.room.run() }
    try await played.timekeeper.run(at: 100_000)
    // Three loops sleep on the machine's clock; a tenth of a second is ten thousand seconds.
    for _ in 0..<20 {
      await played.machine.sleepers(atLeast: 3)
      played.machine.advance(by: Timekeeper.beat)
    }
    await played.machine.sleepers(atLeast: 3)
    try await played.timekeeper.run(at: 0)
    let stood = played.room.clock.now()
    #expect(stood > TimekeeperTests.november + .days(1))
    #expect(stood <= TimekeeperTests.november + .seconds(20 * 10_000 + 1))
    #expect(try await played.slots().count == Int((stood - TimekeeperTests.november + .hours(2)).seconds) / 86_400)
    await played.machine.sleepers(atLeast: 3)
    played.machine.advance(by: Timekeeper.beat)
    await played.machine.sleepers(atLeast: 3)
    #expect(played.room.clock.now() == stood)
    running.cancel()
    await running.value
  }

  @Test func `alarms see virtual time`() async throws {
    let played = try await played()
    played.room.source.outage = SourceError(.throttled, reason: "429")
    _ = try await played.timekeeper.advance(
      .to(TimekeeperTests.november + .hours(22) + .minutes(3)), in: played.room.room)
    #expect(try await played.room.state("source-throttled-yahoo-finance") == .alarm)
    played.room.source.outage = nil
    _ = try await played.timekeeper.advance(.by(.hours(6)), in: played.room.room)
    #expect(try await played.room.state("source-throttled-yahoo-finance") == .ok)
    let changes = try await played.room.changes(of: "source-throttled-yahoo-finance")
    #expect(changes.count >= 2)
    #expect(changes.allSatisfy { $0 < TimekeeperTests.november + .hours(23) })
  }

  @Test(arguments: ClockMark.Mode.allCases)
  func `a store lives by the clock it began with`(_ mode: ClockMark.Mode) async throws {
    let store = try SQLiteStore(inMemory: try Room.settings("cron(0 22 * * ? *)"))
    let now = TimekeeperTests.november
    #expect(try await ClockMark.claim(mode, store, at: now) == ClockMark(mode, instant: now))
    for other in ClockMark.Mode.allCases {
      #expect(try await ClockMark.claim(other, store, at: now + .days(1)) == ClockMark(mode, instant: now))
    }
  }

  @Test func `a store that ran before clocks were marked ran on the real one`() async throws {
    let room = try await Room()
    #expect(try await ClockMark.claim(.virtual, room.store, at: TimekeeperTests.november).mode == .real)
  }
}

/// A room whose time is kept, with the machine's clock beside it.
struct PlayedRoom: Sendable {
  let room: Room
  let machine = VirtualClock(.epoch)
  let gate: FetchGate
  let documents: NotingDocuments
  let timekeeper: Timekeeper

  init(at start: Timestamp, _ source: (any Source)?) async throws {
    let gate = FetchGate(machine)
    let machine = machine
    let documents = NotingDocuments()
    room = try await Room(at: start, asking: source, gate: gate) { clock, store in
      documents.note(store, clock)
      return Timekeeper(try await ClockMark.claim(.virtual, store, at: start), clock, machine, gate, documents)
    }
    self.gate = gate
    self.documents = documents
    timekeeper = try #require(room.room.timekeeper)
  }

  /// What became of the schedule's slots, the earliest first.
  func slots() async throws -> [LedgerEntry] {
    var query = LedgerQuery()
    query.rule = room.names.scheduleRule
    query.oldestFirst = true
    query.limit = LedgerQuery.limitMax
    return try await room.engine.ports.ledger.entries(query)
  }
}

/// Notes what the clock showed whenever an instant was stored.
final class NotingDocuments: Documents {
  private struct State {
    var store: (any Documents)?
    var clock: (any WallClock)?
    var saved: [(shown: Timestamp, instant: Timestamp)] = []
  }

  private let state = Mutex(State())

  var saved: [(shown: Timestamp, instant: Timestamp)] { state.withLock { $0.saved } }

  func note(_ store: any Documents, _ clock: any WallClock) {
    state.withLock { ($0.store, $0.clock) = (store, clock) }
  }

  private func store() throws(StoreError) -> any Documents {
    guard let store = state.withLock({ $0.store }) else { throw StoreError(.unavailable, "no store") }
    return store
  }

  func documents(_ kind: Document.Kind) async throws(StoreError) -> [Document] { try await store().documents(kind) }

  func document(_ kind: Document.Kind, _ name: String) async throws(StoreError) -> Document? {
    try await store().document(kind, name)
  }

  func save(_ changes: [DocumentChange], at now: Timestamp) async throws(StoreError) {
    try await store().save(changes, at: now)
    state.withLock { state in
      if let shown = state.clock?.now() { state.saved.append((shown, now)) }
    }
  }

  func remove(_ kind: Document.Kind, _ name: String, at now: Timestamp) async throws(StoreError) -> Bool {
    try await store().remove(kind, name, at: now)
  }
}

/// A source that looks around whenever it is asked.
final class Witness: Source {
  private struct State {
    var look: @Sendable (Int) async throws -> Bool = { _ in true }
    var asked = 0
    var findings: [Bool] = []
  }

  private let state = Mutex(State())

  var findings: [Bool] { state.withLock { $0.findings } }

  /// - Parameter look: is told the number of the question, from 1, and says whether all is as it must be.
  func asks(_ look: @escaping @Sendable (Int) async throws -> Bool) { state.withLock { $0.look = look } }

  func prices(of symbol: String, period: String, interval: String, timeout: Span) async -> FetchOutcome {
    let (look, number) = state.withLock { state in
      state.asked += 1
      return (state.look, state.asked)
    }
    var finding = false
    do { finding = try await look(number) } catch { finding = false }
    let found = finding
    state.withLock { $0.findings.append(found) }
    return .fetched(ScriptedSource.series(of: symbol, interval: interval))
  }
}
