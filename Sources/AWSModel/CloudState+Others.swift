import AWSPorts
import Engine
import Events

/// An object in a bucket.
struct StoredObject: Sendable {
  let body: [UInt8]
  let head: ObjectHead
  let contentType: String
}

/// A parameter of SSM.
struct StoredParameter: Sendable {
  let value: String
  let version: Int
  let modifiedAt: Timestamp
}

/// An event that a bus has taken.
public struct PublishedEvent: Sendable, Hashable {
  public let id: String
  /// The bus's name, without its ARN.
  public let bus: String
  public let source: String
  public let detailType: String
  public let detail: JSON
  public let resources: [String]
  /// When it was put, or the `Time` it was given.
  public let time: Timestamp
}

extension CloudState {
  static let objectKeyBytesMax = 1_024
  static let metadataBytesMax = 2_048
  static let eventEntriesMax = 10
  static let eventBytesMax = 1_048_576
  /// What a `Time` adds to the size of an entry.
  static let eventTimeBytes = 14

  mutating func put(_ object: ObjectDraft, at now: Timestamp) throws(AWSError) {
    guard let bucket = buckets[object.bucket] else {
      throw .refusal("NoSuchBucket", "The specified bucket does not exist", status: 404)
    }
    guard (1...CloudState.objectKeyBytesMax).contains(object.key.utf8.count) else {
      throw .refusal("KeyTooLongError", "Your key is too long")
    }
    let metadata = object.metadata.reduce(into: [String: String]()) { $0[$1.key.lowercased()] = $1.value }
    guard metadata.reduce(0, { $0 + $1.key.utf8.count + $1.value.utf8.count }) <= CloudState.metadataBytesMax else {
      throw .refusal("MetadataTooLarge", "Your metadata headers exceed the maximum allowed metadata size")
    }
    guard !object.onlyIfAbsent || bucket[object.key] == nil else {
      throw .refusal(
        "PreconditionFailed", "At least one of the pre-conditions you specified did not hold", status: 412)
    }
    let head = ObjectHead(size: object.body.count, etag: digests.md5(object.body), metadata: metadata)
    buckets[object.bucket]?[object.key] = StoredObject(
      body: object.body, head: head, contentType: object.contentType)
  }

  /// One operation of SSM.
  func ssm(_ operation: String, _ input: JSON) throws(AWSError) -> JSON {
    guard operation == "GetParameter" else {
      throw .refusal("UnknownOperationException", "the model has no \(operation)")
    }
    try input.requireKnown(["Name", "WithDecryption"])
    let name = try input.requiredString("Name")
    guard let parameter = parameters[name] else { throw .refusal("ParameterNotFound", "Parameter \(name) not found.") }
    return [
      "Parameter": [
        "Name": .string(name), "Type": "String", "Value": .string(parameter.value), "Version": JSON(parameter.version),
        "LastModifiedDate": JSON(Double(parameter.modifiedAt.milliseconds) / 1_000),
        "ARN": .string("arn:aws:ssm:\(CloudQueue.region):\(CloudQueue.account):parameter\(name)"), "DataType": "text",
      ]
    ]
  }

  /// One operation of EventBridge.
  mutating func events(_ operation: String, _ input: JSON, at now: Timestamp) throws(AWSError) -> JSON {
    guard operation == "PutEvents" else {
      throw .refusal("UnknownOperationException", "the model has no \(operation)")
    }
    try input.requireKnown(["Entries", "EndpointId"])
    let entries = try input.required("Entries").elements ?? []
    guard (1...CloudState.eventEntriesMax).contains(entries.count) else {
      throw .validation(
        "1 validation error detected: Value at 'entries' failed to satisfy constraint: Member must have length "
          + (entries.isEmpty ? "greater than or equal to 1" : "less than or equal to 10"))
    }
    guard entries.reduce(0, { $0 + CloudState.eventBytes($1) }) <= CloudState.eventBytesMax else {
      throw .validation("Total size of the entries in the request is over the limit.")
    }
    var rows: [JSON] = []
    var failures = 0
    for entry in entries {
      do {
        rows.append(["EventId": .string(try publish(entry, at: now))])
      } catch {
        failures += 1
        rows.append(["ErrorCode": .string(error.code), "ErrorMessage": .string(error.message)])
      }
    }
    return ["FailedEntryCount": JSON(failures), "Entries": .array(rows)]
  }

  /// Source: AWS, "Calculating PutEvents event entry size".
  private static func eventBytes(_ entry: JSON) -> Int {
    let texts = ["Source", "DetailType", "Detail"].reduce(0) { $0 + (entry[$1]?.string?.utf8.count ?? 0) }
    let resources = (entry["Resources"]?.elements ?? []).reduce(0) { $0 + ($1.string?.utf8.count ?? 0) }
    return texts + resources + (entry["Time"] == nil ? 0 : eventTimeBytes)
  }

  private mutating func publish(_ entry: JSON, at now: Timestamp) throws(AWSError) -> String {
    try entry.requireKnown([
      "Time", "Source", "Resources", "DetailType", "Detail", "EventBusName", "TraceHeader",
    ])
    var texts: [String] = []
    for name in ["Source", "DetailType", "Detail"] {
      guard let text = entry[name]?.string, !text.isEmpty else {
        throw .refusal(
          "InvalidArgument", "Parameter \(name) is not valid. Reason: \(name) is a required argument.")
      }
      texts.append(text)
    }
    guard texts[0] != "aws", !texts[0].hasPrefix("aws.") else {
      throw .refusal("NotAuthorizedForSourceException", "Not authorized for the source.")
    }
    let detail: JSON
    do {
      detail = try JSON(parsing: texts[2])
    } catch {
      throw .refusal("MalformedDetail", "Detail is malformed.")
    }
    guard detail.members != nil else { throw .refusal("MalformedDetail", "Detail is malformed.") }
    if chance(busFaults.partlyFailed) { throw .refusal("InternalFailure", "simulated: this entry failed") }
    let written = entry["EventBusName"]?.string ?? "default"
    let bus = written.split(separator: "/").last.map(String.init) ?? written
    let id = DerivedID.uuid(random: dice.next(), dice.next())
    // An unknown bus takes events like any other, and nobody hears of them.
    guard buses.contains(bus) else { return id }
    published.append(
      PublishedEvent(
        id: id, bus: bus, source: texts[0], detailType: texts[1], detail: detail,
        resources: entry["Resources"]?.elements?.compactMap(\.string) ?? [],
        time: entry["Time"]?.double.map { Timestamp(milliseconds: Int64(($0 * 1_000).rounded())) } ?? now))
    return id
  }
}
