import AWSWire
import Events

/// The role of an EC2 instance, by version 2 of its metadata service.
///
/// Source: Amazon EC2 User Guide, "Use the Instance Metadata Service"; AWS SDKs and Tools Reference Guide, "IMDS
/// credential provider".
public struct InstanceCredentials: CredentialSource {
  static let endpoint = "http://169.254.169.254"
  static let endpointIPv6 = "http://[fd00:ec2::254]"
  static let path = "/latest/meta-data/iam/security-credentials/"
  /// A machine that is no instance has nobody there: short.
  static let timeout = Span.seconds(1)
  static let tokenSeconds = 21_600

  private let variables: [String: String]
  private let transport: any AWSTransport

  public init(_ variables: [String: String], _ transport: any AWSTransport) {
    self.variables = variables
    self.transport = transport
  }

  public func credentials() async throws(CredentialError) -> Credentials? {
    guard variables["AWS_EC2_METADATA_DISABLED"]?.lowercased() != "true" else { return nil }
    let isIPv6 = variables["AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE"]?.lowercased() == "ipv6"
    let url =
      variables.filled("AWS_EC2_METADATA_SERVICE_ENDPOINT")
      ?? (isIPv6 ? InstanceCredentials.endpointIPv6 : InstanceCredentials.endpoint)
    guard let endpoint = Endpoint(url: url) else { throw CredentialError("\(url) is no URL of a metadata service") }
    let ttl = ["x-aws-ec2-metadata-token-ttl-seconds": String(InstanceCredentials.tokenSeconds)]
    let token = try await text("PUT", "/latest/api/token", ttl, endpoint)
    let proof = ["x-aws-ec2-metadata-token": token]
    let roles = try await text("GET", InstanceCredentials.path, proof, endpoint)
    guard let role = roles.split(whereSeparator: \.isNewline).first else {
      throw CredentialError("the instance has no role")
    }
    let body = try await text("GET", InstanceCredentials.path + role, proof, endpoint)
    guard let credentials = Credentials(answer: Array(body.utf8)) else {
      throw CredentialError("the metadata service has no credentials of the role \(role)")
    }
    return credentials
  }

  private func text(
    _ method: String, _ path: String, _ headers: [String: String], _ endpoint: Endpoint
  ) async throws(CredentialError) -> String {
    let answer: AWSAnswer
    do {
      answer = try await transport.send(
        endpoint.request(method, path, headers: headers), isSecure: endpoint.isSecure,
        timeout: InstanceCredentials.timeout)
    } catch {
      throw CredentialError("the instance metadata service does not answer: \(error.reason)")
    }
    guard answer.status == 200 else {
      throw CredentialError("the instance metadata service answered \(answer.status) to \(method) \(path)")
    }
    return String(decoding: answer.body, as: UTF8.self)
  }
}
