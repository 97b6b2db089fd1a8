import AWSPorts
import AWSWire
import Events

/// Where a service listens.
public struct Endpoint: Sendable, Hashable {
  public let isSecure: Bool
  /// With its port where that is not the scheme's own.
  public let host: String
  /// What stands before every path, `/base`; empty as a rule, without a slash at its end.
  public let base: String
  /// What stands after the `?` in the URL it was read from; a service's endpoint has none.
  let query: String

  init(isSecure: Bool, host: String, base: String = "", query: String = "") {
    self.isSecure = isSecure
    self.host = host
    self.base = base
    self.query = query
  }

  /// Reads `http://127.0.0.1:4566`, `https://host/base?query`; nil for any other scheme and without a host.
  public init?(url: String) {
    let isSecure = url.lowercased().hasPrefix("https://")
    guard isSecure || url.lowercased().hasPrefix("http://") else { return nil }
    let rest = url.dropFirst(isSecure ? 8 : 7)
    let host = rest.prefix { $0 != "/" && $0 != "?" }
    guard !host.isEmpty, !host.contains(where: { $0 == "@" || $0.isWhitespace }) else { return nil }
    let sides = rest.dropFirst(host.count).split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
    var base = sides.first.map(String.init) ?? ""
    while base.hasSuffix("/") { base.removeLast() }
    self.init(
      isSecure: isSecure, host: Endpoint.withoutDefaultPort(String(host), isSecure), base: base,
      query: sides.count > 1 ? String(sides[1]) : "")
  }

  /// HTTP clients leave the scheme's own port out of `Host`, so it must not be signed.
  private static func withoutDefaultPort(_ host: String, _ isSecure: Bool) -> String {
    let port = isSecure ? ":443" : ":80"
    return host.hasSuffix(port) ? String(host.dropLast(port.count)) : host
  }

  var hostWithoutPort: String {
    guard let colon = host.lastIndex(of: ":"), !host[colon...].contains("]") else { return host }
    return String(host[..<colon])
  }

  func request(
    _ method: String, _ path: String, query: String = "", headers: [String: String], body: [UInt8] = []
  ) -> WireRequest {
    let whole = base + path
    return WireRequest(
      method: method, path: whole.isEmpty ? "/" : whole, query: query, headers: headers, host: host, body: body)
  }
}

/// Where the services of a region listen, or what the environment says instead.
///
/// Source: AWS SDKs and Tools Reference Guide, "Service-specific endpoints"; AWS General Reference, "Service endpoints".
public struct Endpoints: Sendable, Hashable {
  public let region: String
  private let overrides: [AWSService: Endpoint]

  /// Reads `AWS_REGION`, else `AWS_DEFAULT_REGION`; `AWS_ENDPOINT_URL_<SERVICE>`, else `AWS_ENDPOINT_URL`.
  public init(_ variables: [String: String]) throws(CredentialError) {
    guard let region = variables.filled("AWS_REGION") ?? variables.filled("AWS_DEFAULT_REGION") else {
      throw CredentialError("no region: neither AWS_REGION nor AWS_DEFAULT_REGION is set")
    }
    self.region = region
    var overrides: [AWSService: Endpoint] = [:]
    let isIgnored = variables["AWS_IGNORE_CONFIGURED_ENDPOINT_URLS"]?.lowercased() == "true"
    for service in AWSService.allCases where !isIgnored {
      let names = ["AWS_ENDPOINT_URL_\(Endpoints.variable(service))", "AWS_ENDPOINT_URL"]
      guard let name = names.first(where: { variables.filled($0) != nil }), let url = variables[name] else { continue }
      guard let endpoint = Endpoint(url: url) else { throw CredentialError("\(name) is no URL: \(url)") }
      overrides[service] = endpoint
    }
    self.overrides = overrides
  }

  public subscript(service: AWSService) -> Endpoint {
    overrides[service]
      ?? Endpoint(isSecure: true, host: "\(service.rawValue).\(region).\(Endpoints.suffix(of: region))")
  }

  /// Where a bucket's key lies: in a host of the bucket's own, or below the bucket's name where the endpoint is
  /// overridden or the name has a dot, which no certificate covers.
  func object(_ bucket: String, _ key: String) -> (endpoint: Endpoint, path: String) {
    let path = "/" + key.percentEncoded(keeping: "/")
    let endpoint = self[.s3]
    guard overrides[.s3] == nil, !bucket.contains(".") else {
      return (endpoint, "/" + bucket.percentEncoded() + path)
    }
    return (Endpoint(isSecure: true, host: "\(bucket).\(endpoint.host)"), path)
  }

  private static func variable(_ service: AWSService) -> String {
    switch service {
    case .dynamoDB: "DYNAMODB"
    case .eventBridge: "EVENTBRIDGE"
    case .s3: "S3"
    case .sqs: "SQS"
    case .ssm: "SSM"
    }
  }

  /// The domain of the region's partition.
  private static func suffix(of region: String) -> String {
    partitions.first { region.hasPrefix($0.prefix) }?.suffix ?? "amazonaws.com"
  }

  private static let partitions: [(prefix: String, suffix: String)] = [
    ("cn-", "amazonaws.com.cn"), ("us-isob-", "sc2s.sgov.gov"), ("us-isof-", "csp.hci.ic.gov"),
    ("us-iso-", "c2s.ic.gov"), ("eu-isoe-", "cloud.adc-e.uk"), ("eusc-", "amazonaws.eu"),
  ]
}
