import ClockPorts
import AWSClients
import AWSModel
import AWSPorts
import CryptoPorts
import Engine
import Events
import Simulation
import Synchronization
import Testing

extension Side {
  /// The ports on AWS, on ministack: another's idea of DynamoDB, S3, SSM and EventBridge, over HTTP.
  static let ministack = Side(name: "AWS, ministack") { settings, body in
    let settings = try settings ?? Sample.settings()
    let clock = ShownClock(Sample.start, pausesForReal: true)
    let api = try await MinistackAPI(Ministack.running(), settings, clock)
    try await body(Post(OpenedAWS(settings, api, clock, SystemEntropy())) { api.published })
  }
}

/// Calls of one test: the resources have names of their own on the ministack that all tests share.
///
/// SQS's calls go to the model, for the contracts play with time, and ministack's queues have their own clock; what SQS
/// does in real time is `SQSContract`'s.
final class MinistackAPI: AWSAPI {
  private let ministack: Ministack
  private let model: ModelCloud
  private let names: [String: String]
  private let accepted = Mutex<[JSON]>([])

  init(_ ministack: Ministack, _ settings: Settings, _ clock: ShownClock) async throws {
    self.ministack = ministack
    model = ModelCloud(
      clock: clock, entropy: SeededEntropy(seed: 1), digests: CryptoDigests(),
      layout: CloudLayout(settings))
    let names = EnvironmentNames(settings)
    self.names = Dictionary(
      uniqueKeysWithValues: [names.controlTable, names.rawBucket, names.universeParameter].map {
        ($0, ministack.unique($0))
      })
    _ = try await call(.dynamoDB, "CreateTable", MinistackAPI.table(names.controlTable))
    try await ministack.createBucket(name(names.rawBucket))
  }

  /// The details of the events that the bus took, in order.
  var published: [JSON] { accepted.withLock { $0 } }
}

extension MinistackAPI {
  func call(_ service: AWSService, _ operation: String, _ input: JSON) async throws(AWSError) -> JSON {
    if service == .sqs { return try await model.call(service, operation, input) }
    let answer = MinistackAPI.renamed(
      try await ministack.client.call(service, operation, MinistackAPI.renamed(input, names)), back)
    if operation == "PutEvents" { try accept(input, answer) }
    return answer
  }

  func put(_ object: ObjectDraft) async throws(AWSError) {
    try await ministack.client.put(
      ObjectDraft(
        bucket: name(object.bucket), key: object.key, body: object.body, contentType: object.contentType,
        metadata: object.metadata, onlyIfAbsent: object.onlyIfAbsent))
  }

  func head(bucket: String, key: String) async throws(AWSError) -> ObjectHead? {
    try await ministack.client.head(bucket: name(bucket), key: key)
  }

  private func name(_ shared: String) -> String { names[shared] ?? shared }

  private var back: [String: String] { Dictionary(uniqueKeysWithValues: names.map { ($1, $0) }) }

  /// The same with each name and each text that the table has replaced: tables stand as values and as members' names.
  private static func renamed(_ json: JSON, _ names: [String: String]) -> JSON {
    if let text = json.string { return .string(names[text] ?? text) }
    if let elements = json.elements { return .array(elements.map { renamed($0, names) }) }
    guard let members = json.members else { return json }
    return .object(members.map { JSON.Member(names[$0.key] ?? $0.key, renamed($0.value, names)) })
  }

  private func accept(_ input: JSON, _ answer: JSON) throws(AWSError) {
    for (entry, result) in zip(input["Entries"]?.elements ?? [], answer["Entries"]?.elements ?? [])
    where result["EventId"] != nil {
      do {
        let detail = try JSON(parsing: entry["Detail"]?.string ?? "")
        accepted.withLock { $0.append(detail) }
      } catch {
        throw AWSError(code: "MalformedDetail", message: error.message, status: 400, isDoubtful: false)
      }
    }
  }

  private static func table(_ name: String) -> JSON {
    func attribute(_ name: String) -> JSON { ["AttributeName": .string(name), "AttributeType": "S"] }
    func keys(_ hash: String, _ range: String) -> JSON {
      [
        ["AttributeName": .string(hash), "KeyType": "HASH"], ["AttributeName": .string(range), "KeyType": "RANGE"],
      ]
    }
    return [
      "TableName": .string(name), "BillingMode": "PAY_PER_REQUEST",
      "AttributeDefinitions": .array(["id", "place", "day", "at"].map(attribute)), "KeySchema": keys("id", "place"),
      "GlobalSecondaryIndexes": [
        ["IndexName": "by-day", "KeySchema": keys("day", "at"), "Projection": ["ProjectionType": "ALL"]]
      ],
    ]
  }
}
