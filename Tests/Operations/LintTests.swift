import Alarms
import Engine
import Events
import Operations
import Rules
import SystemPorts
import Testing

@Suite struct LintTests {
  private let now = Room.start

  private func findings(_ resources: JSON) -> [LintCode] {
    Lint(template: ["Resources": resources], at: now, zones: ZoneFiles()).findings().map(\.code)
  }

  private func rule(_ properties: JSON) -> JSON { ["Type": "AWS::Events::Rule", "Properties": properties] }
  private let safe: JSON = [
    "Arn": "arn:aws:lambda:us-east-1:1:function:orchestrator", "DeadLetterConfig": ["Arn": "q"],
  ]

  @Test func `what an environment starts with is clean`() async throws {
    let room = try await Room()
    let alarms = try await room.room.alarms.alarms().map(\.definition)
    #expect(Lint(room.engine.book.bus.rules, alarms, at: now, zones: ZoneFiles()).findings().isEmpty)
  }

  @Test func `two rules that want the same event are told of, with that event`() {
    let wide = rule(["EventPattern": ["source": [["prefix": "shop"]]], "Targets": [safe]])
    let narrow = rule([
      "EventPattern": ["source": ["shop.eu"], "detail": ["n": [["numeric": [">", 5]]]]], "Targets": [safe],
    ])
    #expect(findings(["a": wide, "b": narrow]) == [.rulesOverlap])
    let other = rule(["EventPattern": ["source": ["bank"]], "Targets": [safe]])
    #expect(findings(["a": wide, "b": other]).isEmpty)
  }

  @Test func `a rule that nothing can match is dead`() {
    #expect(findings(["a": rule(["EventPattern": ["detailType": ["x"]], "Targets": [safe]])]) == [.ruleDead])
    #expect(findings(["a": rule(["EventPattern": ["source": []], "Targets": [safe]])]) == [.ruleDead])
    var target = safe
    target.set("RetryPolicy", ["MaximumRetryAttempts": 0])
    let past = rule(["ScheduleExpression": "cron(0 0 1 1 ? 2020)", "Targets": .array([target])])
    #expect(findings(["a": past]) == [.ruleDead])
    #expect(findings(["a": rule(["State": "DISABLED", "EventPattern": ["detailType": ["x"]]])]).isEmpty)
  }

  @Test func `raw objects that start runs are a loop`() {
    let pattern: JSON = ["source": ["aws.s3"], "detail": ["bucket": ["name": ["data-pipeline-raw-dev-1"]]]]
    #expect(findings(["a": rule(["EventPattern": pattern, "Targets": .array([safe])])]) == [.causeLoop])
  }

  @Test(arguments: [
    ("cron(30 20 ? * MON-FRI *)", true), ("cron(0 21 * * ? *)", true), ("cron(30 21 * * ? *)", false),
    ("cron(0 22 * * ? *)", false), ("rate(1 day)", false),
  ])
  func `a close that is early in winter is told of`(schedule: String, isEarly: Bool) {
    var target = safe
    target.set("RetryPolicy", ["MaximumRetryAttempts": 0])
    let found = findings(["a": rule(["ScheduleExpression": .string(schedule), "Targets": .array([target])])])
    #expect(found == (isEarly ? [.marketCloseUTC] : []))
  }

  @Test(arguments: [
    ("cron(0 20 ? * MON-FRI *)", "UTC", [LintCode.marketCloseUTC]),
    ("cron(0 16 ? * MON-FRI *)", "America/New_York", []), ("cron(30 5 ? * TUE-SAT *)", "Asia/Seoul", [.marketCloseUTC]),
    ("cron(0 0 1 1 ? 2020)", "UTC", [.ruleDead]), ("at(2020-01-01T00:00:00)", "UTC", []), ("rate(1 day)", "UTC", []),
    ("cron(0 9 * * ? *)", "Nowhere/Land", [.ruleDead]), ("rate(0 days)", "UTC", [.ruleDead]),
  ])
  func `schedules that never fire, or before a market's close in winter, are told of`(
    expression: String, timezone: String, codes: [LintCode]
  ) {
    let draft = Lint.ScheduleDraft(name: "default/a", expression: expression, timezone: timezone)
    let found = Lint(rules: [], alarms: [], at: now, schedules: [draft], zones: ZoneFiles()).findings()
    #expect(found.map(\.code) == codes)
    #expect(found.allSatisfy { $0.subject == "default/a" })
  }

  @Test func `a market trap says when it is early, and by how much`() {
    let draft = Lint.ScheduleDraft(name: "prod", expression: "cron(0 20 * * ? *)", timezone: "UTC")
    let found = Lint(rules: [], alarms: [], at: now, schedules: [draft], zones: ZoneFiles()).findings()
    #expect(
      found.map(\.sentence) == [
        "20:00 UTC is 16:00 in New York in summer, at the close, and 15:00 in winter, an hour BEFORE the close"
      ])
  }

  @Test func `a schedule without a retry policy, a target without letters and a random key are told of`() {
    let target: JSON = [
      "Arn": "f",
      "InputTransformer": ["InputPathsMap": ["key": "$.id"], "InputTemplate": #"{"correlation_id": <key>}"#],
    ]
    let found = findings(["a": rule(["ScheduleExpression": "rate(1 day)", "Targets": .array([target])])])
    #expect(Set(found) == [.randomIdempotencyKey, .retriesUnasked, .noDeadLetters])
  }

  @Test func `an alarm on nothing, and one that cannot ring, are told of`() {
    func alarm(_ metric: String, _ comparison: String, _ threshold: Double, _ missing: String = "missing") -> JSON {
      [
        "Type": "AWS::CloudWatch::Alarm",
        "Properties": [
          "Namespace": "AWS/Events", "MetricName": .string(metric), "ComparisonOperator": .string(comparison),
          "Threshold": JSON(threshold), "Period": 300, "Statistic": "Sum", "TreatMissingData": .string(missing),
        ],
      ]
    }
    #expect(findings(["a": alarm("SuccessfulInvocations", "LessThanThreshold", 1)]) == [.phantomMetric])
    #expect(findings(["a": alarm("Invocations", "LessThanThreshold", 1, "notBreaching")]) == [.alarmCannotFire])
    #expect(findings(["a": alarm("Invocations", "LessThanThreshold", 0, "breaching")]) == [.alarmCannotFire])
    #expect(findings(["a": alarm("Invocations", "LessThanThreshold", 1, "breaching")]).isEmpty)
    var target = safe
    target.set("RetryPolicy", ["MaximumRetryAttempts": 0])
    let daily = rule(["ScheduleExpression": "rate(1 day)", "Targets": .array([target])])
    let never = alarm("FailedInvocations", "GreaterThanThreshold", 1)
    #expect(findings(["a": never, "b": daily]) == [.alarmCannotFire])
    #expect(findings(["a": alarm("FailedInvocations", "GreaterThanOrEqualToThreshold", 1), "b": daily]).isEmpty)
  }

  @Test func `functions of a template are worked out, and a trigger of a Serverless function is a rule`() {
    let parameters: JSON = ["When": ["Type": "String", "Default": "cron(30 20 ? * MON-FRI *)"]]
    let rule = rule([
      "ScheduleExpression": ["Ref": "When"],
      "Targets": [["Arn": "q", "RetryPolicy": ["MaximumRetryAttempts": 0], "DeadLetterConfig": ["Arn": "l"]]],
    ])
    let plain: JSON = ["Parameters": parameters, "Resources": ["a": rule]]
    #expect(Lint(template: plain, at: now, zones: ZoneFiles()).findings().map(\.code) == [.marketCloseUTC])
    let event: JSON = ["Type": "EventBridgeRule", "Properties": ["Pattern": ["detailType": ["x"]]]]
    let serverless: JSON = [
      "Transform": "AWS::Serverless-2016-10-31",
      "Resources": ["F": ["Type": "AWS::Serverless::Function", "Properties": ["Events": ["E": event]]]],
    ]
    #expect(
      Lint(template: serverless, at: now, zones: ZoneFiles()).findings().map(\.code) == [.ruleDead, .noDeadLetters])
  }

  @Test func `every code has one page, whatever its case`() async throws {
    let room = try await Room()
    let alarms = try await room.room.alarms.alarms().map(\.definition)
    let pages = Explanation.all(alarms)
    #expect(Set(pages.map(\.code)).count == pages.count)
    for page in pages { #expect(Explanation.page(page.code.lowercased(), alarms) == page) }
    #expect(Explanation.page("breaker-open", alarms)?.kind == "alarm")
    #expect(Explanation.page("NO_SUCH_CODE", alarms) == nil)
  }
}
