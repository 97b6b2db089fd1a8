import Events

/// The constrained texts of EventBridge Scheduler's model; `wire-scheduler-limits.json` holds them against botocore's.
extension TextShape {
  private static let namePattern = "^[0-9a-zA-Z-_.]+$"

  static let scheduleName = TextShape(1...64, pattern: namePattern, accepts: alphabet("-_."))
  static let scheduleText = TextShape(1...256)
  static let scheduleTimezone = TextShape(1...50)
  static let scheduleDescription = TextShape(0...512)
  static let scheduleInput = TextShape(1...Int.max)
  static let scheduleTargetARN = TextShape(1...1_600)
  static let scheduleGroupID = TextShape(1...128)
  static let scheduleDetailType = TextShape(1...128)
  static let scheduleTagValue = TextShape(1...256)
  static let clientToken = TextShape(1...64, pattern: "^[a-zA-Z0-9-_]+$", accepts: alphabet("-_"))
  static let scheduleSource = TextShape(
    1...256,
    pattern: #"^(?=[/\.\-_A-Za-z0-9]+)((?!aws\.).*)|(\$(\.[\w_-]+(\[(\d+|\*)\])*)*)$"#
  ) { text in
    let isPlain = text.utf8.first.map { isAlphanumeric($0) || "/.-_".utf8.contains($0) } ?? false
    return text.hasPrefix("$") || isPlain && !text.hasPrefix("aws.")
  }
  static let scheduleRoleARN = TextShape(
    1...1_600, pattern: #"^arn:aws(-[a-z]+)?:iam::\d{12}:role\/[\w+=,.@\/-]+$"#,
    accepts: arn("iam", isRegional: false, prefixes: ["role/"], alphabet("_+=,.@/-")))
  static let scheduleDeadLetterARN = TextShape(
    1...1_600, pattern: #"^arn:aws(-[a-z]+)?:sqs:[a-z0-9\-]+:\d{12}:[a-zA-Z0-9\-_]+$"#,
    accepts: arn("sqs", prefixes: [""], alphabet("-_")))
  static let scheduleKeyARN = TextShape(
    1...2_048, pattern: #"^arn:aws(-[a-z]+)?:kms:[a-z0-9\-]+:\d{12}:(key|alias)\/[0-9a-zA-Z-_]*$"#,
    accepts: arn("kms", prefixes: ["key/", "alias/"]) { $0.isEmpty || alphabet("-_")($0) })
  static let scheduleGroupARN = TextShape(
    1...1_011,
    pattern: #"^arn:aws(-[a-z]+)?:scheduler:[a-z0-9\-]+:\d{12}:schedule-group\/[0-9a-zA-Z-_.]+$"#,
    accepts: arn("scheduler", prefixes: ["schedule-group/"], alphabet("-_.")))

  /// An ARN of an account whose resource is one of the prefixes and a name.
  private static func arn(
    _ service: String, isRegional: Bool = true, prefixes: [String], _ isName: @escaping @Sendable (String) -> Bool
  ) -> @Sendable (String) -> Bool {
    { text in
      guard let arn = ResourceName(text), arn.service == service, isAccount(arn.account),
        arn.partition == "aws" || arn.partition.hasPrefix("aws-"),
        isRegional ? alphabet("-")(arn.region) : arn.region.isEmpty,
        let prefix = prefixes.first(where: { arn.resource.hasPrefix($0) })
      else { return false }
      return isName(String(arn.resource.dropFirst(prefix.count)))
    }
  }
}
