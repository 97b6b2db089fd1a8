import Events
import Rules

extension TemplateReader {
  mutating func readBucket(_ id: String, _ properties: JSON) {
    noteRest(id, properties, kept: ["BucketName", "NotificationConfiguration"])
    guard let name = name(id, .bucket) else { return }
    do {
      try StackName.checkBucket(name)
      definitions.buckets.append(name)
    } catch {
      refuse(id, error)
      return
    }
    let configuration = properties["NotificationConfiguration"] ?? .object([])
    var number = 0
    for member in configuration.members ?? [] {
      let place = "NotificationConfiguration.\(member.key)"
      let destination: String
      switch member.key {
      case "EventBridgeConfiguration": continue  // Every bucket here tells the bus.
      case "QueueConfigurations": destination = "Queue"
      case "LambdaConfigurations": destination = "Function"
      case "TopicConfigurations": destination = "Topic"
      case let other:
        notes.append(TemplateNote(.propertyNotKept, id, "NotificationConfiguration.\(other)", "it is not read"))
        continue
      }
      for (index, notification) in (member.value.elements ?? []).enumerated() {
        number += 1
        readNotification(id, name, number, notification, destination, "\(place).\(index).")
      }
    }
  }

  /// A notification becomes an object rule: the bus carries what S3 would have sent (D22, D30).
  private mutating func readNotification(
    _ id: String, _ bucket: String, _ number: Int, _ notification: JSON, _ destination: String, _ prefix: String
  ) {
    let event = text(id, notification, "Event", under: prefix) ?? ""
    guard event.hasPrefix("s3:ObjectCreated:") else {
      notes.append(
        TemplateNote(.propertyNotKept, id, prefix + "Event", "\(event): only objects that come into being make events"))
      return
    }
    if event != "s3:ObjectCreated:*" {
      notes.append(
        TemplateNote(.propertyNotKept, id, prefix + "Event", "\(event) is every object that comes into being"))
    }
    let rule = String("\(bucket.prefix(50))-objects-\(number)")
    guard
      let arn = self.destination(
        id, rule: rule, text(id, notification, destination, under: prefix), prefix + destination),
      let key = keyPattern(id, notification, prefix)
    else { return }
    var detail: JSON = ["bucket": ["name": [.string(bucket)]]]
    if let filter = key.filter { detail.set("object", ["key": [filter]]) }
    let pattern: JSON = ["source": ["aws.s3"], "detail-type": ["Object Created"], "detail": detail]
    do {
      add(
        id,
        try StackRule(
          name: rule, description: "Notification of \(bucket)", state: .enabled, pattern: pattern.text, schedule: nil,
          targets: [Target(id: "notification", arn: arn, input: .whole, deadLetter: nil)]))
      letIn(rule: rule, to: arn)
      notes.append(TemplateNote(.notificationAsRule, id, prefix + destination, "the rule \(rule)"))
    } catch {
      refuse(id, error)
    }
  }

  /// The test of the key that the filter's prefix and suffix make; nil, with a note, if they are not known.
  private mutating func keyPattern(_ id: String, _ notification: JSON, _ prefix: String) -> (filter: JSON?, Void)? {
    guard let filter = notification["Filter"] else { return (nil, ()) }
    guard let rules = value(id, filter, "S3Key", under: prefix + "Filter.")?["Rules"]?.elements else { return nil }
    var start = "", end = ""
    for rule in rules {
      let value = rule["Value"].flatMap { Intrinsics.scalar($0) } ?? ""
      switch rule["Name"]?.string?.lowercased() {
      case "prefix": start = value
      case "suffix": end = value
      case let name:
        notes.append(
          TemplateNote(.propertyNotKept, id, prefix + "Filter", "\(name ?? "a rule") is no prefix or suffix"))
      }
    }
    switch (start.isEmpty, end.isEmpty) {
    case (true, true): return (nil, ())
    case (false, true): return (["prefix": .string(start)], ())
    case (true, false): return (["suffix": .string(end)], ())
    case (false, false):
      let escaped = [start, end].map { $0.replacing("\\", with: "\\\\").replacing("*", with: "\\*") }
      return (["wildcard": .string(escaped.joined(separator: "*"))], ())
    }
  }
}
