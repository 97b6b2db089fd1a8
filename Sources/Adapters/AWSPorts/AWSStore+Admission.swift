import Engine
import Events
import Ingestion
import Telemetry

extension AWSStore: AdmissionDesk {
  public func admit(_ application: Application, at now: Timestamp) async throws(StoreError) -> AdmissionResult {
    let plan = try RunPlan(application)
    let result = try await contended("admission of \(application.cause.id)") {
      () async throws(StoreError) -> AdmissionResult? in
      let known = try await facts(for: application, at: now)
      if let row = known.decision {
        return .already(row)
      }
      if let row = known.openRow, !application.resumes { return .already(row) }
      let verdict = Admission.decide(ask(application), known.facts, settings.limits, at: now)
      let entry = AdmissionReport.entry(verdict, application, at: now)
      let owner = version()
      var writes = consequences(of: verdict, application, plan, known, owner, at: now)
      if entry.decision.isTerminal || !application.resumes {
        writes += rowWrites(
          entry, line: known.place(for: verdict, application), owner: owner, open: known.items[.open(entry.causeID)])
      }
      return try await isWritten(writes, owner, application.cause.id) ? .decided(entry, verdict) : nil
    }
    if case .decided(let entry, _) = result { metrics?.write(entry) }
    if case .decided(_, .admit) = result, !application.request.dryRun {
      await dispatch(application.cause.runID, application.request.idempotencyKey, application.messages, at: now)
    }
    if case .decided(let entry, .loopStopped) = result, !application.request.dryRun {
      await send(letter(entry.summary, application, at: now), at: now)
    }
    return result
  }

  public func preview(_ application: Application, at now: Timestamp) async throws(StoreError) -> Admission.Verdict {
    let known = try await facts(for: application, at: now)
    return Admission.decide(ask(application), known.facts, settings.limits, at: now)
  }

  private func ask(_ application: Application) -> Admission.Ask {
    Admission.Ask(
      trigger: application.cause.trigger, payloadHash: application.payloadHash, runID: application.cause.runID,
      urgent: application.request.urgent, hops: application.cause.hops, resumes: application.resumes)
  }

  public func close(
    _ entry: LedgerEntry, deadLetter: OutgoingMessage?
  ) async throws(StoreError) -> Bool {
    let isFirst = try await contended("the row of \(entry.causeID)") { () async throws(StoreError) -> Bool? in
      let rows = try await table.get([.decision(entry.causeID), .open(entry.causeID)])
      if rows[.decision(entry.causeID)] != nil { return false }
      let owner = version()
      let open = rows[.open(entry.causeID)]
      let line = open.flatMap { Line($0) }
      var writes = rowWrites(entry, line: line, owner: owner, open: open)
      if entry.decision.isTerminal, let line { writes.append(.delete(line.key)) }
      if let deadLetter { writes.append(.put(outbox(deadLetter, due: entry.at + AWSStore.dispatchLease))) }
      return try await isWritten(writes, owner, entry.causeID) ? true : nil
    }
    if isFirst { metrics?.write(entry) }
    if isFirst, let deadLetter { await send(deadLetter, at: entry.at) }
    return isFirst
  }

  /// Whether the transaction was written, by this attempt and no other; false if it has to be tried again from the facts.
  private func isWritten(_ writes: [Write], _ owner: Attribute, _ cause: String) async throws(StoreError) -> Bool {
    guard !writes.isEmpty else { return true }
    switch try await table.transact(writes, token: entropy.uuid()) {
    case .done: return true
    case .refused, .contended: return false
    case .doubtful:
      // A lost answer is told from somebody else's row by who wrote it; an update of the line says the same again.
      let rows = try await table.get([.decision(cause), .open(cause)])
      return rows.values.contains { $0.attributes["owner"] == owner }
    }
  }

  // MARK: What is known

  /// What was read before deciding, as it must still be when the decision is written.
  struct Known {
    var facts = Admission.Facts()
    var items: [Key: Item] = [:]
    /// The decision of this cause, if it has one.
    var decision: LedgerEntry?
    var openRow: LedgerEntry?
    /// Where this cause stands in line, if it does.
    var line: Line?
    /// Which part of the rate's window this cause is counted in.
    var rateKey: Key?
    /// The admissions of that part, this cause's own left out: when and whose.
    var window: [RatePlace] = []
    var newPlace = ""

    /// The line that the row of a cause names that begins to wait.
    func place(for verdict: Admission.Verdict, _ application: Application) -> Line? {
      guard case .wait = verdict, !application.request.dryRun, !application.resumes else { return nil }
      return Line(kind: DeferredKind(application.cause.trigger), place: newPlace)
    }
  }

  /// An admission in the window of a rate.
  struct RatePlace: Hashable {
    let at: Timestamp
    /// Sixteen hex digits of the cause's id.
    let cause: String

    static func tag(_ cause: String) -> String { String(DerivedID.hash(cause), radix: 16) }
  }

  private func facts(for application: Application, at now: Timestamp) async throws(StoreError) -> Known {
    let request = application.request
    let cause = application.cause
    var known = Known()
    let claim = Key.claim(request.idempotencyKey)
    let breaker = Key.breaker(request.domain, request.tableName)
    let lease = Key.lease(request.domain, request.tableName)
    var keys = [claim, breaker, lease, .decision(cause.id), .open(cause.id)]
    let rate = settings.limits.rate(of: cause.trigger)
    let rateParts = rate.map { RatePart.parts(of: cause, max: $0.max) } ?? []
    keys += rateParts.map(\.key)
    if request.isReingestion { keys.append(reingestion(request, at: now)) }
    known.items = try await table.get(keys)
    known.decision = try known.items[.decision(cause.id)].map { item throws(StoreError) in try AWSStore.entry(item) }
    known.openRow = try known.items[.open(cause.id)].map { item throws(StoreError) in try AWSStore.entry(item) }
    known.line = known.items[.open(cause.id)].flatMap { Line($0) }
    known.facts.claim = try known.items[claim].map { item throws(StoreError) in try AWSStore.claim(item) }
    known.facts.breaker = try AWSStore.breaker(known.items[breaker])
    known.facts.lease = try known.items[lease].map { item throws(StoreError) in
      Admission.Lease(owner: try item.need("owner"), until: try item.needMoment("until"))
    }
    if let rate { try findPlace(of: cause, rate, rateParts, in: &known, at: now) }
    if request.isReingestion {
      known.facts.reingestionsToday = Int(known.items[reingestion(request, at: now)]?.number("n") ?? 0)
    }
    if cause.trigger == .event {
      known.facts.aheadUntil = try await aheadUntil(request.domain, request.tableName, before: known.line)
    }
    known.newPlace = order.text(at: clock.now()) + "." + RatePlace.tag(cause.id)
    return known
  }

  /// Picks the part of the window that the cause is counted in: where it stands already, or one that has room.
  private func findPlace(
    of cause: Cause, _ rate: (max: Int, window: Span), _ parts: [RatePart], in known: inout Known, at now: Timestamp
  ) throws(StoreError) {
    let own = RatePlace.tag(cause.id)
    var windows: [[RatePlace]] = []
    var open: [Int] = []
    for (index, part) in parts.enumerated() {
      let places = try AWSStore.window(known.items[part.key]).filter { now - $0.at < rate.window }
      let others = places.filter { $0.cause != own }
      windows.append(others)
      if others.count < part.share { open.append(index) }
      if others.count < places.count { known.rateKey = part.key; known.window = others }
    }
    let admitted = windows.flatMap { $0 }.map(\.at).sorted()
    // The parts that are not looked at count as full if these are.
    let unseen = open.isEmpty ? max(0, rate.max - admitted.count) : 0
    known.facts.admitted = Array(repeating: admitted.first ?? now, count: unseen) + admitted
    guard known.rateKey == nil, !open.isEmpty else { return }
    // By the cause, so that those that come at the same time do not all want the same one.
    let index = open[Int(DerivedID.hash(cause.id) % UInt64(open.count))]
    known.rateKey = parts[index].key
    known.window = windows[index]
  }

  private func reingestion(_ request: IngestionRequest, at now: Timestamp) -> Key {
    .reingestion(now.dateText, request.domain, request.tableName, request.ds, request.reason ?? "")
  }

  private static func claim(_ item: Item) throws(StoreError) -> Admission.Claim {
    guard let status = Admission.Claim.Status(rawValue: try item.need("status")) else {
      throw StoreError(.corrupt, "claim \(item.key.id) has no known status")
    }
    return Admission.Claim(
      runID: try item.need("run_id"), payloadHash: try item.need("payload_hash"), status: status,
      leaseUntil: try item.needMoment("lease_until"), expiresAt: try item.needMoment("until"))
  }

  static func breaker(_ item: Item?) throws(StoreError) -> CircuitBreaker {
    guard let item else { return CircuitBreaker() }
    return try item.need("state") { CircuitBreaker(stored: $0) }
  }

  private static func window(_ item: Item?) throws(StoreError) -> [RatePlace] {
    guard let item else { return [] }
    return try item.need("admitted") { json in
      json.elements?.compactMap { element in
        guard let at = element["at"]?.int, let cause = element["cause"]?.string else { return nil }
        return RatePlace(at: Timestamp(milliseconds: Int64(at)), cause: cause)
      }
    }
  }

  // MARK: What follows

  /// Everything that the verdict writes besides its row, on condition that what decided it still holds.
  private func consequences(
    of verdict: Admission.Verdict, _ application: Application, _ plan: RunPlan, _ known: Known, _ owner: Attribute,
    at now: Timestamp
  ) -> [Write] {
    guard !application.request.dryRun else { return [] }
    switch verdict {
    case .admit(let breaker): return dispatchWrites(application, plan, breaker, known, owner, at: now)
    case .wait(let wait, let until): return waitWrites(application, wait, until, known, at: now)
    case .loopStopped:
      let summary = AdmissionReport.entry(verdict, application, at: now).summary
      let letter = letter(summary, application, at: now)
      return [.put(outbox(letter, due: now + AWSStore.dispatchLease))] + leaveLine(known)
    case .duplicate, .conflict, .breakerOpen, .rateLimited: return leaveLine(known)
    }
  }

  private func leaveLine(_ known: Known) -> [Write] { known.line.map { [.delete($0.key)] } ?? [] }

  private func dispatchWrites(
    _ application: Application, _ plan: RunPlan, _ breaker: CircuitBreaker, _ known: Known, _ owner: Attribute,
    at now: Timestamp
  ) -> [Write] {
    let request = application.request
    let expiry = now + settings.limits.claimLife
    let claim = Item(
      .claim(request.idempotencyKey),
      [
        "run_id": .text(application.cause.runID), "payload_hash": .text(application.payloadHash),
        "status": .text(Admission.Claim.Status.claimed.rawValue), "owner": owner, "v": owner,
        "lease_until": .number((now + AWSStore.claimLease).milliseconds), "until": .number(expiry.milliseconds),
        "expires_at": .number(expiry.seconds + 86_400),
      ])
    var writes: [Write] = [
      .put(claim, .unchanged(known.items[claim.key])),
      breakerWrite(
        breaker, was: known.facts.breaker, .breaker(request.domain, request.tableName),
        known.items[.breaker(request.domain, request.tableName)], owner),
      .check(
        .lease(request.domain, request.tableName),
        .unchanged(known.items[.lease(request.domain, request.tableName)])),
    ]
    if let place = placeWrite(application.cause, known, owner, at: now) { writes.append(place) }
    if request.isReingestion {
      let key = reingestion(request, at: now)
      let count = Item(
        key,
        [
          "n": .number(Int64(known.facts.reingestionsToday + 1)), "v": owner,
          "expires_at": .number(now.seconds + 3 * 86_400),
        ])
      writes.append(.put(count, .unchanged(known.items[key])))
    }
    writes += plan.writes(application, settings, order: order.text(at: now), owner: owner, at: now)
    return writes + leaveLine(known)
  }

  /// The breaker as it is now; a check that it is as it was where it did not change.
  func breakerWrite(
    _ breaker: CircuitBreaker, was: CircuitBreaker, _ key: Key, _ item: Item?, _ owner: Attribute
  ) -> Write {
    if breaker == was { return .check(key, .unchanged(item)) }
    return .put(Item(key, ["state": .text(breaker.stored.text), "v": owner]), .unchanged(item))
  }

  /// Takes the cause's place in the window of its kind (D12); nil where there is no limit.
  private func placeWrite(_ cause: Cause, _ known: Known, _ owner: Attribute, at now: Timestamp) -> Write? {
    guard let key = known.rateKey, let rate = settings.limits.rate(of: cause.trigger) else { return nil }
    let places = known.window + [RatePlace(at: now, cause: RatePlace.tag(cause.id))]
    let json = JSON.array(
      places.sorted { $0.at < $1.at }.map { ["at": JSON(Int($0.at.milliseconds)), "cause": .string($0.cause)] })
    let item = Item(
      key,
      [
        "admitted": .text(json.text), "v": owner,
        "expires_at": .number((now + rate.window).seconds + 86_400),
      ])
    return .put(item, .unchanged(known.items[key]))
  }

  private func waitWrites(
    _ application: Application, _ wait: Admission.Wait, _ until: Timestamp, _ known: Known, at now: Timestamp
  ) -> [Write] {
    if let line = known.line {
      return [
        .update(
          line.key,
          Expression(
            "SET #wait = :wait, #until = :until",
            ["wait": .text(wait.rawValue), "until": .number(until.milliseconds)]),
          if: .present)
      ]
    }
    let request = application.request
    let item = Item(
      Line(kind: DeferredKind(application.cause.trigger), place: known.newPlace).key,
      [
        "cause_id": .text(application.cause.id), "cause": .text(application.cause.json.text),
        "request": .text(request.json.text), "warnings": .text(JSON(application.warnings).text),
        "domain": .text(request.domain), "table_name": .text(request.tableName), "wait": .text(wait.rawValue),
        "until": .number(until.milliseconds),
      ])
    var writes = [Write.put(item, .absent)]
    // Whoever is told to wait holds a place already, so that no more are told so than the window has places.
    if application.cause.trigger == .manual, !application.resumes,
      let place = placeWrite(application.cause, known, version(), at: now)
    {
      writes.append(place)
    }
    return writes
  }

  private func letter(_ summary: String, _ application: Application, at now: Timestamp) -> OutgoingMessage {
    let draft = application.deadLetter
    return DeadLetter.message(
      to: draft.queue, id: "dead-\(application.cause.id)", body: draft.payload, rule: draft.rule, target: draft.target,
      code: RefusalCode.loopStopped.rawValue, reason: summary, exhausted: nil, retries: 0, at: now)
  }
}
