import Engine
import Events
import Measures
import Synchronization

/// Lets virtual time pass: every instant at which something is due is visited, in order, and all of it is done there.
///
/// It stands in for the loops of the engine and of the control room, for whoever owns time owns what happens in it. An
/// instant is stored before it is shown, so no crash sets the clock back beyond a decision.
public final class Timekeeper: Sendable {
  /// Between two steps of a clock that runs by itself, in real time.
  public static let beat = Span(milliseconds: 100)
  /// Real time that one step makes up for at most: a clock that cannot keep its speed runs slower, in steps no longer.
  public static let beatMax = Span.seconds(1)
  /// How long the control room looks every minute once something was done.
  public static let watchedFor = Span.minutes(5)
  /// How long it looks every five minutes: an alarm of five minutes looks back fifteen.
  public static let rememberedFor = Span.minutes(20)
  /// Between two of its looks while nothing is done.
  public static let quietPause = Span.hours(6)
  /// Between two rounds of retention.
  public static let retentionPause = Span.days(1)
  /// Between two looks for work at the instant at which time stands, at most.
  private static let lookAgain = Span.seconds(15)

  /// How time stands.
  public struct Reading: Sendable, Hashable {
    public let now: Timestamp
    /// Times as fast as real time; 0 stands still.
    public let speed: Int
    /// Where an advance that is under way leads.
    public let target: Timestamp?
  }

  /// Time that has passed at somebody's word.
  public struct Passage: Sendable, Hashable {
    public let from: Timestamp
    public internal(set) var to: Timestamp
    /// False if it was stopped before its end.
    public internal(set) var isWhole = false
    /// Instants that were visited.
    public internal(set) var instants = 0
    /// Slots, deliveries, causes and chunks that were worked on.
    public internal(set) var done = 0
    /// Real time.
    public internal(set) var took = Span.zero
  }

  /// Where to.
  public enum Goal: Sendable, Hashable {
    case by(Span)
    case to(Timestamp)
  }

  private struct State {
    var speed: Int
    var target: Timestamp?
    /// How often passing time was stopped.
    var stops: UInt64 = 0
    /// When something was done last.
    var doneAt: Timestamp
    var lookedAt: Timestamp
    var retainedAt: Timestamp
    /// Whether letters are being moved, which goes on every second.
    var isMoving = false
    /// On the machine's clock: up to when a speed was made up for.
    var beatenAt: Timestamp
  }

  /// The machine's: what real time is measured by, and what clients wait by.
  public let machine: any WallClock
  private let clock: VirtualClock
  private let gate: FetchGate
  private let documents: any Documents
  /// One at a time lets time pass or works at the instant at which it stands.
  private let turnstile = Turnstile()
  private let state: Mutex<State>

  /// - Parameters:
  ///   - clock: the one of the runtime, at the mark's instant.
  ///   - gate: the one through which all sources are asked.
  public init(
    _ mark: ClockMark, _ clock: VirtualClock, _ machine: any WallClock, _ gate: FetchGate, _ documents: any Documents
  ) {
    self.clock = clock
    self.machine = machine
    self.gate = gate
    self.documents = documents
    state = Mutex(
      State(
        speed: mark.speed, doneAt: mark.instant, lookedAt: mark.instant,
        retainedAt: mark.instant, beatenAt: machine.now()))
  }

  public var reading: Reading {
    let now = clock.now()
    return state.withLock { Reading(now: now, speed: $0.speed, target: $0.target) }
  }

  // MARK: What people say

  /// Lets time pass, and returns when everything that is due until then is done, or when it was stopped.
  ///
  /// An advance that is asked for meanwhile begins where this one ends. A goal that is past changes nothing.
  public func advance(_ goal: Goal, in room: ControlRoom) async throws(StoreError) -> Passage {
    let stops = state.withLock { $0.stops }
    // A task of its own, awaited right here: whoever asked may go away, and what has begun goes on to its end.
    let passing = Task { () async -> Result<Passage, StoreError> in
      do throws(StoreError) {
        return .success(try await self.pass(goal, in: room, unlessStoppedSince: stops))
      } catch {
        return .failure(error)
      }
    }
    return try await passing.value.get()
  }

  private func pass(
    _ goal: Goal, in room: ControlRoom, unlessStoppedSince stops: UInt64
  ) async throws(StoreError) -> Passage {
    let began = machine.now()
    var passage = try await turnstile.pass { () async throws(StoreError) -> Passage in
      let moment =
        switch goal {
        case .by(let span): min(self.clock.now() + span, ClockMark.last)
        case .to(let moment): moment
        }
      self.state.withLock { $0.target = moment }
      defer { self.state.withLock { $0.target = nil } }
      return try await self.play(to: moment, in: room) { self.state.withLock { $0.stops == stops } }
    }
    passage.took = machine.now() - began
    return passage
  }

  /// Lets time run by itself from now on, also after a restart; 0 lets it stand.
  public func run(at speed: Int) async throws(StoreError) {
    precondition(ClockMark.speeds.contains(speed), "a speed is 0 to \(ClockMark.speeds.upperBound)")
    try await turnstile.pass { () async throws(StoreError) in
      try await ClockMark(.virtual, instant: self.clock.now(), speed: speed).save(self.documents)
      self.state.withLock { $0.speed = speed }
    }
  }

  /// Ends an advance that is under way at the instant that it has reached; what is due there is done.
  public func interrupt() { state.withLock { $0.stops += 1 } }

  // MARK: Time

  private func play(
    to moment: Timestamp, in room: ControlRoom, while isWanted: () -> Bool
  ) async throws(StoreError) -> Passage {
    var passage = Passage(from: clock.now(), to: clock.now())
    passage.done += try await settle(room)
    while clock.now() < moment, isWanted() {
      try await move(to: min(moment, try await next(in: room)))
      passage.instants += 1
      passage.done += try await settle(room)
    }
    passage.to = clock.now()
    passage.isWhole = passage.to >= moment
    return passage
  }

  /// The next instant at which something is due, always later than now.
  private func next(in room: ControlRoom) async throws(StoreError) -> Timestamp {
    let now = clock.now()
    let look = nextLook
    let instant = try await room.runtime.nextDue().map { min($0, look) } ?? look
    // What a failing world leaves undone does not make time stand still.
    return instant > now ? instant : now + .seconds(1)
  }

  private func move(to instant: Timestamp) async throws(StoreError) {
    let speed = state.withLock { $0.speed }
    try await ClockMark(.virtual, instant: instant, speed: speed).save(documents)
    await gate.whileQuiet { clock.advance(to: instant) }
  }

  /// Does all that is due now. Returns how much there was.
  private func settle(_ room: ControlRoom) async throws(StoreError) -> Int {
    var total = 0
    while true {
      let worked = try await room.runtime.settle()
      let now = clock.now()
      if worked > 0 { state.withLock { $0.doneAt = now } }
      // What the control room does may set off more: a change of an alarm is an event.
      let looked = nextLook <= now ? try await look(room, at: now) : 0
      guard worked + looked > 0 else { return total }
      total += worked + looked
    }
  }

  // MARK: The control room

  private var nextLook: Timestamp {
    state.withLock { state in
      if state.isMoving { return state.lookedAt + .seconds(1) }
      let quiet = state.lookedAt - state.doneAt
      let pause =
        quiet < Timekeeper.watchedFor
        ? Span.minutes(1) : quiet < Timekeeper.rememberedFor ? .minutes(5) : Timekeeper.quietPause
      let seconds = Int(pause.seconds)
      return MetricPeriods.start(of: state.lookedAt, period: seconds) + .seconds(seconds)
    }
  }

  /// One look of the control room. Returns what it did that may set off more.
  private func look(_ room: ControlRoom, at now: Timestamp) async throws(StoreError) -> Int {
    let retains = state.withLock { state in
      state.lookedAt = now
      guard now - state.retainedAt >= Timekeeper.retentionPause else { return false }
      state.retainedAt = now
      return true
    }
    let changed = try await room.tick()
    _ = try await room.runtime.housekeeper.tidyDue()
    if retains { while try await room.expire() > 0 {} }
    return try await redrive(room) + changed
  }

  private func redrive(_ room: ControlRoom) async throws(StoreError) -> Int {
    let moved = try await room.mover.step()
    let isMoving = try await room.mover.tasks(nil).contains { $0.status == .running }
    state.withLock { $0.isMoving = isMoving }
    return moved
  }

  // MARK: Loops

  /// Works at the instant at which time stands, and lets time run, until the task is cancelled.
  func run(in room: ControlRoom) async {
    await withTaskCancellationHandler {
      await withTaskGroup(of: Void.self) { group in
        group.addTask { await self.work(in: room) }
        group.addTask {
          await self.loop("control room", every: ControlRoom.moverPause, room) { try await self.lookInPassing(room) }
        }
        group.addTask {
          await self.loop("clock", every: Timekeeper.beat, room) { try await self.step(room) }
        }
      }
    } onCancel: {
      interrupt()
    }
  }

  /// What the control room does while time stands: what was noted is stored, and webhooks are told.
  private func lookInPassing(_ room: ControlRoom) async throws(StoreError) -> Int {
    try await turnstile.pass { () async throws(StoreError) in
      let changed = try await room.tick()
      return try await self.redrive(room) + changed
    }
  }

  /// Whatever was committed may have made something due.
  private func work(in room: ControlRoom) async {
    let committed = room.view.committed
    while !Task.isCancelled {
      let mark = committed.mark
      await perform("engine", room) { try await self.turnstile.pass { try await self.settle(room) } }
      await committed.wait(since: mark, atMost: Timekeeper.lookAgain, machine)
    }
  }

  /// Lets a clock that has a speed run by one step.
  private func step(_ room: ControlRoom) async throws(StoreError) -> Int {
    let now = machine.now()
    let (speed, stops, passed) = state.withLock { state in
      defer { state.beatenAt = now }
      return (state.speed, state.stops, min(max(.zero, now - state.beatenAt), Timekeeper.beatMax))
    }
    guard speed > 0 else { return 0 }
    return try await turnstile.pass { () async throws(StoreError) in
      let moment = self.clock.now() + Span(milliseconds: passed.milliseconds * Int64(speed))
      return try await self.play(to: min(moment, ClockMark.last), in: room) {
        self.state.withLock { $0.speed == speed && $0.stops == stops }
      }.instants
    }
  }

  private func loop(
    _ name: String, every span: Span, _ room: ControlRoom, _ work: @escaping @Sendable () async throws -> Int
  ) async {
    while !Task.isCancelled {
      await perform(name, room, work)
      do { try await machine.sleep(for: span) } catch { return }
    }
  }

  /// What has begun is finished also when the loop is told to stop; what failed is tried again later.
  private func perform(
    _ name: String, _ room: ControlRoom, _ work: @escaping @Sendable () async throws -> Int
  ) async {
    do {
      // A task of its own, so that no cancellation reaches what it has begun; it is awaited right here.
      _ = try await Task(operation: work).value
    } catch {
      room.runtime.ports.log.write(LogLine(.error, "loop failed", ["loop": name, "reason": "\(error)"]))
      do { try await machine.sleep(for: Runtime.troubleRest) } catch { return }
    }
  }
}
