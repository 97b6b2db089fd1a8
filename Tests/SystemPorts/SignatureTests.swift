import AWSWire
import Events
import Foundation
import SystemPorts
import Testing

/// Signatures as botocore makes them; see `Tests/WireConformance/sign_requests.py`.
@Suite struct SignatureTests {
  private static let rows: [JSON] = {
    let file = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .appending(path: "Vectors/signatures.json")
    do { return try JSON(parsing: Array(Data(contentsOf: file))).elements ?? [] } catch { return [] }
  }()

  private let digests = SigV4.Digests(
    sha256: { CryptoDigests().sha256($0) }, hmac: { HMACSigner().signature(of: $0, secret: $1) })

  private func request(_ row: JSON, without dropped: Set<String> = []) -> WireRequest {
    let headers = (row["headers"]?.members ?? []).map { ($0.key, $0.value.string ?? "") }
    return WireRequest(
      method: row["method"]?.string ?? "", path: row["path"]?.string ?? "", query: row["query"]?.string ?? "",
      headers: Dictionary(headers, uniquingKeysWith: { first, _ in first }).filter { !dropped.contains($0.key) },
      host: row["host"]?.string ?? "", body: Array((row["body"]?.string ?? "").utf8))
  }

  private func isTrue(_ request: WireRequest, _ secret: String) throws -> Bool {
    let signature = try #require(SigV4(of: request))
    let hash = request.headers["x-amz-content-sha256"] ?? digests.sha256(request.body)
    return signature.isTrue(for: request, payloadHash: hash, secret: secret, digests)
  }

  @Test(arguments: rows)
  func `what botocore signed is true, and nothing else is`(row: JSON) throws {
    let request = request(row)
    let secret = try #require(row["secret"]?.string)
    #expect(try isTrue(request, secret))
    #expect(try !isTrue(request, secret + "x"))
    let moved = WireRequest(
      method: request.method, path: request.path + "x", query: request.query, headers: request.headers,
      host: request.host, body: request.body)
    #expect(try !isTrue(moved, secret))
    let asked = WireRequest(
      method: request.method, path: request.path, query: request.query + "&x=1", headers: request.headers,
      host: request.host, body: request.body)
    #expect(try !isTrue(asked, secret))
    let elsewhere = WireRequest(
      method: request.method, path: request.path, query: request.query, headers: request.headers, host: "other",
      body: request.body)
    #expect(try !isTrue(elsewhere, secret))
  }

  @Test(arguments: rows)
  func `what is signed here is true`(row: JSON) throws {
    let given = request(row, without: ["authorization", "x-amz-date"])
    let moment = try #require(Timestamp("2025-09-09T22:00:00Z"))
    let made = SigV4.headers(
      for: given, accessKeyID: "AKIDEXAMPLE", secret: "s", region: "us-east-1", service: "events", at: moment, digests)
    var headers = given.headers
    for header in made { headers[header.name.lowercased()] = header.value }
    let signed = WireRequest(
      method: given.method, path: given.path, query: given.query, headers: headers, host: given.host, body: given.body)
    let signature = try #require(SigV4(of: signed))
    #expect(signature.signedAt == moment)
    #expect(signature.isTrue(for: signed, payloadHash: digests.sha256(given.body), secret: "s", digests))
  }

  @Test(arguments: [
    "", "Basic YTpi", "AWS4-HMAC-SHA256", "AWS4-HMAC-SHA256 Credential=a, SignedHeaders=host, Signature=0",
    "AWS4-HMAC-SHA256 Credential=a/b/c/d/aws4, SignedHeaders=host, Signature=0", "AWS4-HMAC-SHA256 =,=,=",
  ])
  func `what is no signature is none`(authorization: String) {
    let headers = ["authorization": authorization, "x-amz-date": "20250909T220000Z"]
    #expect(SigV4(of: WireRequest(method: "GET", path: "/", headers: headers)) == nil)
    let undated = "AWS4-HMAC-SHA256 Credential=a/b/c/d/aws4_request, SignedHeaders=host, Signature=0"
    for date in ["", "2025", "20250909T22000Z", "aaaaaaaaTaaaaaaZ", "20251309T220000Z"] {
      let request = WireRequest(method: "GET", path: "/", headers: ["authorization": undated, "x-amz-date": date])
      #expect(SigV4(of: request) == nil, "\(date)")
    }
  }
}
