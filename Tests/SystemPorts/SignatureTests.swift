import AWSWire
import CryptoPorts
import Events
import Foundation
import SystemPorts
import Testing

/// Signatures as botocore makes them; see `Tests/WireConformance/sign_requests.py`.
@Suite struct SignatureTests {
  private static let rows = load("signatures")
  private static let chunked = load("signatures-chunks")

  private static func load(_ name: String) -> [JSON] {
    let file = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .appending(path: "Vectors/\(name).json")
    do { return try JSON(parsing: Array(Data(contentsOf: file))).elements ?? [] } catch { return [] }
  }

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

  /// The body of a row; what is false is put into its place.
  private func body(_ row: JSON, lie: Int? = nil, without cut: Int = 0) -> [UInt8] {
    var text = ""
    var part = 0
    func truth(_ signature: String) -> String {
      defer { part += 1 }
      return part == lie ? String(signature.reversed()) : signature
    }
    for chunk in (row["chunks"]?.elements ?? []).dropLast(cut) {
      let length = chunk["length"]?.int ?? 0
      text += String(length, radix: 16) + ";chunk-signature=" + truth(chunk["signature"]?.string ?? "") + "\r\n"
      if length > 0 { text += String(repeating: "a", count: length) + "\r\n" }
    }
    for line in row["trailer"]?.elements?.compactMap(\.string) ?? [] {
      let sides = line.split(separator: ":", maxSplits: 1).map(String.init)
      text += "\(sides[0]):\(truth(sides[1]))\r\n"
    }
    return Array((text + "\r\n").utf8)
  }

  @Test(arguments: chunked)
  func `AWS's examples of signed chunks are true, and with any one of them changed they are not`(row: JSON) throws {
    let request = request(row)
    let secret = try #require(row["secret"]?.string)
    #expect(try isTrue(request, secret))
    let signature = try #require(SigV4(of: request))
    let declared = try #require(request.headers["x-amz-content-sha256"])
    let payload = try #require(SigV4.Payload(rawValue: declared))
    func areTrue(_ body: [UInt8], _ payload: SigV4.Payload) -> Bool {
      signature.areTrue(chunks: body, payload, secret: secret, digests)
    }
    #expect(areTrue(body(row), payload))
    let parts = 3 + (row["trailer"]?.elements?.count ?? 0)
    for part in 0..<parts { #expect(!areTrue(body(row, lie: part), payload), "\(part)") }
    for cut in 1...3 { #expect(!areTrue(body(row, without: cut), payload)) }
    var other = body(row)
    other[200] = UInt8(ascii: "b")
    #expect(!areTrue(other, payload))
    #expect(!areTrue([], payload))
    #expect(!areTrue(Array("0\r\n\r\n".utf8), payload))
    #expect(areTrue(other, .unsignedChunks))
  }

  @Test func `a trailer that nobody signed is none of signed chunks`() throws {
    let row = SignatureTests.chunked[0]
    let signature = try #require(SigV4(of: request(row)))
    let whole = Array(body(row).dropLast(2)) + Array("x-amz-checksum-crc32:AAAAAA==\r\n\r\n".utf8)
    #expect(!signature.areTrue(chunks: whole, .signedChunks, secret: row["secret"]?.string ?? "", digests))
  }

  @Test func `a signature knows which of AWS's headers it does not bind, and whether its scope is of its day`() throws {
    for row in SignatureTests.rows {
      let given = request(row)
      let signature = try #require(SigV4(of: given))
      #expect(signature.unsignedHeaders(of: given).isEmpty)
      #expect(signature.isOfItsDay)
    }
    var headers = request(SignatureTests.rows[0]).headers
    headers["x-amz-new"] = "a"
    headers["x-amzn-trace-id"] = "Root=1"
    let more = WireRequest(method: "POST", path: "/", headers: headers)
    #expect(try #require(SigV4(of: more)).unsignedHeaders(of: more) == ["x-amz-new"])
    headers["x-amz-date"] = "20250910T000000Z"
    #expect(try !#require(SigV4(of: WireRequest(method: "POST", path: "/", headers: headers))).isOfItsDay)
  }

  @Test(arguments: [("", 0), ("x", 0), ("-9223372036854775808", Int.min), ("99999999999999999999", 0), ("60", 60)])
  func `how long a URL lives is read as it stands, and what is no number is no time`(text: String, seconds: Int) throws
  {
    let query =
      "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=A%2F20250909%2Fus-east-1%2Fs3%2Faws4_request"
      + "&X-Amz-Date=20250909T220000Z&X-Amz-SignedHeaders=host&X-Amz-Signature=0&X-Amz-Expires=\(text)"
    let signature = SigV4(of: WireRequest(method: "GET", path: "/", query: query))
    #expect(signature?.expiresAfterSeconds == seconds)
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
