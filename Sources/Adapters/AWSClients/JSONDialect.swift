import AWSPorts

/// How a service's JSON protocol names its operations.
///
/// Source: AWS JSON 1.0 and 1.1 protocols; the target prefixes are those of the services' models.
struct JSONDialect {
  static let userAgent = "bellcrank"

  private let version: String
  private let target: String

  /// nil for S3, which speaks REST.
  init?(_ service: AWSService) {
    switch service {
    case .dynamoDB: self.init(version: "1.0", target: "DynamoDB_20120810")
    case .eventBridge: self.init(version: "1.1", target: "AWSEvents")
    case .s3: return nil
    case .sqs: self.init(version: "1.0", target: "AmazonSQS")
    case .ssm: self.init(version: "1.1", target: "AmazonSSM")
    }
  }

  private init(version: String, target: String) {
    self.version = version
    self.target = target
  }

  func headers(_ operation: String) -> [String: String] {
    [
      "content-type": "application/x-amz-json-\(version)", "x-amz-target": "\(target).\(operation)",
      "user-agent": JSONDialect.userAgent,
    ]
  }
}
