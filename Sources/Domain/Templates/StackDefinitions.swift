import Events
import Patterns
import Rules
import Schedules

/// Everything that moves between an engine and a template: plain values, each one that AWS would take.
public struct StackDefinitions: Sendable, Hashable {
  public var rules: [StackRule]
  public var queues: [StackQueue]
  /// Names.
  public var buckets: [String]
  /// Names of buses beside the default one; each forwards what it takes to it (D29).
  public var buses: [String]
  /// Which rules may use which functions.
  public var permissions: [StackPermission]
  /// Groups of schedules, but the default one.
  public var groups: [StackScheduleGroup]
  public var schedules: [StackSchedule]
  /// The symbols of the environment (D7); nil if nothing is said of them.
  public var universe: [String]?

  public init(
    rules: [StackRule] = [], queues: [StackQueue] = [], buckets: [String] = [], buses: [String] = [],
    permissions: [StackPermission] = [], groups: [StackScheduleGroup] = [], schedules: [StackSchedule] = [],
    universe: [String]? = nil
  ) {
    self.groups = groups
    self.schedules = schedules
    self.rules = rules
    self.queues = queues
    self.buckets = buckets
    self.buses = buses
    self.permissions = permissions
    self.universe = universe
  }
}

/// Why a definition is none that AWS would take.
public struct StackError: Error, Sendable, Hashable {
  public let code: TemplateCode
  public let reason: String

  init(_ code: TemplateCode, _ reason: String) {
    self.code = code
    self.reason = reason
  }
}

/// A rule as a template has it: without the version and the anchor that an engine gives it.
public struct StackRule: Sendable, Hashable {
  /// Characters of a rule's description. Source: EventBridge's service model.
  static let descriptionMax = 512

  public let name: String
  public let description: String?
  public let state: Rule.State
  public let pattern: EventPattern?
  public let schedule: ScheduleExpression?
  public let role: String?
  public let targets: [Target]

  /// - Parameter pattern: JSON text.
  public init(
    name: String, description: String?, state: Rule.State, pattern: String?, schedule: String?, role: String? = nil,
    targets: [Target]
  ) throws(StackError) {
    try StackName.check(name, "rule", ".-_", 1...64)
    guard description?.unicodeScalars.count ?? 0 <= StackRule.descriptionMax else {
      throw StackError(.ruleInvalid, "its description is longer than \(StackRule.descriptionMax) characters")
    }
    guard pattern?.unicodeScalars.count ?? 0 <= PatternLimits.sizeMax else {
      throw StackError(.ruleInvalid, "its pattern is longer than \(PatternLimits.sizeMax) characters")
    }
    guard pattern != nil || schedule != nil else {
      throw StackError(.ruleInvalid, "it has neither a pattern nor a schedule")
    }
    guard targets.count <= Rule.targetsMax else {
      throw StackError(.ruleInvalid, "it has \(targets.count) targets, and a rule has \(Rule.targetsMax) at most")
    }
    guard Set(targets.map(\.id)).count == targets.count else {
      throw StackError(.ruleInvalid, "two of its targets have the same Id")
    }
    do {
      self.pattern = try pattern.map { text throws(PatternError) in try EventPattern(text) }
    } catch {
      throw StackError(.ruleInvalid, "EventPattern: \(error.reason)")
    }
    do {
      self.schedule = try schedule.map { text throws(ScheduleError) in try ScheduleExpression(text, dialect: .rules) }
    } catch {
      throw StackError(.ruleInvalid, "ScheduleExpression: \(error.reason)")
    }
    self.name = name
    self.description = description
    self.state = state
    self.role = role
    self.targets = targets
  }

  public init(_ rule: Rule) {
    name = rule.name
    description = rule.description
    state = rule.state
    pattern = rule.pattern
    schedule = rule.schedule
    role = rule.role
    targets = rule.targets
  }

  /// The pattern as JSON; nil if it has none.
  var patternJSON: JSON? {
    guard let pattern else { return nil }
    var reader = JSONReader(Array(pattern.text.utf8))
    // A pattern that was taken begins with one JSON value; what follows it is ignored.
    do { return try reader.value() } catch { return .string(pattern.text) }
  }
}

/// A queue; the names of its members are SQS's.
public struct StackQueue: Sendable, Hashable {
  public let name: String
  /// Seconds.
  public let visibilityTimeout: Int
  /// Seconds.
  public let delaySeconds: Int
  /// Seconds.
  public let messageRetentionPeriod: Int
  /// Seconds.
  public let receiveWait: Int
  public let redrive: Redrive?
  /// Statements of its policy, as JSON.
  public var policy: [JSON]

  /// Where a message goes that was received too often.
  public struct Redrive: Sendable, Hashable {
    public let deadLetterQueue: String
    public let maxReceiveCount: Int

    public init(deadLetterQueue: String, maxReceiveCount: Int) {
      self.deadLetterQueue = deadLetterQueue
      self.maxReceiveCount = maxReceiveCount
    }
  }

  /// Source: SQS API, `CreateQueue`: ranges and defaults.
  public init(
    name: String, visibilityTimeout: Int = 30, delaySeconds: Int = 0, messageRetentionPeriod: Int = 345_600,
    receiveWait: Int = 0, redrive: Redrive? = nil, policy: [JSON] = []
  ) throws(StackError) {
    try StackName.check(name, "queue", "-_", 1...80)
    func check(_ property: String, _ value: Int, _ range: ClosedRange<Int>) throws(StackError) {
      guard range.contains(value) else {
        throw StackError(
          .queueInvalid, "\(property) is \(range.lowerBound) to \(range.upperBound), not \(value)")
      }
    }
    try check("VisibilityTimeout", visibilityTimeout, 0...43_200)
    try check("DelaySeconds", delaySeconds, 0...900)
    try check("MessageRetentionPeriod", messageRetentionPeriod, 60...1_209_600)
    try check("ReceiveMessageWaitTimeSeconds", receiveWait, 0...20)
    if let redrive { try check("RedrivePolicy.maxReceiveCount", redrive.maxReceiveCount, 1...1_000) }
    self.name = name
    self.visibilityTimeout = visibilityTimeout
    self.delaySeconds = delaySeconds
    self.messageRetentionPeriod = messageRetentionPeriod
    self.receiveWait = receiveWait
    self.redrive = redrive
    self.policy = policy
  }
}

/// That a rule may invoke a function.
public struct StackPermission: Sendable, Hashable {
  public let function: String
  /// The rule's ARN; nil for every rule.
  public let source: String?

  public init(function: String, source: String?) {
    self.function = function
    self.source = source
  }
}

/// The names that AWS takes.
enum StackName {
  static func check(
    _ name: String, _ noun: String, _ marks: String, _ counts: ClosedRange<Int>
  ) throws(StackError) {
    let isSound = name.utf8.allSatisfy { byte in
      let letter = Character(Unicode.Scalar(byte))
      return byte < 0x80 && (letter.isLetter || letter.isNumber || marks.contains(letter))
    }
    guard counts.contains(name.utf8.count), isSound else {
      throw StackError(
        .nameInvalid,
        "the name of a \(noun) is \(counts.upperBound) letters, digits and \(marks) at most, not \(name.prefix(100))")
    }
  }

  /// Source: S3, "General purpose bucket naming rules".
  static func checkBucket(_ name: String) throws(StackError) {
    try check(name, "bucket", "-.", 3...63)
    let ends = [name.first, name.last].compactMap { $0 }
    guard name == name.lowercased(), ends.allSatisfy({ $0.isLetter || $0.isNumber }), !name.contains("..") else {
      throw StackError(.nameInvalid, "\(name) is no name that S3 takes for a bucket")
    }
  }
}
