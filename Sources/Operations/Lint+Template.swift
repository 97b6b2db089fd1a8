import Alarms
import Engine
import Events
import Templates

extension Lint {
  /// A CloudFormation template: its rules and its alarms, with its parameters at their defaults.
  ///
  /// A value that is known only where it is deployed stands as the template writes it.
  ///
  /// Source: CloudFormation resource types `AWS::Events::Rule`, `AWS::Scheduler::Schedule` and
  /// `AWS::CloudWatch::Alarm`.
  public init(template: JSON, at now: Timestamp, zones: any Zones) {
    var rules: [RuleDraft] = []
    var schedules: [ScheduleDraft] = []
    var alarms: [AlarmDraft] = []
    let settled = TemplateReader.settled(template)
    for resource in settled["Resources"]?.members ?? [] {
      let properties = resource.value["Properties"] ?? .object([])
      switch resource.value["Type"]?.string {
      case "AWS::Events::Rule": rules += [RuleDraft(template: properties, resource.key)].compactMap { $0 }
      case "AWS::CloudWatch::Alarm": alarms += [AlarmDraft(template: properties, resource.key)].compactMap { $0 }
      case "AWS::Scheduler::Schedule":
        schedules += [ScheduleDraft(template: properties, resource.key)].compactMap { $0 }
      default: continue
      }
    }
    self.init(rules: rules, alarms: alarms, at: now, schedules: schedules, zones: zones)
  }

  /// A value as text: itself, or what its function is given.
  static func text(_ json: JSON?) -> String? {
    guard let json else { return nil }
    if let text = json.string { return text }
    if let member = json.members?.first {
      return text(member.value) ?? member.value.elements?.compactMap { text($0) }.joined(separator: ".")
    }
    return json.double == nil ? nil : json.text
  }
}

extension Lint.RuleDraft {
  fileprivate init?(template: JSON, _ name: String) {
    guard template["State"]?.string != "DISABLED" else { return nil }
    self.init(
      name: name, pattern: template["EventPattern"], schedule: Lint.text(template["ScheduleExpression"]),
      targets: (template["Targets"]?.elements ?? []).map(Lint.TargetDraft.init(template:)))
  }
}

extension Lint.TargetDraft {
  fileprivate init(template: JSON) {
    let transformer = template["InputTransformer"]
    let paths = (transformer?["InputPathsMap"]?.members ?? []).map { ($0.key, Lint.text($0.value) ?? "") }
    self.init(
      arn: Lint.text(template["Arn"]) ?? "", input: Lint.text(transformer?["InputTemplate"] ?? template["Input"]),
      paths: Dictionary(paths, uniquingKeysWith: { _, last in last }), hasRetryPolicy: template["RetryPolicy"] != nil,
      hasDeadLetters: template["DeadLetterConfig"] != nil)
  }
}

extension Lint.AlarmDraft {
  /// nil if it watches more than one metric.
  fileprivate init?(template: JSON, _ name: String) {
    guard let namespace = Lint.text(template["Namespace"]), let metric = Lint.text(template["MetricName"]),
      let comparison = template["ComparisonOperator"]?.string.flatMap({ AlarmComparison(rawValue: $0) })
    else { return nil }
    self.init(
      name: name, namespace: namespace, metric: metric, statistic: Lint.text(template["Statistic"]) ?? "Average",
      period: template["Period"]?.int ?? 60, threshold: template["Threshold"]?.double ?? 0, comparison: comparison,
      missingData: template["TreatMissingData"]?.string.flatMap { MissingData(rawValue: $0) } ?? .missing)
  }
}

extension Lint.ScheduleDraft {
  /// nil for one without an expression, or of which only the deployment knows it or that is disabled.
  fileprivate init?(template properties: JSON, _ name: String) {
    guard let expression = Lint.text(properties["ScheduleExpression"]), properties["State"]?.string != "DISABLED" else {
      return nil
    }
    self.init(
      name: name, expression: expression, timezone: Lint.text(properties["ScheduleExpressionTimezone"]) ?? "UTC")
  }
}
