import Events

/// A behaviour of the embedded engine that AWS cannot keep, and what stands in for it.
///
/// Everything else is held to one suite of contracts on both runtimes (`Tests/PortContracts`). Raw values stand in answers
/// and scripts, so they are never renamed.
public enum RuntimeDifference: String, Sendable, Hashable, CaseIterable {
  case messagesAfterDecision = "MESSAGES_AFTER_DECISION"
  case messagesTwice = "MESSAGES_TWICE"
  case noPriorities = "NO_PRIORITIES"
  case receivesCounted = "RECEIVES_COUNTED"
  case longDelays = "LONG_DELAYS"
  case waitersByTheMinute = "WAITERS_BY_THE_MINUTE"
  case lostChunksBySilence = "LOST_CHUNKS_BY_SILENCE"
  case noChain = "NO_CHAIN"
  case decisionsBehind = "DECISIONS_BEHIND"
  case eventsUnseen = "EVENTS_UNSEEN"
  case slotsUnseen = "SLOTS_UNSEEN"
  case slotsBySelfDescription = "SLOTS_BY_SELF_DESCRIPTION"
  case lettersAsGiven = "LETTERS_AS_GIVEN"
  case lineageBroken = "LINEAGE_BROKEN"
  case objectEventsRenamed = "OBJECT_EVENTS_RENAMED"
  case universeReadOnly = "UNIVERSE_READ_ONLY"
  case limitsInParts = "LIMITS_IN_PARTS"
  case retriesAfterDelivery = "RETRIES_AFTER_DELIVERY"
  case clocksOfMany = "CLOCKS_OF_MANY"
  case noConsole = "NO_CONSOLE"

  /// What the embedded engine does.
  public var embedded: String {
    switch self {
    case .messagesAfterDecision: "a decision and the messages that follow from it are one commit"
    case .messagesTwice: "a queue knows the ids of its messages, so one that is sent twice is there once"
    case .noPriorities: "urgent chunks overtake all others in the work queue (D19)"
    case .receivesCounted: "a chunk that has to wait for the source's budget has its receive taken back"
    case .longDelays: "a message waits for its moment however far it is"
    case .waitersByTheMinute: "causes that wait are asked again within milliseconds of what they wait for"
    case .lostChunksBySilence: "a chunk whose message was purged or deleted is ended within five minutes"
    case .noChain: "rows of the ledger are chained by their hashes, and bellcrank verify proves it"
    case .decisionsBehind: "every row can be read as soon as it is written, by any of its ids, for 400 days"
    case .eventsUnseen: "an event that no rule wants, or a disabled one, has its row with the near misses"
    case .slotsUnseen: "slots that passed while nothing ran have their rows, and the misfire policy decides (D23)"
    case .slotsBySelfDescription: "which slot a body belongs to is told by the engine that delivers it"
    case .lettersAsGiven: "the dead letter of a cause is its original event (D21)"
    case .lineageBroken: "an object's event names the cause of the run that wrote it, so chains stay whole (D14)"
    case .objectEventsRenamed: "a raw notification becomes an event of the source aws.s3"
    case .universeReadOnly: "a change of the universe is applied to the universe itself"
    case .limitsInParts: "a rate limit or a source's budget is one count, however high it is"
    case .retriesAfterDelivery: "a target that fails is tried by the rule's policy, and nobody else tries again"
    case .clocksOfMany: "one process has one clock"
    case .noConsole: "why, why-not, the console and every other view read the engine's own store"
    }
  }

  /// What becomes of it on AWS.
  public var aws: String {
    switch self {
    case .messagesAfterDecision: "DynamoDB and SQS share no transaction: a function may die between the two"
    case .messagesTwice: "standard queues deliver at least once, and take a repeated send for another message"
    case .noPriorities: "SQS has no priorities"
    case .receivesCounted: "SQS cannot take a receive back, and redrives what was received too often"
    case .longDelays: "SQS delays a message by 15 minutes at most"
    case .waitersByTheMinute: "nothing runs between invocations"
    case .lostChunksBySilence: "SQS cannot say whether it still has a message"
    case .noChain: "DynamoDB orders the rows of one key only, so there is no last row to chain to"
    case .decisionsBehind: "the index by day is eventually consistent, and holds no order across functions"
    case .eventsUnseen: "EventBridge tells nobody of events that no rule matched"
    case .slotsUnseen: "EventBridge keeps the schedule; what it does not fire leaves no trace"
    case .slotsBySelfDescription: "the schedule's target hands over a body that says of itself which slot it is"
    case .lettersAsGiven: "no store of events is at hand when a letter is written"
    case .lineageBroken: "S3's events name no cause"
    case .objectEventsRenamed: "PutEvents refuses sources that begin with aws."
    case .universeReadOnly: "the parameter belongs to the stack, and CloudFormation would overwrite it"
    case .limitsInParts: "one item bears about 1,000 writes a second"
    case .retriesAfterDelivery:
      "EventBridge has delivered once Lambda has queued the event; Lambda tries throttles and its own faults for the age "
        + "that is set"
    case .clocksOfMany: "functions run on many machines, whose clocks differ by milliseconds"
    case .noConsole: "there is no server"
    }
  }

  /// What stands in for it there.
  public var standIn: String {
    switch self {
    case .messagesAfterDecision:
      "an outbox in the same transaction; whoever decided sends at once, and the tick sends what is left after 90 seconds"
    case .messagesTwice: "chunks are known by run and number: one that is finished is dropped, its results stay"
    case .noPriorities: "urgent chunks overtake what still waits for its delay; a source's budget orders the rest"
    case .receivesCounted:
      "a copy is sent and the message deleted; attempts are those that the control table has counted"
    case .longDelays: "what is due later stays in the outbox, and the tick sends it in its time (D12)"
    case .waitersByTheMinute: "the tick's rule asks every minute, in the order in which they came"
    case .lostChunksBySilence: "a run that shows no sign of life for 12 hours after its last chunk was due is ended"
    case .noChain:
      "a terminal row is written once, on condition that there is none; the table has point-in-time recovery"
    case .decisionsBehind: "by its cause a row is read consistently; by other ids the last 62 days are searched"
    case .eventsUnseen: "the metric MatchedEvents of each rule; try patterns here first: bellcrank pattern test"
    case .slotsUnseen: "the alarm expected-fire-missing; run a slot by hand with its trigger_time"
    case .slotsBySelfDescription:
      "only an instant of the schedule, of the last 24 hours and not of the future is taken for a slot; anything else is "
        + "a manual run"
    case .lettersAsGiven: "the letter holds what the function was given, which for an event rule is the event"
    case .lineageBroken: "producers pass causation_id and hops on; re-ingestions a day are counted all the same"
    case .objectEventsRenamed: "the source is bellcrank.objects; the object rule wants both"
    case .universeReadOnly:
      "changes are noted in the control table and laid over the parameter, until an operator writes it anew"
    case .limitsInParts:
      "above 100 runs a window or 6,000 requests a minute the count is kept in parts; one may be full before the others"
    case .retriesAfterDelivery:
      "retries 0 and an age of 15 minutes on the function, a dead-letter queue on both, and one decision per cause"
    case .clocksOfMany: "leases are 90 seconds or more, and who wrote a row is told by its owner, not by time"
    case .noConsole: "structured logs, metrics, alarms and the dashboard; rows of the ledger are items of the table"
    }
  }

  /// The contracts that only the embedded engine is held to because of it, by their sentences.
  public var contracts: [String] {
    switch self {
    case .lostChunksBySilence:
      ["chunks whose message is gone are ended as failed, and so is their run; others are left alone"]
    case .noChain: ["every row follows from the row before, whoever writes"]
    case .lettersAsGiven: ["the dead letter of a stopped chain is the original event (D21)"]
    case .messagesAfterDecision, .messagesTwice, .noPriorities, .receivesCounted, .longDelays, .waitersByTheMinute,
      .decisionsBehind, .eventsUnseen, .slotsUnseen, .slotsBySelfDescription, .lineageBroken, .objectEventsRenamed,
      .universeReadOnly, .limitsInParts, .retriesAfterDelivery, .clocksOfMany, .noConsole:
      []
    }
  }

  public var json: JSON {
    [
      "code": .string(rawValue), "embedded": .string(embedded), "aws": .string(aws), "stand_in": .string(standIn),
      "contracts": JSON(contracts),
    ]
  }
}
