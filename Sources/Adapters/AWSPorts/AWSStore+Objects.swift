import Engine
import Events
import Ingestion
import Telemetry

extension AWSStore: RawObjects {
  public func putIfAbsent(_ draft: ObjectStore.Draft) async throws(StoreError) -> RawObjectPut {
    var metadata = draft.metadata
    if let run = draft.runID { metadata["run-id"] = run }
    let object = ObjectDraft(
      bucket: draft.bucket, key: draft.key, body: draft.body, contentType: draft.contentType, metadata: metadata,
      onlyIfAbsent: true)
    do {
      try await api.put(object)
      return .stored
    } catch {
      switch error.code {
      case "PreconditionFailed": return try await holder(draft)
      case "NoSuchBucket": return .noBucket
      default: throw ControlTable.storeError(error)
      }
    }
  }

  /// Whose the key is that is taken: this run's own, where an earlier answer was lost.
  private func holder(_ draft: ObjectStore.Draft) async throws(StoreError) -> RawObjectPut {
    do throws(AWSError) {
      guard let head = try await api.head(bucket: draft.bucket, key: draft.key) else {
        throw AWSError(code: "NoSuchKey", message: "the key is free again", status: 0, isDoubtful: true)
      }
      return .exists(runID: head.metadata["run-id"], size: head.size)
    } catch {
      throw ControlTable.storeError(error)
    }
  }
}

/// Raw notifications of S3 as events on the account's bus; `PutEvents` refuses the source `aws.s3`, so ours is another (D22).
extension AWSStore: ObjectNotifier {
  /// The source of the events of notified objects; the object rule wants both.
  public static let objectSource = "bellcrank.objects"
  /// Entries of one `PutEvents`.
  public static let eventsMax = 10

  public func notify(_ objects: [ObjectCreated], of cause: Cause) async throws(StoreError) -> LedgerEntry {
    if let row = try await entry(of: cause.id) { return row }
    let now = clock.now()
    let notices = objects.map { object in
      let event = ObjectEvents.created(object, settings.names)
      return ObjectNotice(
        bucket: object.bucket, key: object.key, sequencer: ObjectEvents.sequencer(of: object),
        event: RoutedEvent(
          event: event, hops: cause.hops, parentID: cause.parentID, receivedAt: now, deliveries: [], rows: []))
    }
    // An older notification than one that was taken is stale; the same one again is put again, for it may not have been.
    var fresh: [ObjectNotice] = []
    for notice in notices where try await isNews(notice, of: cause) { fresh.append(notice) }
    for start in stride(from: 0, to: fresh.count, by: AWSStore.eventsMax) {
      try await put(fresh[start..<min(start + AWSStore.eventsMax, fresh.count)].map(\.event.event))
    }
    let row = NoticeReport.entry(cause, notices, fresh: fresh, at: now)
    if try await close(row, deadLetter: nil) { return row }
    return try await entry(of: cause.id) ?? row
  }

  /// How long whoever moved a sequencer on is believed to be publishing.
  public static let publishTime = Span.seconds(3)

  /// Moves the key's sequencer on. True also for the one that it has come to by a cause that has not decided in time: that
  /// failed before it published, and twice is better than never. While it may be at it, this waits.
  private func isNews(_ notice: ObjectNotice, of cause: Cause) async throws(StoreError) -> Bool {
    let key = Key.sequencer(notice.bucket, notice.key)
    return try await contended("the sequencer of \(notice.key)") { () async throws(StoreError) -> Bool? in
      let item = try await table.get(key)
      if let last = item?.text("sequencer"), !ObjectEvents.isLater(notice.sequencer, than: last) {
        guard last == notice.sequencer, let taker = item?.text("cause_id") else { return false }
        if taker == cause.id { return true }
        if try await table.get(.decision(taker)) != nil { return false }
        let since = Timestamp(milliseconds: item?.number("taken_ms") ?? 0)
        return clock.now() - since < AWSStore.publishTime ? nil : true
      }
      let moved = Item(
        key,
        [
          "sequencer": .text(notice.sequencer), "cause_id": .text(cause.id), "v": version(),
          "taken_ms": .number(clock.now().milliseconds),
          "expires_at": .number((clock.now() + .days(settings.retention.days)).seconds),
        ])
      return try await table.write(.put(moved, .unchanged(item))) == .done ? true : nil
    }
  }

  private func put(_ events: [Event]) async throws(StoreError) {
    var left = events
    for attempt in 0..<AWSStore.sendAttemptsMax where !left.isEmpty {
      let entries = left.map { event -> JSON in
        [
          "Source": .string(AWSStore.objectSource), "DetailType": .string(event.detailType),
          "Detail": .string(event.detail.text), "Resources": JSON(event.resources),
          "Time": JSON(Int(event.time.seconds)),
        ]
      }
      let answer: JSON
      do {
        answer = try await api.call(.eventBridge, "PutEvents", ["Entries": .array(entries)])
      } catch {
        throw ControlTable.storeError(error)
      }
      let results = answer["Entries"]?.elements ?? []
      left = zip(left, results).compactMap { $1["ErrorCode"]?.string == nil ? nil : $0 }
      if let code = results.compactMap({ $0["ErrorCode"]?.string }).first(where: { $0.hasPrefix("NotAuthorized") }) {
        throw StoreError(.refused, "PutEvents: \(code)")
      }
      if !left.isEmpty { try await pause(attempt) }
    }
    guard left.isEmpty else { throw StoreError(.unavailable, "PutEvents did not take \(left.count) events") }
  }
}
