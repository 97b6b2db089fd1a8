import AWSWire
import Events
import Testing

struct FuzzTests {
  private static let mutationsOfEachRequest = 400

  /// A trap would end the test process; that it ends well is the assertion.
  @Test func `no request, however spoilt, stops the decoder or goes unanswered`() throws {
    let requests = try Row.load("wire-requests").map { try WireRequest($0) }
    var decoded = 0
    for (index, request) in requests.enumerated() {
      var dice = SplitMix64(seed: UInt64(index))
      for _ in 0..<Self.mutationsOfEachRequest {
        let spoilt = mutated(request, &dice)
        let route = Route(spoilt)
        do {
          _ = try route.decode(spoilt)
          decoded += 1
        } catch {
          let response = WireEncoder.encode(error, for: route, requestID: "id-1")
          #expect((400..<500).contains(response.status), "seed \(index): \(error)")
        }
      }
    }
    #expect(requests.count * Self.mutationsOfEachRequest >= 20_000)
    #expect(decoded > 1_000, "the mutations must not all be refused at the door")
  }

  private func mutated(_ request: WireRequest, _ dice: inout SplitMix64) -> WireRequest {
    var (path, query, body) = (Array(request.path.utf8), Array(request.query.utf8), request.body)
    var (method, headers) = (request.method, request.headers)
    for _ in 0...Int.random(in: 0..<3, using: &dice) {
      switch Int.random(in: 0..<8, using: &dice) {
      case 0: spoil(&path, &dice)
      case 1: spoil(&query, &dice)
      case 2: method = ["GET", "PUT", "POST", "HEAD", "DELETE", ""].randomElement(using: &dice) ?? "GET"
      case 3:
        guard let name = headers.keys.sorted().randomElement(using: &dice) else { continue }
        var value = Array((headers[name] ?? "").utf8)
        spoil(&value, &dice)
        headers[name] = String(decoding: value, as: UTF8.self)
      case 4: headers["x-amz-content-sha256"] = "STREAMING-UNSIGNED-PAYLOAD-TRAILER"
      default: spoil(&body, &dice)
      }
    }
    return WireRequest(
      method: method, path: String(decoding: path, as: UTF8.self), query: String(decoding: query, as: UTF8.self),
      headers: headers, host: "localhost", body: body)
  }

  private func spoil(_ bytes: inout [UInt8], _ dice: inout SplitMix64) {
    let words = [
      "null", "-1", "99999999999999999999", "1e999", "[]", "{}", "\"\"", "%", "%00", "+", ".", "/", "é", "&", "=",
    ]
    let place = Int.random(in: 0...bytes.count, using: &dice)
    switch Int.random(in: 0..<5, using: &dice) {
    case 0: bytes.insert(UInt8.random(in: 0...255, using: &dice), at: place)
    case 1: if place < bytes.count { bytes[place] = UInt8.random(in: 0...255, using: &dice) }
    case 2: bytes.removeSubrange(place..<min(bytes.count, place + Int.random(in: 0...9, using: &dice)))
    case 3: bytes.insert(contentsOf: Array((words.randomElement(using: &dice) ?? "").utf8), at: place)
    default: bytes.insert(contentsOf: bytes[..<place], at: place)
    }
  }

  @Test func `a body nested without end is refused`() throws {
    let body = Array(String(repeating: "[", count: 1_000_000).utf8)
    let request = WireRequest(
      method: "POST", path: "/", headers: ["x-amz-target": "AWSEvents.PutRule"], body: body)
    #expect(try request.refusal().code == .serialization)
  }

  @Test func `a form nested without end is read no deeper than a batch`() throws {
    let name = String(repeating: "SendMessageBatchRequestEntry.1.", count: 30_000) + "Id"
    let request = WireRequest.form("Action=SendMessageBatch&Version=2012-11-05&QueueUrl=http://h/a/q&\(name)=a")
    #expect(try request.refusal().code == .missingParameter)
  }

  @Test func `a form of endless fields is refused`() throws {
    let text = "Action=SendMessage&Version=2012-11-05" + String(repeating: "&a=b", count: 20_000)
    #expect(throws: WireError.self) { _ = try Route(.form(text)).decode(.form(text)) }
  }
}
