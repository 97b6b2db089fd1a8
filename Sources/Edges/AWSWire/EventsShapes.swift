import Events

/// The constrained texts of EventBridge's model; `wire-limits.json` holds them against botocore's.
extension TextShape {
  static let ruleName = TextShape(1...64, pattern: #"[\.\-_A-Za-z0-9]+"#, accepts: alphabet(".-_"))
  static let targetID = TextShape(1...64, pattern: #"[\.\-_A-Za-z0-9]+"#, accepts: alphabet(".-_"))
  static let busName = TextShape(1...256, pattern: #"[/\.\-_A-Za-z0-9]+"#, accepts: alphabet("/.-_"))
  static let busNameOrARN = TextShape(1...1600, pattern: busPattern(#"[/\.\-_A-Za-z0-9]+"#), accepts: isBus("/.-_"))
  static let eventBusName = TextShape(1...1600, pattern: busPattern(#"[\.\-_A-Za-z0-9]+"#), accepts: isBus(".-_"))
  static let scheduleExpression = TextShape(0...256)
  static let eventPattern = TextShape(0...4096)
  static let ruleDescription = TextShape(0...512)
  static let resourceARN = TextShape(1...1600)
  static let tagKey = TextShape(1...128)
  static let tagValue = TextShape(0...256)
  static let nextToken = TextShape(1...2048)
  static let targetInput = TextShape(0...8192)
  static let targetInputPath = TextShape(0...256)
  static let inputTemplate = TextShape(1...8192)
  static let inputPathKey = TextShape(1...256, pattern: #"[A-Za-z0-9\_\-]+"#, accepts: alphabet("_-"))
  static let messageGroupID = TextShape(0...100)
  static let eventResource = TextShape(0...2048)
  static let traceHeader = TextShape(1...500)
  static let endpointID = TextShape(1...50, pattern: #"^[A-Za-z0-9\-]+[\.][A-Za-z0-9\-]+$"#) { text in
    let halves = text.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
    return halves.count == 2 && halves.allSatisfy(alphabet("-"))
  }
  static let anyText = TextShape(0...Int.max)

  private static func busPattern(_ name: String) -> String {
    #"(arn:aws[\w-]*:events:[a-z]+-[a-z]+-[\w-]+:[0-9]{12}:event-bus\/)?"# + name
  }

  private static func isBus(_ marks: String) -> @Sendable (String) -> Bool {
    let isName = alphabet(marks)
    return { text in
      guard text.contains(":") else { return isName(text) }
      guard let arn = ResourceName(text), arn.service == "events", isAccount(arn.account),
        arn.partition.hasPrefix("aws"), arn.region.split(separator: "-").count >= 3
      else { return false }
      let mark = "event-bus/"
      return arn.resource.hasPrefix(mark) && isName(String(arn.resource.dropFirst(mark.count)))
    }
  }
}
