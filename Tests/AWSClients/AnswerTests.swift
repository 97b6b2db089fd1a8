import AWSPorts
@testable import AWSClients
import Events
import Testing

@Suite struct AnswerTests {
  @Test(arguments: try Vectors.load("aws-failures"))
  func `a failure is read as its table says`(row: JSON) throws {
    let status = try #require(row["status"]?.int)
    let answer = AWSAnswer(
      status: status, headers: row["headers"]?.strings ?? [:], body: Array((row["body"]?.string ?? "").utf8))
    let error = answer.error
    #expect(error.code == row["code"]?.string, "\(row.label)")
    #expect(error.message == row["message"]?.string, "\(row.label)")
    #expect(error.isDoubtful == row["doubtful"]?.bool, "\(row.label)")
    #expect(error.status == status)
    #expect(RetryClass(code: error.code, status: status).rawValue == row["class"]?.string, "\(row.label)")
  }

  @Test(arguments: [
    (["retry-after": "3"], 3_000), (["retry-after": "-3"], 0), (["retry-after": "soon"], nil),
    (["x-amz-retry-after": "1500", "retry-after": "9"], 1_500), ([:], nil),
    (["retry-after": "99999999999999"], 86_400_000),
    (["retry-after": "Sun, 06 Nov 1994 08:49:40 GMT", "date": "Sun, 06 Nov 1994 08:49:37 GMT"], 3_000),
    (["retry-after": "Sun, 06 Nov 1994 08:49:37 GMT", "date": "Sun, 06 Nov 1994 08:49:40 GMT"], 0),
  ])
  func `the pause a service asks for is read in all its forms`(headers: [String: String], milliseconds: Int?) {
    #expect(AWSAnswer(status: 503, headers: headers).pause?.milliseconds == milliseconds.map { Int64($0) })
  }
}
