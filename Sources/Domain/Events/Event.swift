/// One event on a bus, in EventBridge's envelope.
///
/// Source: AWS, "EventBridge event structure reference"; the specification §1 and §2 for its examples.
public struct Event: Sendable, Hashable {
  public let id: String
  public let source: String
  public let detailType: String
  public let account: String
  public let region: String
  /// When it happened, as its producer says; EventBridge keeps whole seconds.
  public let time: Timestamp
  public let resources: [String]
  /// A JSON object.
  public let detail: JSON

  public init(
    id: String, source: String, detailType: String, account: String, region: String, time: Timestamp,
    resources: [String], detail: JSON
  ) {
    precondition(detail.members != nil, "the detail of an event is an object")
    self.id = id
    self.source = source
    self.detailType = detailType
    self.account = account
    self.region = region
    self.time = time
    self.resources = resources
    self.detail = detail
  }

  /// Reads an envelope that carries every field; nil if one is absent or of the wrong type.
  public init?(_ json: JSON) {
    guard let id = json["id"]?.string, let source = json["source"]?.string,
      let detailType = json["detail-type"]?.string, let account = json["account"]?.string,
      let region = json["region"]?.string, let time = json["time"]?.string.flatMap({ Timestamp($0) })
    else { return nil }
    let detail = json["detail"] ?? .object([])
    guard detail.members != nil else { return nil }
    let resources = (json["resources"]?.elements ?? []).compactMap(\.string)
    self.init(
      id: id, source: source, detailType: detailType, account: account, region: region, time: time,
      resources: resources, detail: detail)
  }

  /// The envelope, members in the order of the specification's §1.
  public var json: JSON {
    [
      "version": "0", "id": .string(id), "detail-type": .string(detailType), "source": .string(source),
      "account": .string(account), "time": .string(time.description), "region": .string(region),
      "detail": detail, "resources": JSON(resources),
    ]
  }
}
