import Deliveries
import Events
import Rules

/// Reads what a schedule's target is to be given: a templated target, or an operation of an AWS service by its ARN.
///
/// Source: EventBridge Scheduler user guide, "Using templated targets" and "Using universal targets".
public struct ScheduledErrand: Sendable {
  /// How the operations begin that are targets by their ARN.
  public static let universalPrefix = "arn:aws:scheduler:::aws-sdk:"
  /// What may be a target, in one sentence.
  public static let served =
    "served are functions, standard queues, event buses, and \(universalPrefix) with lambda:invoke, sqs:sendMessage and "
    + "eventbridge:putEvents"
  /// Bytes of an input. Source: EventBridge Scheduler user guide, "Quotas".
  public static let inputBytesMax = 262_144
  public static let entriesMax = 10
  static let delaySecondsMax = 900

  let target: Target
  let invocation: ScheduleInvocation
  let names: ResourceNames
  let now: Timestamp

  /// Refuses a target that could never be invoked. Whether it is there, and whether it may be used, counts when it is invoked.
  ///
  /// - Throws: `inputNotShaped`, or `targetMissing` for what is not served.
  public static func check(_ target: Target, of schedule: ScheduleName, _ names: ResourceNames) throws(DeliveryError) {
    let sample = ScheduleInvocation(
      schedule: names.schedule(schedule), scheduledTime: .epoch, causeID: schedule.description, attempt: 1)
    _ = try ScheduledErrand(target: target, invocation: sample, names: names, now: .epoch).errand()
  }

  func errand() throws(DeliveryError) -> Errand {
    guard case .scheduled(let input) = target.input else {
      throw DeliveryError(.inputNotShaped, "the target of a schedule has an input of a rule's")
    }
    if let input, input.utf8.count > ScheduledErrand.inputBytesMax {
      throw DeliveryError(.inputNotShaped, "Input has more than \(ScheduledErrand.inputBytesMax) bytes")
    }
    switch (target.arn.service, target.arn.resource) {
    case ("sqs", let name) where !name.hasSuffix(".fifo"):
      return .message(queue: target.arn, body: invocation.body(input), attributes: [:], delay: .zero)
    case ("lambda", let name) where name.hasPrefix("function:"):
      let payload = invocation.body(input)
      _ = try json(payload, "Input")
      return .invocation(function: function(target.arn), payload: payload, isDry: false)
    case ("events", let name) where name.hasPrefix("event-bus/"):
      return .events([(target.arn, try event(input))])
    case ("scheduler", "aws-sdk:lambda:invoke"): return try invoke(try members(input))
    case ("scheduler", "aws-sdk:sqs:sendMessage"): return try sendMessage(try members(input))
    case ("scheduler", "aws-sdk:eventbridge:putEvents"): return try putEvents(try members(input))
    case (_, _):
      throw DeliveryError(.targetMissing, "\(target.arn) is not served: \(ScheduledErrand.served)")
    }
  }

  // MARK: Templated targets

  private func event(_ input: String?) throws(DeliveryError) -> Event {
    guard case .event(let detailType, let source)? = target.parameters else {
      throw DeliveryError(.inputNotShaped, "an event bus needs EventBridgeParameters, with DetailType and Source")
    }
    let detail = try json(input.map(invocation.filled) ?? "{}", "Input")
    guard detail.members != nil else {
      throw DeliveryError(
        .inputNotShaped, "the Input for an event bus is the event's detail, so it must be a JSON object")
    }
    return event(0, source: source, detailType: detailType, detail: detail, resources: [], at: now)
  }

  private func event(
    _ index: Int, source: String, detailType: String, detail: JSON, resources: [String], at time: Timestamp
  ) -> Event {
    Event(
      id: DerivedID.uuid(of: "event \(index) of execution \(invocation.executionID) of \(invocation.schedule)"),
      source: source, detailType: detailType, account: names.account, region: names.region, time: time.wholeSecond,
      resources: resources, detail: detail)
  }

  // MARK: Universal targets

  private func invoke(_ members: JSON) throws(DeliveryError) -> Errand {
    try refuse(members, except: ["FunctionName", "InvocationType", "Payload", "LogType", "Qualifier"])
    let kind = try text(members, "InvocationType") ?? "Event"
    guard ["Event", "RequestResponse", "DryRun"].contains(kind) else {
      throw DeliveryError(.inputNotShaped, "InvocationType is Event, RequestResponse or DryRun, not \(kind)")
    }
    let payload: String
    switch members["Payload"] {
    case nil, .null?: payload = "{}"
    case .string(let text)?: payload = text
    case let value?: payload = value.text
    }
    _ = try json(payload, "Payload")
    guard let name = functionName(try required(members, "FunctionName")) else {
      throw DeliveryError(.inputNotShaped, "FunctionName is a function's name or its ARN")
    }
    return .invocation(function: name, payload: payload, isDry: kind == "DryRun")
  }

  private func sendMessage(_ members: JSON) throws(DeliveryError) -> Errand {
    try refuse(members, except: ["QueueUrl", "MessageBody", "DelaySeconds", "MessageAttributes", "MessageGroupId"])
    let url = try required(members, "QueueUrl").split(separator: "/").map(String.init)
    guard url.count >= 2, let queue = url.last else {
      throw DeliveryError(.inputNotShaped, "QueueUrl is the URL of a queue, which ends in /ACCOUNT/NAME")
    }
    let delay = members["DelaySeconds"] ?? 0
    guard let seconds = delay.int, (0...ScheduledErrand.delaySecondsMax).contains(seconds) else {
      throw DeliveryError(.inputNotShaped, "DelaySeconds is 0 to \(ScheduledErrand.delaySecondsMax)")
    }
    return .message(
      queue: ResourceName(service: "sqs", region: names.region, account: url[url.count - 2], resource: queue),
      body: try required(members, "MessageBody"), attributes: try attributes(members["MessageAttributes"]),
      delay: .seconds(seconds))
  }

  private func attributes(_ json: JSON?) throws(DeliveryError) -> [String: MessageAttribute] {
    guard let json, json != .null else { return [:] }
    guard let members = json.members, members.count <= 10 else {
      throw DeliveryError(.inputNotShaped, "MessageAttributes are at most 10, by name")
    }
    var attributes: [String: MessageAttribute] = [:]
    for member in members {
      let type = try required(member.value, "DataType")
      guard let value = try text(member.value, "StringValue"), ["String", "Number"].contains(type.prefix { $0 != "." })
      else {
        throw DeliveryError(
          .inputNotShaped, "the message attribute \(member.key) needs a StringValue and a DataType of String or Number")
      }
      attributes[member.key] = MessageAttribute(dataType: type, value: .text(value))
    }
    return attributes
  }

  private func putEvents(_ members: JSON) throws(DeliveryError) -> Errand {
    try refuse(members, except: ["Entries"])
    guard let entries = members["Entries"]?.elements, (1...ScheduledErrand.entriesMax).contains(entries.count) else {
      throw DeliveryError(.inputNotShaped, "Entries are 1 to \(ScheduledErrand.entriesMax) events")
    }
    var events: [(ResourceName, Event)] = []
    for (index, entry) in entries.enumerated() {
      try refuse(entry, except: ["Source", "DetailType", "Detail", "EventBusName", "Resources", "Time", "TraceHeader"])
      let source = try required(entry, "Source")
      guard !source.hasPrefix("aws.") else {
        throw DeliveryError(.inputNotShaped, "the Source \(source) is AWS's own")
      }
      let detail = try json(try required(entry, "Detail"), "Detail")
      guard detail.members != nil else { throw DeliveryError(.inputNotShaped, "Detail is the text of a JSON object") }
      let bus = try text(entry, "EventBusName") ?? "default"
      let event = event(
        index, source: source, detailType: try required(entry, "DetailType"), detail: detail,
        resources: (entry["Resources"]?.elements ?? []).compactMap(\.string), at: try time(entry["Time"]))
      events.append((ResourceName(bus) ?? names.bus(bus), event))
    }
    return .events(events)
  }

  private func time(_ json: JSON?) throws(DeliveryError) -> Timestamp {
    switch json {
    case nil, .null?: return now
    case let value?:
      if let seconds = value.int, (0...253_402_300_799).contains(seconds) { return Timestamp(seconds: Int64(seconds)) }
      guard let time = value.string.flatMap({ Timestamp($0) }) else {
        throw DeliveryError(.inputNotShaped, "Time is ISO 8601, or seconds since 1970")
      }
      return time
    }
  }

  // MARK: Reading

  private func members(_ input: String?) throws(DeliveryError) -> JSON {
    guard let input else {
      throw DeliveryError(.inputNotShaped, "\(target.arn) needs an Input: the operation's request")
    }
    let json = try json(invocation.filled(input), "Input")
    guard json.members != nil else {
      throw DeliveryError(.inputNotShaped, "the Input of \(target.arn) must be a JSON object: the operation's request")
    }
    return json
  }

  private func json(_ text: String, _ name: String) throws(DeliveryError) -> JSON {
    do { return try JSON(parsing: text) } catch {
      throw DeliveryError(.inputNotShaped, "\(name) is not well-formed JSON: \(error.message)")
    }
  }

  private func text(_ json: JSON, _ name: String) throws(DeliveryError) -> String? {
    guard let value = json[name], value != .null else { return nil }
    guard let text = value.string else { throw DeliveryError(.inputNotShaped, "\(name) must be a text") }
    return text
  }

  private func required(_ json: JSON, _ name: String) throws(DeliveryError) -> String {
    guard let text = try text(json, name), !text.isEmpty else {
      throw DeliveryError(.inputNotShaped, "\(name) is needed")
    }
    return text
  }

  private func refuse(_ json: JSON, except known: Set<String>) throws(DeliveryError) {
    guard let strange = (json.members ?? []).first(where: { !known.contains($0.key) }) else { return }
    throw DeliveryError(
      .inputNotShaped, "\(strange.key) is not served; it takes \(known.sorted().joined(separator: ", "))")
  }

  /// The ARN without a version, for there is one.
  private func function(_ arn: ResourceName) -> ResourceName {
    let parts = arn.resource.split(separator: ":").map(String.init)
    guard parts.count == 3, parts[2] == "$LATEST" else { return arn }
    return ResourceName(
      service: arn.service, region: arn.region, account: arn.account, resource: "function:\(parts[1])")
  }

  private func functionName(_ text: String) -> ResourceName? {
    guard text.contains(":") else { return names.function(text) }
    if let arn = ResourceName(text) { return arn.service == "lambda" ? function(arn) : nil }
    let parts = text.split(separator: ":").map(String.init)
    guard parts.count == 3, parts[1] == "function" else { return nil }
    return ResourceName(
      service: "lambda", region: names.region, account: parts[0], resource: "function:\(parts[2])")
  }
}
