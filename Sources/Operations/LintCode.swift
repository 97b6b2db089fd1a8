/// What can be wrong with configuration, rules or a stack before anything has happened.
///
/// Raw values stand in answers and in scripts, so they are never renamed.
public enum LintCode: String, Sendable, Hashable, CaseIterable {
  case rulesOverlap = "RULES_OVERLAP"
  case ruleDead = "RULE_DEAD"
  case leafDead = "LEAF_DEAD"
  case leafUnseen = "LEAF_UNSEEN"
  case patternCostly = "PATTERN_COSTLY"
  case causeLoop = "CAUSE_LOOP"
  case phantomMetric = "PHANTOM_METRIC"
  case alarmCannotFire = "ALARM_CANNOT_FIRE"
  case randomIdempotencyKey = "RANDOM_IDEMPOTENCY_KEY"
  case retriesUnasked = "RETRIES_UNASKED"
  case marketCloseUTC = "MARKET_CLOSE_UTC"
  case noDeadLetters = "NO_DEAD_LETTERS"

  /// What it is, in one sentence.
  public var meaning: String {
    switch self {
    case .rulesOverlap: "two enabled rules send the same event to the same target, so it is asked twice"
    case .ruleDead: "no event and no moment can ever match the rule"
    case .leafDead: "the rule can match, but a value or a branch of its pattern never does"
    case .leafUnseen: "of the recorded events that the rule means, none ever had what its pattern asks for"
    case .patternCostly:
      "the pattern asks for more than it needs; written shorter it matches the same events and costs less"
    case .causeLoop: "the rule wants what its own target brings about, so one cause starts the next for ever"
    case .phantomMetric: "the alarm watches a metric that nobody publishes"
    case .alarmCannotFire: "no value that the metric can have makes the alarm ring"
    case .randomIdempotencyKey: "the key of the request is new each time, so it can never recognise a duplicate"
    case .retriesUnasked: "the target has no retry policy, so a failed start is tried 185 times within a day"
    case .marketCloseUTC: "since a clock is changed, the schedule fires before a market's close in one half of the year"
    case .noDeadLetters: "the target has no dead-letter queue, so what it does not take is lost"
    }
  }

  /// What to do about it.
  public var remedy: String {
    switch self {
    case .rulesOverlap: "narrow one of the patterns, or give both to one rule: aws events put-rule"
    case .ruleDead: "try the pattern on a real event: bellcrank pattern test"
    case .leafDead: "take it out of the pattern, or write what events really have: bellcrank pattern test"
    case .leafUnseen: "look at what came: bellcrank event list --source SOURCE -o json"
    case .patternCostly: "write it as the sentence says: aws events put-rule"
    case .causeLoop: "let the pattern leave out what the target makes, by prefix or by a field of the detail"
    case .phantomMetric: "take a name that aws cloudwatch list-metrics knows"
    case .alarmCannotFire: "set a threshold that the metric can reach: aws cloudwatch put-metric-alarm"
    case .randomIdempotencyKey: "take a key from the content: the slot, the object's ETag, the name of the batch"
    case .retriesUnasked: "say what you want: RetryPolicy={MaximumRetryAttempts=0} for a schedule with a next fire"
    case .marketCloseUTC: "fire later (New York: 21:30 UTC), or on the market's clock: bellcrank schedule next"
    case .noDeadLetters: "add DeadLetterConfig to the target: aws events put-targets"
    }
  }
}
