import AWSWire
import Events
import Testing

struct RouteTests {
  private static let scoped =
    "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20250909/us-east-1/s3/aws4_request, SignedHeaders=host, Signature=0"

  @Test(arguments: ["GET", "HEAD", "PUT", "DELETE"])
  func `a target counts only in a POST, so that a request for an object asks for nothing else`(method: String) {
    for target in ["AWSEvents.ListRules", "AmazonSQS.ReceiveMessage", "Logs_20140328.DescribeLogGroups"] {
      let route = Route(WireRequest(method: method, path: "/bucket/key", headers: ["x-amz-target": target]))
      #expect(route.service == .s3)
    }
  }

  @Test func `an object whose key looks like a call in CBOR is an object`() {
    let path = "/service/GraniteServiceVersion20100801/operation/ListMetrics"
    #expect(Route(WireRequest(method: "POST", path: path)).service == .cloudWatch)
    let signed = WireRequest(method: "PUT", path: path, headers: ["authorization": RouteTests.scoped])
    #expect(Route(signed).service == .s3)
  }

  @Test func `an object that looks like a form is an object`() {
    for method in ["PUT", "POST"] {
      let headers = ["content-type": "application/x-www-form-urlencoded", "authorization": RouteTests.scoped]
      let body = Array("Action=ListRoles&Version=2010-05-08".utf8)
      let route = Route(WireRequest(method: method, path: "/bucket/key", headers: headers, body: body))
      #expect(route.service == .s3 && route.dialect == .restXML)
    }
  }

  @Test func `the scope is the one whose signature is looked at`() {
    let query = "X-Amz-Credential=OTHER%2F20250909%2Fus-east-1%2Fsts%2Faws4_request&AWSAccessKeyId=THIRD"
    let both = WireRequest(method: "GET", path: "/", query: query, headers: ["authorization": RouteTests.scoped])
    #expect(Route(both).scope?.accessKeyID == "AKIDEXAMPLE")
    #expect(Route(both).scope?.service == "s3")
  }

  /// Source: botocore's query serializer writes an empty list as its name.
  @Test func `a list without members is an empty list in the query protocol, and in no other`() throws {
    let form = "Action=SimulateCustomPolicy&Version=2010-05-08&ContextEntries=&ActionNames=&PolicyInputList.member.1=x"
    guard case .iam(.simulateCustomPolicy, let input) = try WireRequest.form(form).decoded() else {
      Issue.record("it is a simulation")
      return
    }
    #expect(try input.structures("ContextEntries") == [])
    #expect(try input.texts("ActionNames") == [])
    #expect(try input.texts("PolicyInputList") == ["x"])
    #expect(try input.texts("ResourceArns") == nil)
    #expect(try WireRequest.events("RemoveTargets", ["Rule": "r", "Ids": ""]).refusal().code == .serialization)
  }

  @Test func `a permission is removed only from the revision that was seen`() throws {
    let request = WireRequest(
      method: "DELETE", path: "/2015-03-31/functions/f/policy/statement", query: "RevisionId=abc")
    guard case .permission(let operation) = try request.decoded() else {
      Issue.record("it removes a permission")
      return
    }
    #expect(try operation.input.text("RevisionId") == "abc")
    #expect(operation.statementID == "statement")
  }

  @Test func `functions are listed in all versions or in the one there is`() throws {
    let path = "/2015-03-31/functions/"
    #expect(throws: Never.self) { try WireRequest(method: "GET", path: path, query: "FunctionVersion=ALL").decoded() }
    #expect(try WireRequest(method: "GET", path: path, query: "FunctionVersion=SOME").refusal().code == .validation)
  }

  @Test func `the handle of a move names its task and its queue`() throws {
    let queue = ResourceName(service: "sqs", region: "us-east-1", account: "123456789012", resource: "q")
    let handle = MoveHandle(task: "t-1", source: queue)
    #expect(MoveHandle(handle.text) == handle)
    for text in ["", "none", "!", "e30=", Array(#"{"taskId":"t","sourceArn":"q"}"#.utf8).base64] {
      #expect(MoveHandle(text) == nil, "\(text)")
    }
  }

  @Test func `a queue is deleted in both protocols`() throws {
    let url = "http://localhost:4566/123456789012/q"
    #expect(try WireRequest.sqs("DeleteQueue", ["QueueUrl": .string(url)]).decoded().name == "DeleteQueue")
    let form = WireRequest.form("Action=DeleteQueue&Version=2012-11-05", path: "/123456789012/q")
    #expect(try form.decoded() == .sqs(.deleteQueue(queueUrl: url)))
    #expect(try WireRequest.sqs("DeleteQueue", [:]).refusal().code == .missingParameter)
  }

  @Test func `a trailer says checksums and replaces no header`() throws {
    let body = Array("3\r\nabc\r\n0\r\nx-amz-meta-a:false\r\nx-amz-meta-b:false\r\n\r\n".utf8)
    let headers = [
      "x-amz-content-sha256": "STREAMING-UNSIGNED-PAYLOAD-TRAILER", "content-encoding": "aws-chunked",
      "x-amz-meta-a": "true",
    ]
    let request = WireRequest(method: "PUT", path: "/bucket/key", headers: headers, body: body)
    guard case .s3(.putObject(let input)) = try request.decoded() else {
      Issue.record("it stores an object")
      return
    }
    #expect(input.metadata == ["a": "true"])
  }
}
