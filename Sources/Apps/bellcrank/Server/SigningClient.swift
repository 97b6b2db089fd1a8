import AWSWire
import CryptoPorts
import Engine
import Events
import Operations
import SystemPorts

/// Signs what another client sends, if the variables that the AWS CLI reads hold a key.
struct SigningClient: ServerClient {
  private let client: any ServerClient
  private let variables: [String: String]
  private let clock: any WallClock
  private let digests = SigV4.Digests(
    sha256: { CryptoDigests().sha256($0) }, hmac: { HMACSigner().signature(of: $0, secret: $1) })

  init(_ client: any ServerClient, _ variables: [String: String], _ clock: any WallClock) {
    self.client = client
    self.variables = variables
    self.clock = clock
  }

  func send(_ request: ServerRequest, to endpoint: String) async throws(ServerSilence) -> ServerAnswer {
    guard let key = variables["AWS_ACCESS_KEY_ID"], let secret = variables["AWS_SECRET_ACCESS_KEY"] else {
      return try await client.send(request, to: endpoint)
    }
    let host = endpoint.split(separator: "/", omittingEmptySubsequences: true).dropFirst().first.map(String.init) ?? ""
    let sides = request.path.split(separator: "?", maxSplits: 1).map(String.init)
    let headers = request.headers.map { ($0.name.lowercased(), $0.value) }
    let wire = WireRequest(
      method: request.method.rawValue, path: sides[0], query: sides.count > 1 ? sides[1] : "",
      headers: Dictionary(headers, uniquingKeysWith: { first, _ in first }), host: host, body: request.body)
    var signed = request
    signed.headers += SigV4.headers(
      for: wire, accessKeyID: key, secret: secret, region: variables["AWS_DEFAULT_REGION"] ?? "us-east-1",
      service: service(of: wire), at: clock.now(), digests
    ).map { ServerRequest.Header(name: $0.name, value: $0.value) }
    return try await client.send(signed, to: endpoint)
  }

  private func service(of request: WireRequest) -> String {
    if request.headers["x-amz-target"] != nil { return "events" }
    return request.path.hasPrefix("/_bellcrank/") ? "bellcrank" : "lambda"
  }
}
