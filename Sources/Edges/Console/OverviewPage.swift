import Events
import Schedules

/// The first page: one look at everything.
struct OverviewPage {
  /// Fires that are listed at most.
  static let firesMax = 8
  /// Scalars of a decision's summary at most; the whole of it is on the decision's own page.
  static let summaryMax = 240

  let status: JSON
  let clock: WallTexts
  let commands: Commands

  var fields: Fields {
    let health = Health(status: status)
    let (heading, tone): (String, Tone) =
      switch health.level {
      case .healthy: ("Healthy", .good)
      case .attention: ("Needs a look", .warn)
      case .failing: ("Failing", .bad)
      }
    let fires = Fire.all(in: status).prefix(Self.firesMax).map(fireRow)
    let decisions = rows("decisions").map(decisionRow)
    let runs = rows("runs").map(runRow)
    let queues = rows("queues").map(queueRow)
    return [
      "title": .text("\(heading) · \(status.word("environment"))"), "heading": .text(heading),
      "tone": .text(tone.rawValue), "sentence": .text(health.sentence),
      "environment": .text(status.word("environment")), "account": .text(status.word("account")),
      "region": .text(status.word("region")),
      "now": status.moment("now").map { .group(clock.fields($0, now: nil)) } ?? .flag(false),
      "zone": .text(clock.zone.name), "has_fires": .flag(!fires.isEmpty), "fires": .rows(Array(fires)),
      "listening": .text(listening), "disabled": .rows(disabledRows),
      "no_schedule": .text(hasSchedule ? "" : scheduleCommand), "never": .flag(hasSchedule && fires.isEmpty),
      "has_decisions": .flag(!decisions.isEmpty), "decisions": .rows(decisions),
      "has_runs": .flag(!runs.isEmpty), "runs": .rows(runs), "put_event": .text(commands.putEvent),
      "has_queues": .flag(!queues.isEmpty), "queues": .rows(queues),
      "create_queue": .text(commands.createQueue(environment: status.word("environment"))),
    ]
  }

  private func rows(_ name: String) -> [JSON] { status[name]?.elements ?? [] }

  private var scheduled: [JSON] { rows("rules").filter { $0["schedule_expression"] != nil } }

  private var hasSchedule: Bool { !scheduled.isEmpty }

  private var scheduleCommand: String {
    commands.putSchedule(
      environment: status.word("environment"), region: status.word("region"), account: status.word("account"))
  }

  /// How many rules wait for events; "" if none does.
  private var listening: String {
    let count = rows("rules").filter { $0["event_pattern"] != nil && $0.word("state") == "ENABLED" }.count
    return count == 0 ? "" : "\(counted(count, "rule")) \(count == 1 ? "listens" : "listen") for events."
  }

  private var disabledRows: [Fields] {
    rows("rules").filter { $0.word("state") == "DISABLED" }.map { rule in
      ["rule": .text(rule.word("name")), "enable": .text(commands.enableRule(rule.word("name")))]
    }
  }

  private func fireRow(_ fire: Fire) -> Fields {
    [
      "at": .group(clock.fields(fire.at, now: status.moment("now"))), "rule": .text(fire.rule),
      "words": .text(fire.words),
    ]
  }

  private func decisionRow(_ entry: JSON) -> Fields {
    let cause = entry.word("cause_id")
    return [
      "at": entry.moment("at").map { .group(clock.fields($0, now: status.moment("now"))) } ?? .flag(false),
      "decision": .text(spoken(entry.word("decision"))), "decision_tone": .text(tone(of: entry)),
      "code": .text(entry.word("code")), "summary": .text(entry.word("summary").cut(to: Self.summaryMax)),
      "cause": .text(cause), "href": .text(ConsoleRequest.path(of: .decision(id: cause)) ?? ""),
    ]
  }

  private func tone(of entry: JSON) -> String { Tone(decision: entry.word("decision")).rawValue }

  private func runRow(_ run: JSON) -> Fields {
    let id = run.word("run_id")
    return [
      "at": run.moment("started_at").map { .group(clock.fields($0, now: status.moment("now"))) } ?? .flag(false),
      "status": .text(spoken(run.word("status"))),
      "status_tone": .text(Tone(status: run.word("status")).rawValue),
      "run": .text(id), "href": .text(ConsoleRequest.path(of: .run(id: id)) ?? ""),
      "table": .text("\(run.word("domain")).\(run.word("table_name"))"), "ds": .text(run.word("ds")),
      "stored": .text("\(run.count("stored")) of \(run["symbols"]?.elements?.count ?? 0)"),
      "failed": .text("\(run.count("failed"))"),
      "took": .text(run["took_ms"]?.int.map { WallTexts.length(Span(milliseconds: Int64($0))) } ?? "–"),
    ]
  }

  private func queueRow(_ queue: JSON) -> Fields {
    let name = queue.word("queue")
    let isHot = Health.isDeadLetterQueue(name) && queue.count("visible") > 0
    return [
      "queue": .text(name), "queue_tone": .text(isHot ? Tone.bad.rawValue : ""),
      "note": .text(Health.isDeadLetterQueue(name) ? "dead letters" : ""),
      "visible": .text("\(queue.count("visible"))"), "in_flight": .text("\(queue.count("in_flight"))"),
      "delayed": .text("\(queue.count("delayed"))"),
    ]
  }
}
