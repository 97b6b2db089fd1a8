import Alarms
import Events
import Foundation
import Measures
import Testing

@Suite struct AlarmTests {
  static let start = Timestamp(seconds: 1_757_455_200)
  static let metric = MetricID("AWS/Events", "FailedInvocations", ["RuleName": "nightly"])

  static func definition(
    evaluations: Int = 3, datapoints: Int? = nil, missing: MissingData = .missing, period: Int = 60
  ) throws -> AlarmDefinition {
    try AlarmDefinition(
      name: "failed", description: "an invocation failed", alarmActions: ["arn:aws:sns:us-east-1:123456789012:ops"],
      subject: .metric(metric, statistic: "Sum", unit: nil), period: period, evaluationPeriods: evaluations,
      datapointsToAlarm: datapoints, threshold: 1, comparison: .greaterOrEqual, missingData: missing,
      tags: ["severity": "P1"])
  }

  private static func rows() throws -> [JSON] {
    let file = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .appending(path: "Vectors/alarm-missing-data.json")
    return try #require(try JSON(parsing: Array(Data(contentsOf: file))).elements)
  }

  @Test func `missing data are treated as the tables of the user guide say`() throws {
    let rows = try AlarmTests.rows()
    #expect(rows.count == 13)
    for row in rows {
      let points = try #require(row["points"]?.string).split(separator: " ").enumerated().map { place, mark in
        AlarmEvaluation.Datapoint(
          at: AlarmTests.start + .minutes(place), value: mark == "X" ? 1 : mark == "0" ? 0 : nil)
      }
      for treatment in MissingData.allCases {
        let wanted = try #require(row[treatment.rawValue]?.string)
        for previous in AlarmState.allCases {
          let alarm = try AlarmTests.definition(datapoints: row["datapoints"]?.int, missing: treatment)
          let look = AlarmEvaluation(alarm, previous: previous, datapoints: points, at: AlarmTests.start)
          let expected = wanted == "RETAIN" ? previous.rawValue : wanted
          #expect(look.state.rawValue == expected, "\(row.text) \(treatment) from \(previous)")
        }
      }
    }
  }

  @Test func `the reason is in CloudWatch's words`() throws {
    var alarm = Alarm(try AlarmTests.definition(evaluations: 1), at: AlarmTests.start)
    let points = [AlarmEvaluation.Datapoint(at: AlarmTests.start, value: 1)]
    let changed = alarm.evaluate(points, at: AlarmTests.start + .minutes(1))
    let transition = try #require(changed)
    #expect(
      transition.alarm.reason
        == "Threshold Crossed: 1 out of the last 1 datapoints [1.0 (09/09/25 22:00:00)] was greater than or equal to the "
        + "threshold (1.0) (minimum 1 datapoint for INSUFFICIENT_DATA -> ALARM transition).")
    #expect(transition.alarm.reasonData?["recentDatapoints"] == [1])
    #expect(alarm.evaluate(points, at: AlarmTests.start + .minutes(2)) == nil, "the same state is no transition")
    #expect(alarm.actions == ["arn:aws:sns:us-east-1:123456789012:ops"])
    alarm.definition.actionsEnabled = false
    #expect(alarm.actions.isEmpty)
  }

  @Test func `a change of state is an event as CloudWatch sends it`() throws {
    var alarm = Alarm(try AlarmTests.definition(evaluations: 1), at: AlarmTests.start)
    let changed = alarm.evaluate([.init(at: AlarmTests.start, value: 2)], at: AlarmTests.start + .minutes(1))
    let transition = try #require(changed)
    let arn = try #require(ResourceName("arn:aws:cloudwatch:us-east-1:123456789012:alarm:failed"))
    let event = transition.event(arn: arn)
    #expect(event.source == "aws.cloudwatch")
    #expect(event.detailType == "CloudWatch Alarm State Change")
    #expect(event.detail["state"]?["value"] == "ALARM")
    #expect(event.detail["state"]?["timestamp"] == "2025-09-09T22:01:00.000+0000")
    #expect(event.detail["previousState"]?["value"] == "INSUFFICIENT_DATA")
    let metric = event.detail["configuration"]?["metrics"]?.elements?.first?["metricStat"]
    #expect(metric?["metric"]?["dimensions"] == ["RuleName": "nightly"])
    #expect(metric?["stat"] == "Sum")
    #expect(transition.event(arn: arn).id == event.id)
    let item = AlarmHistoryItem(transition)
    #expect(item.summary == "Alarm updated from INSUFFICIENT_DATA to ALARM")
  }

  @Test func `an alarm comes back as it was stored`() throws {
    var alarm = Alarm(try AlarmTests.definition(), at: AlarmTests.start)
    _ = alarm.set(.alarm, "by hand", ["a": 1], at: AlarmTests.start + .seconds(5))
    #expect(Alarm(json: alarm.json) == alarm)
    let math = try AlarmDefinition(
      name: "math", description: nil,
      subject: .queries([
        MetricQuery(
          id: "m1", label: nil, returnsData: false,
          source: .metric(AlarmTests.metric, statistic: "Sum", period: 60, unit: .count)),
        MetricQuery(id: "e1", label: "x", returnsData: true, source: .expression("m1 * 2", period: nil)),
      ]), period: 60, evaluationPeriods: 1, threshold: 1, comparison: .less)
    #expect(try AlarmDefinition(json: math.json) == math)
    for lowSamples in LowSamples.allCases {
      alarm.definition.lowSamples = lowSamples
      #expect(Alarm(json: alarm.json) == alarm)
    }
    #expect(Alarm(json: ["state": "OK"]) == nil)
  }

  @Test(
    arguments: [
      (61, 1, nil, "Period must be 10, 20, 30 or a multiple of 60"),
      (60, 0, nil, "EvaluationPeriods must be at least 1"),
      (60, 2, 3, "DatapointsToAlarm must be at least 1 and at most EvaluationPeriods (2)"),
      (
        300, 289, nil,
        "Metrics cannot be checked across more than a day (EvaluationPeriods * Period must be <= 86400)."
      ),
    ] as [(Int, Int, Int?, String)])
  func `a definition that CloudWatch refuses is refused with its reason`(
    _ period: Int, _ evaluations: Int, _ datapoints: Int?, _ message: String
  ) throws {
    #expect(throws: MetricError(.validation, message)) {
      _ = try AlarmTests.definition(evaluations: evaluations, datapoints: datapoints, period: period)
    }
  }

  @Test func `each class names its response time, owner and condition`() {
    #expect(AlarmSeverity.allCases.map(\.responseTime) == ["15 minutes", "1 hour", "4 hours", "1 day"])
    #expect(AlarmSeverity.p0.owner == "on-call engineer")
    #expect(AlarmSeverity.p3.escalation == "a minor issue")
  }
}
