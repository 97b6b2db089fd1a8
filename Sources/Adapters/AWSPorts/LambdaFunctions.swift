import Engine
import Events
import Extraction
import Ingestion
import Schedules

/// The functions of an environment as Lambda runs them, on AWS's ports.
public struct LambdaFunctions: Sendable {
  /// What a handler does, by the name in `_HANDLER`.
  public enum Handler: String, Sendable, Hashable, CaseIterable {
    case orchestrator, worker, notifier
  }

  private let store: AWSStore
  private let settings: Settings
  private let clock: any WallClock
  private let entropy: any Entropy
  private let digests: any Digests
  private let log: any LogSink
  private let observer: any Observer
  private let sources: [String: any Source]

  public init(
    _ settings: Settings, _ store: AWSStore, _ clock: any WallClock, _ entropy: any Entropy, _ digests: any Digests,
    _ log: any LogSink, _ observer: any Observer, sources: [String: any Source]
  ) {
    self.settings = settings
    self.store = store
    self.clock = clock
    self.entropy = entropy
    self.digests = digests
    self.log = log
    self.observer = observer
    self.sources = sources
  }

  /// The function behind a handler.
  public func function(_ handler: Handler) -> any Function {
    let names = EnvironmentNames(settings)
    let schedule = FixedSchedule(settings)
    // Only the notifier may publish events, so only it takes raw notifications.
    let orchestrator = Orchestrator(
      settings, schedule, store, store, handler == .notifier ? store : nil, clock, entropy, digests, log,
      bells: Bells(), deferredDue: Bell())
    let (name, function): (String, any Function) =
      switch handler {
      case .orchestrator:
        (
          names.orchestrator,
          OrchestratorFunction(
            orchestrator, Releaser(store, orchestrator, clock, log), store, schedule, clock, log, names)
        )
      case .worker:
        (
          names.worker,
          QueueWorker(
            ChunkWork(
              store, store, store, sources, store, store, clock, log, observer, settings, bells: Bells(),
              runEnded: Bell()), store, clock, log)
        )
      case .notifier: (names.notifier, NotifierFunction(orchestrator))
      }
    let observed = Functions([name: function], clock, observer)
    return observed[name] ?? function
  }
}

/// The environment's schedule as it is configured: on AWS EventBridge says when, and this which instants are slots.
public struct FixedSchedule: ScheduleBook {
  /// How old a slot may be that says of itself that it is one; EventBridge delivers nothing older.
  public static let ageMax = Span.hours(24)
  /// How far EventBridge's clock may be before ours.
  public static let skewMax = Span.minutes(1)

  private let settings: Settings
  private let rule: String

  public init(_ settings: Settings) {
    self.settings = settings
    rule = EnvironmentNames(settings).scheduleRule
  }

  /// Every whole minute may be a slot of a rate, for nobody but EventBridge knows since when it counts.
  public func isSlot(_ instant: Timestamp, of rule: String) -> Bool {
    guard rule == self.rule, instant == FixedSchedule.minute(of: instant) else { return false }
    guard !settings.schedule.isRate else { return true }
    let before = Timestamp(milliseconds: instant.milliseconds - 1)
    return settings.schedule.next(after: before, anchor: .epoch, zone: .utc) == instant
  }

  /// The cause of a body that the schedule's target sent: its slot, so that a slot that fires twice is one cause (D6, D8).
  ///
  /// nil for anything else: a body that only says so is somebody's own wish.
  public func cause(of body: JSON, at now: Timestamp) -> Cause? {
    guard body["trigger_type"]?.string == "schedule",
      let time = body["trigger_time"]?.string.flatMap({ Timestamp($0) })
    else { return nil }
    let slot = FixedSchedule.minute(of: time)
    guard now - slot < FixedSchedule.ageMax, slot - now < FixedSchedule.skewMax, isSlot(slot, of: rule) else {
      return nil
    }
    var cause = Cause(id: Cause.slotID(rule: rule, at: slot), trigger: .schedule, arrivedAt: now)
    cause.slot = slot
    cause.rule = rule
    return cause
  }

  private static func minute(of instant: Timestamp) -> Timestamp {
    Timestamp(seconds: instant.seconds - instant.seconds % 60)
  }
}

/// The orchestrator, told apart by shape: a slot, an event of a bus, a request, or the tick that goes on with what waits.
struct OrchestratorFunction: Function {
  private let orchestrator: Orchestrator
  private let releaser: Releaser
  private let store: AWSStore
  private let schedule: FixedSchedule
  private let clock: any WallClock
  private let log: any LogSink
  private let names: EnvironmentNames

  init(
    _ orchestrator: Orchestrator, _ releaser: Releaser, _ store: AWSStore, _ schedule: FixedSchedule,
    _ clock: any WallClock, _ log: any LogSink, _ names: EnvironmentNames
  ) {
    self.orchestrator = orchestrator
    self.releaser = releaser
    self.store = store
    self.schedule = schedule
    self.clock = clock
    self.log = log
    self.names = names
  }

  func invoke(_ payload: [UInt8], _ context: InvocationContext) async -> FunctionOutcome {
    let body: JSON?
    do { body = try JSON(parsing: payload) } catch { body = nil }  // The orchestrator refuses it, and says why.
    if let body, InputShape(body) == .tick { return await tick() }
    let cause = context.cause ?? body.flatMap { schedule.cause(of: $0, at: clock.now()) }
    return await orchestrator.invoke(
      payload, InvocationContext(requestID: context.requestID, invokedAt: context.invokedAt, cause: cause))
  }

  /// Sends what is committed and not sent, asks again for causes that wait, and ends chunks that are lost.
  private func tick() async -> FunctionOutcome {
    do {
      let now = clock.now()
      let sent = try await store.sendDue(at: now)
      let released = try await releaser.releaseDue()
      let ended = try await store.endLostChunks(
        queue: names.workQueue, reason: Housekeeper.lostReason(names.workQueue), at: now)
      for (run, status) in ended.sorted(by: { $0.key < $1.key }) {
        log.write(LogLine(.error, "run ended: chunks were lost", ["run": run, "status": status.rawValue]))
      }
      if sent + released + ended.count > 0 {
        let done = ["sent": "\(sent)", "released": "\(released)", "ended": "\(ended.count)"]
        log.write(LogLine(.info, "the tick went on with what waited", done))
      }
      return .answered([
        "statusCode": 200, "sent": JSON(sent), "released": JSON(released), "ended": JSON(ended.count),
      ])
    } catch {
      log.write(LogLine(.error, "tick failed", ["reason": error.reason]))
      return .failed(type: error.code.rawValue, message: error.reason)
    }
  }
}

/// The worker behind SQS's event source mapping: it deletes what is not reported as failed.
///
/// Source: AWS, "Reporting batch item failures for Lambda functions with an Amazon SQS trigger".
struct QueueWorker: Function {
  /// After that long a chunk shows again that could not be worked on, for the table or a queue did not answer.
  static let pauseOnError = Span.seconds(30)

  private let chunks: ChunkWork
  private let store: AWSStore
  private let clock: any WallClock
  private let log: any LogSink

  init(_ chunks: ChunkWork, _ store: AWSStore, _ clock: any WallClock, _ log: any LogSink) {
    self.chunks = chunks
    self.store = store
    self.clock = clock
    self.log = log
  }

  func invoke(_ payload: [UInt8], _ context: InvocationContext) async -> FunctionOutcome {
    let records: [JSON]
    do {
      guard let elements = try JSON(parsing: payload)["Records"]?.elements else {
        return .failed(type: "MALFORMED_EVENT", message: "the payload has no Records")
      }
      records = elements
    } catch {
      return .failed(type: "MALFORMED_EVENT", message: "the payload is not JSON: \(error.message)")
    }
    let failures = await withTaskGroup(of: (Int, Bool).self) { group in
      for (place, record) in records.enumerated() {
        group.addTask { (place, await isDone(record)) }
      }
      var failures: [Int] = []
      for await (place, isDone) in group where !isDone { failures.append(place) }
      return failures.sorted()
    }
    return .answered([
      "batchItemFailures": .array(
        failures.map { ["itemIdentifier": .string(records[$0]["messageId"]?.string ?? "")] })
    ])
  }

  private func isDone(_ record: JSON) async -> Bool {
    guard let message = QueueWorker.message(record) else { return false }
    do {
      switch try await chunks.work(on: message) {
      case .done, .unpaid: return true
      case .again: return false
      }
    } catch {
      log.write(LogLine(.error, "chunk not worked on", ["message": message.id, "reason": error.reason]))
      let now = clock.now()
      do {
        _ = try await store.putBack(message, until: now + QueueWorker.pauseOnError, uncounted: false, at: now)
      } catch {
        log.write(LogLine(.warning, "chunk waits for its visibility", ["message": message.id, "reason": error.reason]))
      }
      return false
    }
  }

  /// A record as Lambda hands it over; nil if it lacks what every record has.
  static func message(_ record: JSON) -> ReceivedMessage? {
    guard let id = record["messageId"]?.string, let receipt = record["receiptHandle"]?.string,
      let body = record["body"]?.string,
      let queue = record["eventSourceARN"]?.string.flatMap({ ResourceName($0)?.name })
    else { return nil }
    return AWSStore.message(
      id: id, receipt: receipt, body: body, queue: queue, attributes: record["messageAttributes"],
      system: record["attributes"], keys: ("stringValue", "dataType"))
  }
}

/// Raw notifications of buckets, and nothing else.
struct NotifierFunction: Function {
  private let orchestrator: Orchestrator

  init(_ orchestrator: Orchestrator) {
    self.orchestrator = orchestrator
  }

  func invoke(_ payload: [UInt8], _ context: InvocationContext) async -> FunctionOutcome {
    do {
      guard InputShape(try JSON(parsing: payload)) == .objectRecords else {
        return .failed(type: "MALFORMED_EVENT", message: "the payload is no notification of S3")
      }
    } catch {
      return .failed(type: "MALFORMED_EVENT", message: "the payload is not JSON: \(error.message)")
    }
    return await orchestrator.invoke(payload, context)
  }
}
