import Engine
import Events
import Ingestion
import Rules
import Telemetry

/// One round trip of messages out of a dead-letter queue: paced, stoppable, told of while it runs, and safe to kill.
///
/// Source: SQS API, `StartMessageMoveTask`. Without a destination the environment's own letters go through today's rules.
public struct MoveTask: Sendable, Hashable {
  public enum Status: String, Sendable, Hashable, CaseIterable {
    case running = "RUNNING"
    case completed = "COMPLETED"
    case cancelling = "CANCELLING"
    case cancelled = "CANCELLED"
    case failed = "FAILED"
  }

  public let handle: String
  public let source: String
  /// nil sends letters through the rules again.
  public let destination: String?
  public let perSecond: Int
  public let startedAt: Timestamp
  public let total: Int
  /// The last letter that was there at the start: what comes later is not this task's.
  public let last: Int64
  /// Only letters that died of this; nil takes all.
  public let code: String?
  public var status: Status
  public var moved: Int
  /// Letters that stay, for today's rules would refuse them again.
  public var kept: Int
  public var cursor: Int64
  public var failure: String?

  var json: JSON {
    JSON(present: [
      "handle": .string(handle), "source": .string(source), "destination": destination.map { .string($0) },
      "per_second": JSON(perSecond), "started_at": .string(startedAt.preciseText), "total": JSON(total),
      "last": JSON(Int(last)), "code": code.map { .string($0) }, "status": .string(status.rawValue),
      "moved": JSON(moved), "kept": JSON(kept), "cursor": JSON(Int(cursor)), "failure": failure.map { .string($0) },
    ])
  }

  init(
    handle: String, source: String, destination: String?, perSecond: Int, startedAt: Timestamp, total: Int, last: Int64,
    code: String?
  ) {
    self.handle = handle
    self.source = source
    self.destination = destination
    self.perSecond = perSecond
    self.startedAt = startedAt
    self.total = total
    self.last = last
    self.code = code
    status = .running
    moved = 0
    kept = 0
    cursor = 0
    failure = nil
  }

  init?(json: JSON) {
    guard let handle = json["handle"]?.string, let source = json["source"]?.string,
      let rate = json["per_second"]?.int, let started = json["started_at"]?.string.flatMap({ Timestamp($0) }),
      let total = json["total"]?.int, let last = json["last"]?.int,
      let status = json["status"]?.string.flatMap({ Status(rawValue: $0) })
    else { return nil }
    self.init(
      handle: handle, source: source, destination: json["destination"]?.string, perSecond: rate, startedAt: started,
      total: total, last: Int64(last), code: json["code"]?.string)
    self.status = status
    moved = json["moved"]?.int ?? 0
    kept = json["kept"]?.int ?? 0
    cursor = Int64(json["cursor"]?.int ?? 0)
    failure = json["failure"]?.string
  }

  /// The task as operators see it.
  public var view: JSON {
    var view = json
    view.set("left", JSON(max(0, total - moved - kept)))
    return view
  }
}

/// Performs move tasks, one step at a time; a task that is known is told of until it is a day old.
public struct Mover: Sendable {
  public static let perSecondMax = 500
  /// Letters of one step.
  public static let stepMax = 100
  /// Tasks that are remembered for each queue, as SQS remembers ten.
  public static let rememberedMax = 10

  private let documents: any Documents
  private let store: any ShelfStore
  private let shelf: Shelf
  private let engine: Runtime
  /// One at a time begins, stops or takes a letter: none saves what another has changed since it looked.
  private let turnstile = Turnstile()

  public init(_ documents: any Documents, _ store: any ShelfStore, _ shelf: Shelf, _ engine: Runtime) {
    self.documents = documents
    self.store = store
    self.shelf = shelf
    self.engine = engine
  }

  /// Begins a task; nil if one already runs on that queue, as SQS allows one.
  public func start(
    source: String, destination: String?, perSecond: Int?, code: String?, _ note: ChangeNote
  ) async throws(StoreError) -> MoveTask? {
    try await turnstile.pass { () throws(StoreError) in
      guard try await tasks(source).first(where: { $0.status == .running }) == nil else { return nil }
      return try await begin(source: source, destination: destination, perSecond: perSecond, code: code, note)
    }
  }

  private func begin(
    source: String, destination: String?, perSecond: Int?, code: String?, _ note: ChangeNote
  ) async throws(StoreError) -> MoveTask {
    let now = engine.ports.clock.now()
    var letters: [Letter] = []
    while true {
      let more = try await store.letters(source, after: letters.last?.sequence ?? 0, limit: Shelf.lettersMax)
      letters += more
      if more.count < Shelf.lettersMax { break }
    }
    let wanted = letters.filter { code == nil || $0.code == code }
    let task = MoveTask(
      handle: engine.ports.entropy.uuid(), source: source, destination: destination,
      perSecond: min(perSecond ?? Mover.perSecondMax, Mover.perSecondMax), startedAt: now, total: wanted.count,
      last: letters.last?.sequence ?? 0, code: code)
    try await documents.save([DocumentChange(.move, task.handle, task.json)], at: now)
    let cause = Cause(id: "move/\(task.handle)", trigger: .replay, arrivedAt: now)
    _ = try await engine.ports.desk.close(
      OperatorAction.entry("redrive of \(wanted.count) letters of \(source)", of: cause, note), deadLetter: nil)
    return task
  }

  /// Those of a queue, the latest first.
  public func tasks(_ source: String?) async throws(StoreError) -> [MoveTask] {
    try await documents.documents(.move).compactMap { MoveTask(json: $0.json) }
      .filter { source == nil || $0.source == source }.sorted { $0.startedAt > $1.startedAt }
  }

  public func task(_ handle: String) async throws(StoreError) -> MoveTask? {
    try await documents.document(.move, handle).flatMap { MoveTask(json: $0.json) }
  }

  /// Stops a task that runs; what is moved stays moved. nil if there is none of that handle that runs.
  public func cancel(_ handle: String, _ note: ChangeNote) async throws(StoreError) -> MoveTask? {
    try await turnstile.pass { () throws(StoreError) in
      guard var task = try await task(handle), task.status == .running else { return nil }
      task.status = .cancelled
      try await save(task)
      try await engine.record("stop of the redrive of \(task.source)", "move", note)
      return task
    }
  }

  /// Performs what is due of every running task. Returns the letters that were looked at.
  public func step() async throws(StoreError) -> Int {
    var done = 0
    for task in try await tasks(nil) where task.status == .running { done += try await step(task) }
    return done
  }

  private func step(_ task: MoveTask) async throws(StoreError) -> Int {
    let elapsed = max(0, (engine.ports.clock.now() - task.startedAt).seconds)
    let due = min(Mover.stepMax, Int((elapsed + 1) * Double(task.perSecond)) - task.moved - task.kept)
    guard due > 0 else { return 0 }
    let letters = try await store.letters(task.source, after: task.cursor, limit: due).filter {
      $0.sequence <= task.last
    }
    for letter in letters {
      // Between two letters it may have been stopped.
      let isRunning = try await edit(task.handle) { task throws(StoreError) in
        try await take(letter, &task)
        task.cursor = letter.sequence
      }
      guard isRunning else { return letters.count }
    }
    if letters.isEmpty {
      _ = try await edit(task.handle) { task throws(StoreError) in task.status = .completed }
      try await forget(task.source)
    }
    return letters.count
  }

  /// Changes a task that runs, as it is now; false if it does not run any more.
  private func edit(
    _ handle: String, _ body: @Sendable (inout MoveTask) async throws(StoreError) -> Void
  ) async throws(StoreError) -> Bool {
    try await turnstile.pass { () throws(StoreError) in
      guard var task = try await task(handle), task.status == .running else { return false }
      try await body(&task)
      try await save(task)
      return true
    }
  }

  private func take(_ letter: Letter, _ task: inout MoveTask) async throws(StoreError) {
    guard task.code == nil || letter.code == task.code else { return }
    if let queue = task.destination {
      if try await store.move(letter, to: queue, at: engine.ports.clock.now()) {
        task.moved += 1
        engine.queueBells[queue].ring()
      }
    } else if try await shelf.redrive(letter) == nil {
      task.moved += 1
    } else {
      task.kept += 1
    }
  }

  private func save(_ task: MoveTask) async throws(StoreError) {
    try await documents.save([DocumentChange(.move, task.handle, task.json)], at: engine.ports.clock.now())
  }

  private func forget(_ source: String) async throws(StoreError) {
    for task in try await tasks(source).filter({ $0.status != .running }).dropFirst(Mover.rememberedMax) {
      _ = try await documents.remove(.move, task.handle, at: engine.ports.clock.now())
    }
  }
}
