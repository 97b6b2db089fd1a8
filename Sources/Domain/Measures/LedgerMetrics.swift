import Events
import Telemetry

/// A value on its way into a minute of a metric.
public struct Sample: Sendable, Hashable {
  public let metric: MetricID
  public let unit: MetricUnit
  public let value: Double
  public let at: Timestamp

  public init(_ metric: MetricID, _ unit: MetricUnit, _ value: Double, at moment: Timestamp) {
    self.metric = metric
    self.unit = unit
    self.value = value
    at = moment
  }
}

/// The namespaces that are published here (D24).
public enum Namespace {
  public static let events = "AWS/Events"
  public static let lambda = "AWS/Lambda"
  public static let scheduler = "AWS/Scheduler"
  public static let sqs = "AWS/SQS"
  public static let triggers = "Extract/Triggers"
}

/// What a row of the ledger counts as (§6, D24): pure, so that the metrics are a view of the ledger.
public enum LedgerMetrics {
  public static func samples(of entry: LedgerEntry) -> [Sample] {
    guard entry.decision.isTerminal, entry.decision != .changed else { return [] }
    // A schedule is named by its group and its name, which no rule's has: `default/nightly`.
    let names = entry.about.rule?.split(separator: "/") ?? []
    guard names.count == 2 else { return events(entry) + triggers(entry) }
    return scheduler(entry, group: String(names[0])) + triggers(entry)
  }

  /// `AWS/Scheduler`: AWS's names, by group as there: schedules may be too many to be counted one by one.
  ///
  /// What no target took is also a failed invocation of `AWS/Events`, over which the alarm stands.
  private static func scheduler(_ entry: LedgerEntry, group: String) -> [Sample] {
    guard entry.gate != .enabled, entry.gate != .misfire else { return [] }
    let attempts = max(1, entry.facts["attempts"]?.int ?? 1)
    let dropped = entry.decision == .undeliverable ? 1 : 0
    let counts = [
      ("InvocationAttemptCount", attempts), ("TargetErrorCount", attempts - 1 + dropped),
      ("InvocationDroppedCount", dropped),
    ]
    let samples = counts.flatMap { name, count in
      [[], [Dimension("ScheduleGroup", group)]].map { dimensions in
        Sample(MetricID(Namespace.scheduler, name, dimensions), .count, Double(count), at: entry.at)
      }
    }
    return samples + [Sample(MetricID(Namespace.events, "FailedInvocations"), .count, Double(dropped), at: entry.at)]
  }

  /// `AWS/Events`: AWS's names, and the specification's `SuccessfulInvocations` and `MatchedRules`.
  private static func events(_ entry: LedgerEntry) -> [Sample] {
    guard let rule = entry.about.rule else { return [] }
    var counts: [(String, Int)] = []
    if entry.about.slot == nil { counts.append(("MatchedEvents", 1)) }
    // A disabled rule, a skipped or a missed slot invoked nobody.
    if entry.gate != .enabled, entry.gate != .misfire {
      let failed = entry.decision == .undeliverable ? max(1, entry.facts["buried"]?.int ?? 1) : 0
      let taken = entry.facts["delivered"]?.int ?? (failed > 0 ? 0 : 1)
      counts += [
        ("TriggeredRules", 1), ("MatchedRules", 1), ("Invocations", taken + failed), ("FailedInvocations", failed),
        ("SuccessfulInvocations", taken),
      ]
      if failed > 0, entry.code != .noTargets { counts.append(("InvocationsSentToDlq", failed)) }
    }
    return counts.flatMap { name, count in
      [
        Sample(MetricID(Namespace.events, name, ["RuleName": rule]), .count, Double(count), at: entry.at),
        Sample(MetricID(Namespace.events, name), .count, Double(count), at: entry.at),
      ]
    }
  }

  /// `Extract/Triggers`: every decision by type, domain and status; §6's example calls the accepted ones `success`.
  public static func triggers(_ entry: LedgerEntry) -> [Sample] {
    let status = entry.decision == .dispatched ? "success" : entry.decision.rawValue
    func count(_ name: String, _ dimensions: KeyValuePairs<String, String>) -> Sample {
      Sample(MetricID(Namespace.triggers, name, dimensions), .count, 1, at: entry.at)
    }
    var samples = [
      count(
        "TriggerExecution",
        ["TriggerType": entry.about.triggerType, "Domain": entry.about.domain ?? "none", "Status": status]),
      count("Decisions", ["Decision": entry.decision.rawValue]),
      Sample(
        MetricID(Namespace.triggers, "DecisionTime", ["TriggerType": entry.about.triggerType]), .milliseconds,
        Double(max(0, entry.took.milliseconds)), at: entry.at),
    ]
    switch entry.decision {
    case .missed: samples.append(count("MissedFires", ["RuleName": entry.about.rule ?? "none"]))
    case .disabled where entry.about.slot != nil:
      samples.append(count("DisabledFires", ["RuleName": entry.about.rule ?? "none"]))
    case .loopStopped: samples.append(count("LoopStopped", [:]))
    case .rateLimited where entry.about.triggerType == "manual": samples.append(count("ManualThrottled", [:]))
    case .unmatched:
      for (rule, leaf) in nearMisses(entry) {
        samples += [count("NearMisses", ["RuleName": rule]), count("NearMisses", ["RuleName": rule, "Leaf": leaf])]
      }
    case .dispatched, .dryRun, .duplicate, .conflict, .invalid, .rejected, .rateLimited, .breakerOpen, .disabled,
      .skipped, .undeliverable, .deferred, .changed:
      break
    }
    return samples
  }

  /// The rules that the event of an unmatched row missed by a single leaf, with that leaf's path.
  ///
  /// Rows of events that were not looked at name none, so under a flood the metric tells which rules are missed and by
  /// what, and not how often.
  private static func nearMisses(_ entry: LedgerEntry) -> [(rule: String, leaf: String)] {
    (entry.facts["near_misses"]?.elements ?? []).compactMap { miss in
      guard let rule = miss["rule"]?.string, let leaf = miss["failures"]?.elements?.first?["path"]?.string else {
        return nil
      }
      return (rule, dimension(of: leaf))
    }
  }

  /// A path as CloudWatch takes the value of a dimension: printable ASCII, not blank, not too long.
  private static func dimension(of path: String) -> String {
    let text = path.percentEncoded(keeping: "!\"#$&'()*+,/:;<=>?@[\\]^`{|} ")
    return text.allSatisfy { $0 == " " } ? "%20" : String(text.prefix(Dimension.valueLengthMax))
  }
}
