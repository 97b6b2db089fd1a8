import AWSWire
import Events
import Testing

struct AnswerTests {
  /// The rows are what botocore was seen to parse: `Tests/WireConformance/parse_answers.py` holds what it made of them.
  @Test(arguments: try Row.load("wire-answers"))
  func `an answer is the bytes that botocore parses`(_ row: Row) throws {
    let sample = try #require(try AnswerSamples.all().first { $0.name == row.json["name"]?.string })
    let response = sample.response
    #expect(response.status == row.json["status"]?.int)
    if let body = row.json["bodyBase64"]?.string {
      #expect(response.body.base64 == body)
    } else {
      #expect(try response.text == row.text("body"))
    }
    let headers = response.headers.map { JSON.Member($0.name, .string($0.value)) }
    #expect(.object(headers) == row.json["headers"])
  }

  @Test func `every sample has its row`() throws {
    let rows = try Row.load("wire-answers")
    #expect(try AnswerSamples.all().map(\.name) == rows.map { try $0.text("name") })
  }

  @Test func `every answer and error carries the request's id`() throws {
    for sample in try AnswerSamples.all() {
      let id = sample.response["x-amzn-RequestId"] ?? sample.response["x-amz-request-id"]
      #expect(id == "id-1", "\(sample.name)")
    }
  }

  @Test func `every error has a status, a body and a code in every protocol`() throws {
    for code in WireError.Code.allCases {
      for (dialect, request) in AnswerSamples.requests {
        let route = Route(request)
        #expect(route.dialect == dialect)
        let response = WireEncoder.encode(WireError(code, "m"), for: route, requestID: "id-1")
        #expect((300..<600).contains(response.status))
        let isXML = dialect == .query || dialect == .queryCompatibleJSON
        if response.status != 304 || dialect != .restXML {
          let text = response.text + (response["x-amzn-query-error"] ?? "") + (response["x-amzn-ErrorType"] ?? "")
          #expect(text.contains(isXML ? code.queryCode : code.rawValue), "\(code) in \(dialect)")
        }
      }
    }
  }

  @Test func `an HTTP date names the day of the week`() throws {
    let table = [
      ("1970-01-01T00:00:00Z", "Thu, 01 Jan 1970 00:00:00 GMT"),
      ("2025-09-09T22:00:00Z", "Tue, 09 Sep 2025 22:00:00 GMT"),
      ("1969-12-31T23:59:59Z", "Wed, 31 Dec 1969 23:59:59 GMT"),
    ]
    for (text, date) in table {
      let object = S3Answer.StoredObject(
        body: [], sizeBytes: 0, etag: "e", lastModified: try #require(Timestamp(text)))
      let route = Route(WireRequest(method: "GET", path: "/bucket/k"))
      let response = WireEncoder.encode(.s3(.getObject(object)), for: route, requestID: "id-1")
      #expect(response["Last-Modified"] == date)
    }
  }

  @Test func `an answer to HEAD has a length and no body`() throws {
    let object = S3Answer.StoredObject(body: Array("hello".utf8), sizeBytes: 5, etag: "e", lastModified: .epoch)
    let route = Route(WireRequest(method: "HEAD", path: "/bucket/k"))
    let response = WireEncoder.encode(.s3(.headObject(object)), for: route, requestID: "id-1")
    #expect(response.body.isEmpty)
    #expect(response["Content-Length"] == "5")
    let error = WireEncoder.encode(.noSuchKey("k"), for: route, requestID: "id-1")
    #expect(error.status == 404)
    #expect(error.body.isEmpty)
  }
}
