import AWSWire
import Events

/// The credential endpoint of ECS, EKS and Greengrass.
///
/// Source: AWS SDKs and Tools Reference Guide, "Container credential provider".
public struct ContainerCredentials: CredentialSource {
  /// Where a relative URI leads.
  static let host = "http://169.254.170.2"
  static let timeout = Span.seconds(2)
  /// Without TLS a token is only sent to this machine and to the addresses of ECS and EKS.
  static let plainHosts: Set<String> = [
    "localhost", "127.0.0.1", "[::1]", "169.254.170.2", "169.254.170.23", "[fd00:ec2::23]",
  ]

  private let variables: [String: String]
  private let transport: any AWSTransport
  private let readFile: @Sendable (String) -> [UInt8]?

  /// - Parameter readFile: a whole file by its path; nil if it cannot be read.
  public init(
    _ variables: [String: String], _ transport: any AWSTransport,
    readFile: @escaping @Sendable (String) -> [UInt8]?
  ) {
    self.variables = variables
    self.transport = transport
    self.readFile = readFile
  }

  public func credentials() async throws(CredentialError) -> Credentials? {
    let url: String
    if let relative = variables.filled("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI") {
      url = ContainerCredentials.host + relative
    } else if let full = variables.filled("AWS_CONTAINER_CREDENTIALS_FULL_URI") {
      url = full
    } else {
      return nil
    }
    guard let endpoint = Endpoint(url: url) else { throw CredentialError("\(url) is no URL of a credential endpoint") }
    guard endpoint.isSecure || ContainerCredentials.plainHosts.contains(endpoint.hostWithoutPort) else {
      throw CredentialError("\(url) is neither HTTPS nor an address of this machine")
    }
    var headers = ["accept": "application/json"]
    if let token = try token() { headers["authorization"] = token }
    let answer: AWSAnswer
    do {
      answer = try await transport.send(
        endpoint.request("GET", "", query: endpoint.query, headers: headers), isSecure: endpoint.isSecure,
        timeout: ContainerCredentials.timeout)
    } catch {
      throw CredentialError("the credential endpoint does not answer: \(error.reason)")
    }
    guard answer.status == 200, let credentials = Credentials(answer: answer.body) else {
      throw CredentialError("the credential endpoint answered \(answer.status) and no credentials")
    }
    return credentials
  }

  private func token() throws(CredentialError) -> String? {
    guard let path = variables.filled("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE") else {
      return variables.filled("AWS_CONTAINER_AUTHORIZATION_TOKEN")
    }
    guard let bytes = readFile(path) else { throw CredentialError("the token file \(path) cannot be read") }
    let token = String(decoding: bytes, as: UTF8.self).split(whereSeparator: \.isNewline).first.map(String.init) ?? ""
    guard !token.isEmpty else { throw CredentialError("the token file \(path) is empty") }
    return token
  }
}
