import Events
import Policies

extension TemplateReader {
  mutating func readQueue(_ id: String, _ properties: JSON) {
    if text(id, properties, "FifoQueue") == "true" {
      notes.append(TemplateNote(.resourceNotKept, id, "AWS::SQS::Queue: every queue here is a standard queue"))
      return
    }
    noteRest(
      id, properties,
      kept: [
        "QueueName", "VisibilityTimeout", "DelaySeconds", "MessageRetentionPeriod", "ReceiveMessageWaitTimeSeconds",
        "RedrivePolicy", "FifoQueue",
      ])
    guard let name = name(id, .queue) else { return }
    do {
      definitions.queues.append(
        try StackQueue(
          name: name, visibilityTimeout: number(id, properties, "VisibilityTimeout") ?? 30,
          delaySeconds: number(id, properties, "DelaySeconds") ?? 0,
          messageRetentionPeriod: number(id, properties, "MessageRetentionPeriod") ?? 345_600,
          receiveWait: number(id, properties, "ReceiveMessageWaitTimeSeconds") ?? 0, redrive: redrive(id, properties)))
    } catch {
      refuse(id, error)
    }
  }

  /// The policy may be an object or the text of one, its count a number or a text.
  private mutating func redrive(_ id: String, _ properties: JSON) -> StackQueue.Redrive? {
    guard var policy = value(id, properties, "RedrivePolicy") else { return nil }
    if let text = policy.string {
      do { policy = try JSON(parsing: text) } catch {
        notes.append(TemplateNote(.queueInvalid, id, "RedrivePolicy", "it is no JSON: \(error.message)"))
        return nil
      }
    }
    let count = policy["maxReceiveCount"].flatMap { $0.int ?? $0.string.flatMap { Int($0) } }
    guard let arn = policy["deadLetterTargetArn"]?.string.flatMap({ ResourceName($0) }), let count else {
      notes.append(
        TemplateNote(.queueInvalid, id, "RedrivePolicy", "it has a deadLetterTargetArn and a maxReceiveCount"))
      return nil
    }
    guard arn.service == "sqs", place.isHere(arn) else {
      notes.append(TemplateNote(.propertyNotKept, id, "RedrivePolicy", "\(arn) is no queue of this place"))
      return nil
    }
    return StackQueue.Redrive(deadLetterQueue: arn.name, maxReceiveCount: count)
  }

  mutating func readQueuePolicy(_ id: String, _ properties: JSON) {
    var kept: [JSON] = []
    let written = StackPolicy.statements(properties["PolicyDocument"] ?? .null)
    for (index, statement) in written.enumerated() {
      let place = "PolicyDocument.Statement.\(index)"
      do {
        guard let resolved = try intrinsics.resolve(statement) else { continue }
        _ = try PolicyDocument(StackPolicy.document([resolved]).text, as: .resource)
        kept.append(resolved)
      } catch let error as Unresolved {
        notes.append(TemplateNote(.valueUnknown, id, place, error.reason))
      } catch let error as PolicyError {
        notes.append(TemplateNote(.propertyNotKept, id, place, error.message))
      } catch {
        notes.append(TemplateNote(.propertyNotKept, id, place, "\(error)"))
      }
    }
    guard let queues = value(id, properties, "Queues")?.elements else { return }
    for queue in queues.compactMap(\.string) {
      let name = ResourceName(queue)?.name ?? queue.split(separator: "/").last.map(String.init) ?? queue
      policies[name, default: []] += kept
    }
  }

  /// A permission of a function that the engine runs itself is kept if it is about rules.
  mutating func readPermission(_ id: String, _ properties: JSON) {
    guard let written = text(id, properties, "FunctionName"),
      let function = ResourceName(FunctionTarget.arn(of: written, place)).flatMap({ FunctionTarget($0) })
    else { return }
    guard place.functions.contains(function.name) else {
      notes.append(
        TemplateNote(.resourceNotKept, id, "AWS::Lambda::Permission: there is no function \(function.name) here"))
      return
    }
    let principal = text(id, properties, "Principal") ?? ""
    guard principal == StackPolicy.events else {
      notes.append(
        TemplateNote(.resourceNotKept, id, "AWS::Lambda::Permission: \(principal) invokes nothing here"))
      return
    }
    let source = text(id, properties, "SourceArn")
    guard source != nil || properties["SourceArn"] == nil else { return }
    let permission = StackPermission(function: function.name, source: source)
    if !definitions.permissions.contains(permission) { definitions.permissions.append(permission) }
  }

  mutating func readFunction(_ id: String) {
    do {
      let kind = intrinsics.kind(of: id) ?? .function
      let name = try intrinsics.name(of: id, kind).name
      if place.functions.contains(name) {
        notes.append(TemplateNote(.functionBuiltIn, id, "\(name) is the engine's own"))
      } else {
        notes.append(
          TemplateNote(.resourceNotKept, id, "\(kind.rawValue): the engine runs only its own functions, not \(name)"))
      }
    } catch {
      notes.append(TemplateNote(.valueUnknown, id, "FunctionName", error.reason))
    }
  }

  mutating func readBus(_ id: String, _ properties: JSON) {
    noteRest(id, properties, kept: ["Name"])
    guard let name = name(id, .bus) else { return }
    do {
      try StackName.check(name, "bus", ".-_", 1...256)
      definitions.buses.append(name)
    } catch {
      refuse(id, error)
    }
  }

  /// The parameter that holds the symbols; any other has nobody here who reads it.
  mutating func readParameter(_ id: String, _ properties: JSON) {
    guard let name = text(id, properties, "Name"), name == place.universeParameter else {
      notes.append(
        TemplateNote(.resourceNotKept, id, "AWS::SSM::Parameter: only \(place.universeParameter) is read here"))
      return
    }
    noteRest(id, properties, kept: ["Name", "Type", "Value", "Description"])
    guard let value = text(id, properties, "Value") else { return }
    definitions.universe = TemplateReader.symbols(value)
  }

  /// The symbols of a parameter: a list by comma, or JSON.
  static func symbols(_ value: String) -> [String] {
    var parts = value.split(separator: ",").map(String.init)
    do {
      if let elements = try JSON(parsing: value).elements { parts = elements.compactMap(\.string) }
    } catch {
      return parts.map(trimmed).filter { !$0.isEmpty }  // It is no JSON, so it is a list by comma.
    }
    return parts.map(trimmed).filter { !$0.isEmpty }
  }

  private static func trimmed(_ text: String) -> String {
    text.split(whereSeparator: \.isWhitespace).joined(separator: " ")
  }
}
