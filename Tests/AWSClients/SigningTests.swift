@testable import AWSClients
import AWSPorts
import AWSWire
import CryptoPorts
import Events
import Testing

@Suite struct SigningTests {
  private static let secret = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
  private static let digests = SigV4.Digests(
    sha256: { CryptoDigests().sha256($0) }, hmac: { CryptoDigests().hmac($0, key: $1) })

  private func request(_ row: JSON, _ host: String) -> WireRequest {
    WireRequest(
      method: row["method"]?.string ?? "", path: row["path"]?.string ?? "", query: row["query"]?.string ?? "",
      headers: row["headers"]?.strings ?? [:], host: host, body: Array((row["body"]?.string ?? "").utf8))
  }

  @Test(arguments: try Vectors.load("signing-suite"))
  func `the requests of AWS's test suite get AWS's signatures`(row: JSON) throws {
    let request = request(row, "example.amazonaws.com")
    let moment = try #require(Timestamp("2015-08-30T12:36:00Z"))
    let digests = SigningTests.digests
    let key = SigV4.Key(
      secret: SigningTests.secret, at: moment, region: "us-east-1", service: "service", digests)
    let made = SigV4.headers(
      for: request, binding: Array(request.headers.keys), payloadHash: digests.sha256(request.body),
      accessKeyID: "AKIDEXAMPLE", key: key, at: moment, digests)
    let authorization = try #require(made.first { $0.name == "Authorization" }?.value)
    #expect(authorization.hasSuffix("Signature=\(row["signature"]?.string ?? "")"), "\(row.label)")
    #expect(made.contains { $0 == ("X-Amz-Date", "20150830T123600Z") })
  }

  @Test(arguments: try Vectors.load("signed-calls"))
  func `calls are signed as botocore signs them`(row: JSON) throws {
    let service = try #require(AWSService(rawValue: row["service"]?.string ?? ""))
    let moment = try #require(row["at"]?.string.flatMap { Timestamp($0) })
    let credentials = Credentials(
      accessKeyID: row["key"]?.string ?? "", secret: row["secret"]?.string ?? "",
      sessionToken: row["token"]?.string, expiresAt: nil)
    var request = request(row, row["host"]?.string ?? "")
    request = request.with(headers: request.headers.merging(["user-agent": "any"]) { $1 })
    let signed = RequestSigner(region: "us-east-1").signed(request, service, credentials, at: moment)
    let added = signed.headers.filter { request.headers[$0.key] == nil }
    #expect(added == row["signed"]?.strings, "\(row.label)")
  }

  @Test func `a kept key is used for its day and its secret only`() throws {
    let signer = RequestSigner(region: "us-east-1")
    let evening = try #require(Timestamp("2025-09-09T23:59:59Z"))
    let request = WireRequest(method: "POST", path: "/", host: "h", body: [])
    func signature(_ signer: RequestSigner, _ secret: String, _ moment: Timestamp) -> String? {
      signer.signed(
        request, .sqs, Credentials(accessKeyID: "a", secret: secret, sessionToken: nil, expiresAt: nil), at: moment
      ).headers["authorization"]
    }
    for (secret, moment) in [
      ("s", evening), ("s", evening + .seconds(1)), ("t", evening + .seconds(1)), ("s", evening),
    ] {
      #expect(signature(signer, secret, moment) == signature(RequestSigner(region: "us-east-1"), secret, moment))
    }
  }
}
