import Events

/// An object that came into being in a bucket (§4, D22).
public struct ObjectCreated: Sendable, Hashable {
  public let bucket: String
  /// Decoded.
  public let key: String
  /// Bytes; nil if the notification does not say.
  public let size: Int?
  public let etag: String?
  /// Orders the notifications of one key, hexadecimal; nil if the notification has none.
  public let sequencer: String?
  public let time: Timestamp

  public init(bucket: String, key: String, size: Int?, etag: String?, sequencer: String?, time: Timestamp) {
    self.bucket = bucket
    self.key = key
    self.size = size
    self.etag = etag
    self.sequencer = sequencer
    self.time = time
  }

  /// Reads an `Object Created` event of a bus; its key is not encoded, its bucket an object or, as in §4, a string.
  ///
  /// nil if bucket or key is absent.
  public init?(_ event: Event) {
    let object = event.detail["object"]
    guard let bucket = event.detail["bucket"]?["name"]?.string ?? event.detail["bucket"]?.string,
      let key = object?["key"]?.string
    else { return nil }
    self.init(
      bucket: bucket, key: key, size: object?["size"]?.int, etag: object?["etag"]?.string,
      sequencer: object?["sequencer"]?.string, time: event.time)
  }

  /// Reads the `Records` of a raw notification: the created objects among them, keys percent-decoded once.
  public static func records(_ json: JSON) -> Result<[ObjectCreated], Refusal> {
    if InputShape.isTestNotification(json) { return .success([]) }
    guard let records = json["Records"]?.elements else {
      return .failure(Refusal(.malformedEvent, field: "Records", "Records is absent or no list"))
    }
    var violations: [Violation] = []
    var objects: [ObjectCreated] = []
    for (index, record) in records.enumerated() {
      guard let name = record["eventName"]?.string, isCreation(name) else { continue }
      if let object = ObjectCreated(record: record) {
        objects.append(object)
      } else {
        violations.append(
          Violation(
            .malformedEvent, field: "Records[\(index)]",
            "Records[\(index)] has no eventTime, bucket name or decodable object key"))
      }
    }
    return Refusal(violations).map { .failure($0) } ?? .success(objects)
  }

  private init?(record: JSON) {
    let object = record["s3"]?["object"]
    guard let bucket = record["s3"]?["bucket"]?["name"]?.string,
      let key = object?["key"]?.string?.percentDecoded,
      let time = record["eventTime"]?.string.flatMap({ Timestamp($0) })
    else { return nil }
    self.init(
      bucket: bucket, key: key, size: object?["size"]?.int, etag: object?["eTag"]?.string,
      sequencer: object?["sequencer"]?.string, time: time)
  }

  /// `ObjectCreated:Put` as S3 writes it, `s3:ObjectCreated:Put` as its configuration does.
  private static func isCreation(_ eventName: String) -> Bool {
    eventName.hasPrefix("ObjectCreated:") || eventName.hasPrefix("s3:ObjectCreated:")
  }
}
