import Alarms
import Deliveries
import Engine
import Events
import Extraction
import Measures
import Operations
import Rules
import SQLiteStore
import Simulation
import SystemPorts
import Telemetry
import Testing

@Suite struct MonitorTests {
  @Test func `a scheduled run is counted once, in AWS's names and in ours`() async throws {
    let room = try await Room()
    try await room.live(minutes: 15)
    let rule = room.names.scheduleRule
    for name in ["Invocations", "TriggeredRules", "MatchedRules", "SuccessfulInvocations"] {
      #expect(try await room.sum(MetricID("AWS/Events", name, ["RuleName": rule])) == 1, "\(name)")
    }
    #expect(try await room.sum(MetricID("AWS/Events", "FailedInvocations", ["RuleName": rule])) == 0)
    let executions = MetricID(
      "Extract/Triggers", "TriggerExecution", ["TriggerType": "schedule", "Domain": "market", "Status": "success"])
    #expect(try await room.sum(executions) == 1)
    let function = ["FunctionName": room.names.orchestrator] as KeyValuePairs
    #expect(try await room.sum(MetricID("AWS/Lambda", "Invocations", function)) == 1)
    #expect(try await room.sum(MetricID("AWS/Lambda", "Errors", function)) == 0)
    #expect(try await room.sum(MetricID("AWS/Lambda", "Invocations", ["FunctionName": room.names.worker])) == 1)
    #expect(try await room.sum(MetricID("Extract/Triggers", "SourceRequests", ["Source": "yahoo_finance"])) == 3)
    let queue = ["QueueName": room.names.workQueue] as KeyValuePairs
    #expect(try await room.sum(MetricID("AWS/SQS", "NumberOfMessagesSent", queue)) == 1)
    #expect(try await room.sum(MetricID("AWS/SQS", "NumberOfMessagesReceived", queue)) == 1)
    #expect(try await room.sum(MetricID("AWS/SQS", "NumberOfMessagesDeleted", queue)) == 1)
    let names = Set(try await room.room.reader.list(namespace: nil, name: nil).map(\.metric.namespace))
    #expect(names == ["AWS/Events", "AWS/Lambda", "AWS/SQS", "Extract/Triggers"])
  }

  @Test func `an event that misses a rule by a leaf is counted under that rule and that leaf`() async throws {
    let room = try await Room()
    let veto = Event(
      id: "e", source: "transform.pipeline", detailType: "Processing Complete", account: "123456789012",
      region: "us-east-1", time: Room.start, resources: [], detail: ["trigger_reingestion": false])
    _ = try await room.engine.publisher.publish([veto])
    try await room.live(minutes: 1)
    let rule = room.names.transformPipelineRule
    let metric = MetricID(
      "Extract/Triggers", "NearMisses", ["RuleName": rule, "Leaf": "detail.trigger_reingestion"])
    #expect(try await room.sum(metric) == 1)
    #expect(try await room.sum(MetricID("Extract/Triggers", "NearMisses", ["RuleName": rule])) == 1)
    #expect(MetricCatalogue.ofServer["Extract/Triggers"]?.contains("NearMisses") == true)
  }

  @Test(arguments: [("a.b", "a.b"), ("", "%20"), (" ", "%20"), ("가", "%EA%B0%80"), ("100%", "100%25")])
  func `a leaf's path is made such that CloudWatch takes it as a dimension`(_ path: String, _ value: String) throws {
    let facts: JSON = ["near_misses": [["rule": "r", "failures": [["path": .string(path)]]]]]
    let row = LedgerEntry(
      causeID: "e", decision: .unmatched, gate: .match, code: .noRuleMatched, summary: "", facts: facts,
      at: Room.start, took: .zero, about: .init(triggerType: "event"))
    let leaves = LedgerMetrics.samples(of: row).filter { $0.metric.name == "NearMisses" }.map(\.metric)
    #expect(leaves.flatMap(\.dimensions).filter { $0.name == "Leaf" }.map(\.value) == [value])
    for metric in leaves { try metric.check() }
  }

  @Test func `a function's log tells of each invocation with its correlation id in every line`() async throws {
    let room = try await Room()
    try await room.live(minutes: 15)
    let group = Recorder.group(ofFunction: room.names.orchestrator)
    let records = try await room.store.records(LogQuery(group: group))
    #expect(records.count >= 3)
    let correlation = JSON.string(Cause.slotID(rule: room.names.scheduleRule, at: Room.start))
    for record in records {
      let line = try JSON(parsing: record.record.message)
      #expect(line["correlation_id"] == correlation, "\(line.text)")
    }
    let types = try records.compactMap { try JSON(parsing: $0.record.message)["type"]?.string }
    #expect(types == ["platform.start", "platform.report"])
    let streams = try await room.store.logStreams(group)
    #expect(streams.map { $0.name.hasPrefix("2025/09/09/[$LATEST]") } == [true])
    let groups = try await room.store.logGroups()
    #expect(groups.allSatisfy { $0.retentionDays == ControlRoom.logDays })
    #expect(groups.map(\.name).contains("/bellcrank/dev/engine"))
  }

  @Test func `a stopped scheduler is noticed: a missed slot, an alarm, an event and a signed webhook`() async throws {
    let room = try await Room()
    try await room.live(minutes: 9)
    #expect(try await room.state("expected-fire-missing") == .ok)
    try await room.live(minutes: 5, engineWorks: false)
    #expect(try await room.state("expected-fire-missing") == .alarm)
    let slot = Cause.slotID(rule: room.names.scheduleRule, at: Room.start)
    #expect(try await room.store.entry(of: slot)?.decision == .missed)
    let event = try #require(
      try await room.store.events(limit: 50).map(\.event).first {
        $0.detailType == "CloudWatch Alarm State Change" && $0.detail["state"]?["value"] == "ALARM"
      })
    #expect(event.detail["alarmName"] == "dev-customer-expected-fire-missing")
    let message = try #require(room.hook.messages.last)
    let body = try JSON(parsing: message.body)
    #expect(body["escalation"]?["severity"] == "P0")
    #expect(body["escalation"]?["response_time"] == "15 minutes")
    let signature = try #require(message.headers["X-Bellcrank-Signature"])
    let seconds = try #require(signature.split(separator: ",").first?.dropFirst(2))
    let expected = HMACSigner().signature(
      of: Array("\(seconds).".utf8) + message.body, secret: Array("s3cret".utf8))
    #expect(signature == "t=\(seconds),v1=\(expected)")
    try await room.live(minutes: 16)
    #expect(try await room.state("expected-fire-missing") == .ok)
  }

  @Test func `a webhook that refuses is told again until it takes the message`() async throws {
    let room = try await Room()
    room.hook.status = 503
    _ = try await room.room.alarms.setState(
      "dev-customer-loop-stopped", .alarm, reason: "by hand", data: nil)
    _ = try await room.room.notifier.sendDue()
    #expect(room.hook.messages.count == 1)
    #expect(try await room.store.documents(.webhook).count == 1)
    room.hook.status = nil
    room.clock.advance(to: room.clock.now() + .minutes(10))
    _ = try await room.room.notifier.sendDue()
    room.hook.status = 200
    room.clock.advance(to: room.clock.now() + .minutes(10))
    _ = try await room.room.notifier.sendDue()
    #expect(room.hook.messages.count == 3)
    #expect(Set(room.hook.messages.map { $0.headers["X-Bellcrank-Delivery"] }).count == 1)
    #expect(try await room.store.documents(.webhook).isEmpty)
  }

  @Test func `a source that throttles and a failed invocation raise their alarms, and they go back`() async throws {
    let room = try await Room()
    room.source.outage = SourceError(.throttled, reason: "429 too many requests")
    try await room.live(minutes: 13)
    #expect(try await room.state("source-throttled-yahoo-finance") == .alarm)
    room.source.outage = nil
    _ = try await room.engine.book.change(
      room.names.opsManualRule, ChangeNote(operation: "PutTargets", who: "test", why: nil)
    ) { old in
      var rule = try #require(old)
      let gone = ResourceName(
        service: "lambda", region: "us-east-1", account: "123456789012", resource: "function:gone")
      rule.targets = [Target(id: "gone", arn: gone, input: .whole, retry: .none, deadLetter: nil)]
      return rule
    }
    _ = try await room.engine.publisher.publish([
      Event(
        id: "e-1", source: "ops.manual", detailType: "Adhoc Ingestion", account: "123456789012", region: "us-east-1",
        time: room.clock.now(), resources: [], detail: [:])
    ])
    try await room.live(minutes: 2)
    #expect(try await room.state("failed-invocations") == .alarm)
    try await room.live(minutes: 16)
    #expect(try await room.state("failed-invocations") == .ok)
    #expect(try await room.state("source-throttled-yahoo-finance") == .ok)
    let history = try await room.room.alarms.history(
      of: "dev-customer-failed-invocations", kind: .stateUpdate, in: .epoch..<room.clock.now().after(60),
      AlarmHistoryPage(limit: 10))
    #expect(
      history.map(\.item.summary) == [
        "Alarm updated from ALARM to OK", "Alarm updated from OK to ALARM",
        "Alarm updated from INSUFFICIENT_DATA to OK",
      ])
  }

  @Test func `an alarm that ignores a percentile of few samples stays where it is`() async throws {
    let room = try await Room()
    let metric = MetricID("App", "slow")
    func put(_ samples: Double, _ lowSamples: LowSamples) async throws -> AlarmState? {
      let alarm = try AlarmDefinition(
        name: "slow-\(Int(samples))-\(lowSamples.rawValue)", description: nil,
        subject: .metric(metric, statistic: "p90", unit: nil), period: 60, evaluationPeriods: 1, threshold: 1,
        comparison: .greater, lowSamples: lowSamples)
      try await room.room.alarms.put(alarm)
      let minute = MetricMinute(
        metric: metric, unit: .count, at: MetricPeriods.start(of: room.clock.now(), period: 60) - .minutes(1))
      try await room.store.add([minute: Rollup(5, count: samples)], saving: [], at: room.clock.now())
      _ = try await room.room.alarms.evaluate()
      return try await room.room.alarms.alarm(alarm.name)?.state
    }
    #expect(try await put(9, .ignore) == .insufficientData)
    #expect(try await put(9, .evaluate) == .alarm)
    // 18 samples were there; a p90 needs 100.
    #expect(try await put(82, .ignore) == .alarm)
  }

  @Test func `minutes that are old are folded, and their sums stay`() async throws {
    let room = try await Room()
    let metric = MetricID("App", "x")
    let minutes = (0..<10).map { MetricMinute(metric: metric, unit: .count, at: Room.start + .minutes($0)) }
    try await room.store.add(
      Dictionary(minutes.map { ($0, Rollup(1)) }, uniquingKeysWith: { first, _ in first }), saving: [], at: Room.start)
    let range = Room.start..<Room.start.after(3_600)
    #expect(try await room.store.rollups(of: metric, unit: .count, in: range).count == 10)
    while try await room.store.foldMetrics(at: Room.start + .days(16)) > 0 {}
    let folded = try await room.store.rollups(of: metric, unit: nil, in: range)
    #expect(folded.map(\.rollup.sum) == [5, 5])
    while try await room.store.foldMetrics(at: Room.start + .days(500)) > 0 {}
    #expect(try await room.store.rollups(of: metric, unit: nil, in: range).isEmpty)
    #expect(try await room.store.metrics(namespace: "App", name: nil).isEmpty)
  }

  @Test func `alarms that a user deleted stay deleted, and those of a user stay as they are`() async throws {
    let room = try await Room()
    let count = try await room.room.alarms.alarms().count
    #expect(count == 13)
    #expect(try await room.room.alarms.delete(["dev-customer-loop-stopped"]) == [])
    #expect(try await room.room.alarms.delete(["dev-customer-breaker-open", "nobody"]) == ["nobody"])
    _ = try await ControlRoom(
      room.engine, room.room.recorder, room.store, room.hook, HMACSigner(), room.room.permissions, room.machine,
      nil, webhooks: [])
    #expect(try await room.room.alarms.alarms().count == count - 2)
    for alarm in try await room.room.alarms.alarms() { #expect(alarm.definition.severity != nil) }
    for board in try await room.store.documents(.dashboard) {
      let body = try #require(board.json["body"]?.string)
      #expect(Dashboard.complaints(about: body).isEmpty, "\(board.name)")
    }
    #expect(try await room.store.documents(.dashboard).count == 5)
  }
}
