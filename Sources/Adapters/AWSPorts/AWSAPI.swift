import Events

/// A service of AWS that the engine's ports stand on; raw values are the signing names of SigV4.
public enum AWSService: String, Sendable, Hashable, CaseIterable {
  case dynamoDB = "dynamodb"
  case eventBridge = "events"
  case s3
  case sqs
  case ssm
}

/// Calls of AWS's API, one answer each. Adapters: `AWSClients.AWSClient` over HTTPS, `AWSModel.ModelCloud` in memory.
///
/// What may be tried again has been by the time a call throws, as AWS's own SDKs do.
public protocol AWSAPI: Sendable {
  /// An operation of a JSON protocol, `("dynamodb", "PutItem", {"TableName": …})`; input and output are those of the
  /// service's own model.
  func call(_ service: AWSService, _ operation: String, _ input: JSON) async throws(AWSError) -> JSON
  /// Stores an object (S3 `PutObject`).
  func put(_ object: ObjectDraft) async throws(AWSError)
  /// An object's metadata (S3 `HeadObject`); nil if there is no such key.
  func head(bucket: String, key: String) async throws(AWSError) -> ObjectHead?
}

/// An object on its way into a bucket.
public struct ObjectDraft: Sendable, Hashable {
  public let bucket: String
  /// Not encoded.
  public let key: String
  public let body: [UInt8]
  public let contentType: String
  /// `x-amz-meta-*`, without the prefix.
  public let metadata: [String: String]
  /// `If-None-Match: *`: a key that is taken throws `PreconditionFailed`.
  public let onlyIfAbsent: Bool

  public init(
    bucket: String, key: String, body: [UInt8], contentType: String, metadata: [String: String], onlyIfAbsent: Bool
  ) {
    self.bucket = bucket
    self.key = key
    self.body = body
    self.contentType = contentType
    self.metadata = metadata
    self.onlyIfAbsent = onlyIfAbsent
  }
}

/// What a bucket says about a key.
public struct ObjectHead: Sendable, Hashable {
  public let size: Int
  /// MD5 in lower-case hex, without quotes.
  public let etag: String
  /// `x-amz-meta-*`, without the prefix, in lower case.
  public let metadata: [String: String]

  public init(size: Int, etag: String, metadata: [String: String]) {
    self.size = size
    self.etag = etag
    self.metadata = metadata
  }
}

/// Why a call of AWS has no answer.
public struct AWSError: Error, Sendable, Hashable {
  /// The service's own code without its namespace, `ConditionalCheckFailedException`; `noAnswer` if it gave none.
  public let code: String
  /// For people.
  public let message: String
  /// The status of the answer; 0 if there was none.
  public let status: Int
  /// The error's whole body where it has one: `CancellationReasons`, `Item`.
  public let body: JSON
  /// Whether the service may have done it all the same: no answer came, or a 5xx.
  public let isDoubtful: Bool

  /// The code of a call that got no answer: no connection, a broken one, or the deadline.
  public static let noAnswer = "NoAnswer"

  public init(code: String, message: String, status: Int, body: JSON = .null, isDoubtful: Bool) {
    self.code = code
    self.message = message
    self.status = status
    self.body = body
    self.isDoubtful = isDoubtful
  }
}

/// Until when the calls of a task may take: the deadline of a Lambda invocation, less a margin to answer in.
public enum AWSDeadline {
  /// nil: no deadline.
  @TaskLocal public static var current: Timestamp?
}
