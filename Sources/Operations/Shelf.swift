import Deliveries
import Engine
import Events
import Extraction
import Ingestion
import Patterns
import Rules
import Telemetry

/// The dead letters of an environment, by what they died of, and the way back (§7, D21).
public struct Shelf: Sendable {
  /// Letters that one look takes in.
  public static let lettersMax = 1_000

  private let store: any ShelfStore
  let engine: Runtime

  public init(_ store: any ShelfStore, _ engine: Runtime) {
    self.store = store
    self.engine = engine
  }

  /// What would become of a letter.
  public enum Outcome: Sendable, Hashable {
    /// It would run, or be delivered.
    case passes(String)
    case duplicate(String)
    /// It would wait its turn.
    case waits(String)
    /// It would come back.
    case invalid(code: String, String)

    public var word: String {
      switch self {
      case .passes: "would_pass"
      case .duplicate: "duplicate"
      case .waits: "would_wait"
      case .invalid: "still_invalid"
      }
    }

    public var sentence: String {
      switch self {
      case .passes(let text), .duplicate(let text), .waits(let text): text
      case .invalid(let code, let text): "\(code): \(text)"
      }
    }
  }

  /// The queues whose letters lie here.
  public var queues: [String] {
    let names = EnvironmentNames(engine.settings)
    return [names.triggerDeadLetters, names.workDeadLetters]
  }

  /// The letters of a queue, or of all of them, that came first.
  public func letters(_ queue: String?) async throws(StoreError) -> [Letter] {
    var letters: [Letter] = []
    for queue in queue.map({ [$0] }) ?? queues {
      letters += try await store.letters(queue, after: 0, limit: Shelf.lettersMax - letters.count)
    }
    return letters
  }

  public func letter(_ id: String) async throws(StoreError) -> Letter? {
    try await store.letter(id).flatMap { queues.contains($0.queue) ? $0 : nil }
  }

  /// What a letter would become if it were sent again now, by today's rules and keys.
  public func preview(_ letter: Letter) async throws(StoreError) -> Outcome {
    switch try await route(letter) {
    case .failure(let refusal): return .invalid(code: refusal.code, refusal.reason)
    case .success(let delivery):
      let names = EnvironmentNames(engine.settings)
      let target = delivery.target.arn
      guard target.name == names.orchestrator else {
        // What stands in the way of a schedule's invocation was looked at with its route.
        let isThere =
          letter.schedule != nil
          ? true
          : target.service == "sqs"
            ? try await engine.ports.queues.queue(target.name) != nil : engine.functions[target.name] != nil
        return isThere
          ? .passes("it would be delivered to \(target)")
          : .invalid(code: "TARGET_MISSING", "there is no target \(target)")
      }
      let payload: String
      do {
        payload = try await body(of: delivery, letter)
      } catch let error as StoreError {
        throw error
      } catch {
        return .invalid(code: "INPUT_NOT_SHAPED", "\(error)")
      }
      let entry = try await engine.orchestrator.preview(Array(payload.utf8), delivery.cause)
      switch entry.decision {
      case .dispatched, .dryRun, .skipped: return .passes(entry.summary)
      case .duplicate: return .duplicate(entry.summary)
      case .deferred: return .waits(entry.summary)
      // A limit would refuse it for good, so it stays until the limit lets it through.
      case .rateLimited, .breakerOpen, .conflict, .invalid, .rejected, .loopStopped, .disabled, .missed, .unmatched,
        .undeliverable, .changed:
        return .invalid(code: entry.code.rawValue, entry.summary)
      }
    }
  }

  /// Sends a letter again as a cause of its own. nil if it went, or why it stays where it is.
  public func redrive(_ letter: Letter) async throws(StoreError) -> Outcome? {
    let outcome = try await preview(letter)
    switch outcome {
    case .invalid: return outcome
    case .waits, .passes, .duplicate: break
    }
    switch try await route(letter) {
    case .failure(let refusal): return .invalid(code: refusal.code, refusal.reason)
    case .success(let delivery):
      if try await store.redrive(letter, as: delivery) { engine.bells.deliveriesDue.ring() }
      return nil
    }
  }

  /// Throws a letter away; the ledger keeps who did it, why, and what it was. False if it is gone already.
  public func discard(_ letter: Letter, _ note: ChangeNote) async throws(StoreError) -> Bool {
    let now = engine.ports.clock.now()
    let cause = Cause(id: "discard/\(letter.id)", trigger: .replay, arrivedAt: now)
    let entry = OperatorAction.entry("discarded a dead letter (\(letter.code))", of: cause, note)
    return try await store.discard(letter, row: entry)
  }

  struct Refusal: Error {
    let code: String
    let reason: String
  }

  /// Where a letter goes by today's rules.
  private func route(_ letter: Letter) async throws(StoreError) -> Result<NewDelivery, Refusal> {
    let names = EnvironmentNames(engine.settings)
    if letter.queue == names.workDeadLetters { return try await chunk(letter) }
    if let schedule = letter.schedule { return try await invocation(letter, of: schedule) }
    let now = engine.ports.clock.now()
    var cause = Cause(id: "redrive/\(letter.id)", trigger: .replay, arrivedAt: now)
    let json: JSON
    do {
      json = try JSON(parsing: letter.body)
    } catch {
      return .failure(Refusal(code: "MALFORMED_EVENT", reason: "the letter is not JSON: \(error.message)"))
    }
    guard let name = letter.rule, let event = Event(json) else {
      // An invocation goes to its function again.
      let target = letter.target ?? engine.settings.names.function(names.orchestrator)
      guard engine.functions[target.name] != nil else {
        return .failure(Refusal(code: "TARGET_MISSING", reason: "there is no function \(target.name)"))
      }
      let again = Target(
        id: "redrive", arn: target, input: .whole, deadLetter: engine.settings.names.queue(names.triggerDeadLetters))
      return .success(NewDelivery(cause: cause, target: again, body: letter.body, due: now))
    }
    guard let rule = engine.book.bus.rule(name) else {
      return .failure(Refusal(code: "TARGET_MISSING", reason: "there is no rule \(name) any more"))
    }
    guard rule.isEnabled else {
      return .failure(Refusal(code: "RULE_DISABLED", reason: "rule \(name) is disabled"))
    }
    let isSlot = event.source == "aws.events" && event.detailType == "Scheduled Event"
    guard isSlot || rule.pattern?.matches(json) == true else {
      return .failure(Refusal(code: "NO_RULE_MATCHED", reason: "rule \(name) does not want the event any more"))
    }
    // The target that refused it, if the rule still has it; else the one it has instead.
    guard let target = rule.targets.first(where: { $0.arn == letter.target }) ?? rule.targets.first else {
      return .failure(Refusal(code: "NO_TARGETS", reason: "rule \(name) has no target"))
    }
    if let refusal = engine.ports.authority.refusal(of: rule.arn, to: target.arn) {
      return .failure(Refusal(code: "NOT_PERMITTED", reason: refusal))
    }
    cause.eventID = event.id
    cause.rule = rule.name
    cause.ruleVersion = rule.version
    cause.parentID = isSlot ? Cause.slotID(rule: name, at: event.time) : Cause.matchID(event: event.id, rule: name)
    if isSlot { cause.slot = event.time }
    return .success(NewDelivery(cause: cause, target: target, body: nil, due: now))
  }

  /// A chunk that was given up becomes a request for its symbols, with the run's own `ds`.
  private func chunk(_ letter: Letter) async throws(StoreError) -> Result<NewDelivery, Refusal> {
    let message: ChunkMessage
    do {
      message = try ChunkMessage(json: try JSON(parsing: letter.body))
    } catch {
      return .failure(Refusal(code: "MALFORMED_EVENT", reason: "the message is no chunk: \(error)"))
    }
    let now = engine.ports.clock.now()
    let names = EnvironmentNames(engine.settings)
    var cause = Cause(id: "redrive/\(letter.id)", trigger: .replay, arrivedAt: now)
    cause.parentID = message.runID
    let body: JSON = [
      "data_source": .string(message.dataSource), "domain": .string(message.domain),
      "table_name": .string(message.tableName), "symbols": JSON(message.symbols), "force_symbols": true,
      "ds": .string(message.ds), "period": .string(message.period), "interval": .string(message.interval),
      "file_format": .string(message.fileFormat), "causation_id": .string(message.runID),
    ]
    let target = Target(
      id: "redrive", arn: engine.settings.names.function(names.orchestrator), input: .whole,
      deadLetter: engine.settings.names.queue(names.triggerDeadLetters))
    return .success(NewDelivery(cause: cause, target: target, body: body.text, due: now))
  }

  /// What the target would be given.
  private func body(of delivery: NewDelivery, _ letter: Letter) async throws -> String {
    if let body = delivery.body { return body }
    if letter.schedule != nil { return letter.body }
    guard let event = Event(try JSON(parsing: letter.body)) else { return letter.body }
    let rule = delivery.cause.rule ?? ""
    return try delivery.target.input.body(
      for: event, rule: RuleNames(name: rule, arn: engine.settings.names.rule(rule)),
      ingestionTime: delivery.cause.arrivedAt)
  }
}
