/// An Amazon Resource Name: `arn:partition:service:region:account:resource`.
///
/// Source: AWS, "Identify AWS resources with Amazon Resource Names".
public struct ResourceName: Sendable, Hashable, CustomStringConvertible {
  public let partition: String
  public let service: String
  public let region: String
  public let account: String
  /// Everything after the fifth colon: `rule/dev-customer-ingestion-schedule`.
  public let resource: String

  public init(partition: String = "aws", service: String, region: String, account: String, resource: String) {
    self.partition = partition
    self.service = service
    self.region = region
    self.account = account
    self.resource = resource
  }

  /// nil if the text has not the six parts, or names no service or resource.
  public init?(_ text: String) {
    let parts = text.split(separator: ":", maxSplits: 5, omittingEmptySubsequences: false).map(String.init)
    guard parts.count == 6, parts[0] == "arn", !parts[1].isEmpty, !parts[2].isEmpty, !parts[5].isEmpty else {
      return nil
    }
    self.init(partition: parts[1], service: parts[2], region: parts[3], account: parts[4], resource: parts[5])
  }

  public var description: String { "arn:\(partition):\(service):\(region):\(account):\(resource)" }

  /// What follows the first `/` or `:` of the resource, or all of it: the rule's, function's or queue's name.
  public var name: String {
    guard let mark = resource.firstIndex(where: { $0 == "/" || $0 == ":" }) else { return resource }
    return String(resource[resource.index(after: mark)...])
  }
}

/// The account and region whose resource names are given out.
public struct ResourceNames: Sendable, Hashable {
  /// Twelve digits.
  public let account: String
  public let region: String

  public init(account: String, region: String) {
    self.account = account
    self.region = region
  }

  public func rule(_ name: String, bus: String = "default") -> ResourceName {
    arn("events", bus == "default" ? "rule/\(name)" : "rule/\(bus)/\(name)")
  }

  public func bus(_ name: String) -> ResourceName { arn("events", "event-bus/\(name)") }
  public func function(_ name: String) -> ResourceName { arn("lambda", "function:\(name)") }
  public func queue(_ name: String) -> ResourceName { arn("sqs", name) }

  /// S3 names no region or account in a bucket's ARN.
  public func bucket(_ name: String) -> ResourceName {
    ResourceName(service: "s3", region: "", account: "", resource: name)
  }

  private func arn(_ service: String, _ resource: String) -> ResourceName {
    ResourceName(service: service, region: region, account: account, resource: resource)
  }
}
