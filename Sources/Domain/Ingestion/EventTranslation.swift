import Events

/// What an event of a bus asks of the orchestrator (§2, D3–D5).
public enum EventTranslation: Sendable, Hashable {
  /// A run. The body is read as any request, its trigger type is `event`.
  case request(body: JSON)
  /// A run that the pipeline asks for because of a run before it: bounded per day (D14).
  case reingestion(body: JSON)
  /// A change of the universe, and the run of the added symbols that goes with it, if one was asked for.
  case universe(UniverseChange, then: JSON?)
  /// The environment's defaults, as on any schedule slot; the event's time is the slot.
  case scheduled
  case objects([ObjectCreated])
  /// An event of ours that cannot be read.
  case refused(Refusal)
  case notOurs(reason: String)

  /// The sources of "Processing Complete": the example's and the table's (D3).
  public static let pipelineSources: Set = ["transform.pipeline", "extract.pipeline"]

  /// What the event asks for, by its source and detail type.
  public static func of(_ event: Event) -> EventTranslation {
    switch (event.source, event.detailType) {
    case (let source, "Processing Complete") where pipelineSources.contains(source):
      processingComplete(event.detail)
    case ("symbol.universe", "Universe Updated"):
      universeUpdated(event)
    case ("market.events", "Market Close"):
      .request(body: body(["symbols"], of: event.detail))
    case ("ops.manual", "Adhoc Ingestion"):
      .request(body: event.detail)
    case ("aws.events", "Scheduled Event"), ("aws.scheduler", "Scheduled Event"):
      .scheduled
    case ("aws.s3", "Object Created"), ("bellcrank.objects", "Object Created"):
      ObjectCreated(event).map { .objects([$0]) }
        ?? .refused(Refusal(.malformedEvent, field: "detail", "detail names no bucket or no object key"))
    case (let source, let detailType):
      .notOurs(reason: "no ingestion is defined for \(detailType) from \(source)")
    }
  }

  private static func processingComplete(_ detail: JSON) -> EventTranslation {
    // The rule's pattern says so already; a rule that was changed must not start a loop.
    guard detail["trigger_reingestion"]?.bool == true else {
      return .notOurs(reason: "trigger_reingestion is not true")
    }
    var body = body(["domain", "table_name", "symbols", "reason"], of: detail)
    if let partition = detail["partition"] {
      body.set("ds", partition.string.flatMap { date(inPartition: $0) }.map { .string($0) } ?? partition)
    }
    return .reingestion(body: body)
  }

  private static func universeUpdated(_ event: Event) -> EventTranslation {
    switch UniverseChange.read(event) {
    case .failure(let refusal):
      return .refused(refusal)
    case .success(let change):
      guard event.detail["immediate_ingestion"]?.bool == true, !change.added.isEmpty else {
        return .universe(change, then: nil)
      }
      var body = body(["reason"], of: event.detail)
      body.set("symbols", JSON(change.added))
      // They are not in the universe before their effective date, and are to be ingested all the same.
      body.set("force_symbols", true)
      return .universe(change, then: body)
    }
  }

  /// The members of those names that the detail has, and the chain of causes (D14).
  private static func body(_ names: [String], of detail: JSON) -> JSON {
    .object(
      (names + ["causation_id", "hops"]).compactMap { name in
        detail[name].map { JSON.Member(name, $0) }
      })
  }

  /// `2025-09-09` of `ds=2025-09-09`, also among other partition keys; nil leaves the text to the reader's warning.
  private static func date(inPartition partition: String) -> String? {
    partition.split(separator: "/").first { $0.hasPrefix("ds=") }.map { String($0.dropFirst(3)) }
  }
}
