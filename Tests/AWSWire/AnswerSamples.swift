import AWSWire
import Events
import Testing

/// One answer of each kind, as the engine might give it.
struct AnswerSamples {
  let name: String
  let service: String
  let operation: String
  let response: WireResponse

  private init(_ name: String, _ service: String, _ operation: String, _ response: WireResponse) {
    self.name = name
    self.service = service
    self.operation = operation
    self.response = response
  }

  static func all() throws -> [AnswerSamples] {
    try events() + lambda() + sqs() + s3() + sts() + scheduler() + errors()
  }

  /// One request in each protocol.
  static let requests: [(Route.Dialect, WireRequest)] = [
    (.json11, .events("PutRule", [:])),
    (
      .json10,
      WireRequest(
        method: "POST", path: "/",
        headers: ["x-amz-target": "DynamoDB_20120810.Scan", "content-type": "application/x-amz-json-1.0"])
    ),
    (.queryCompatibleJSON, .sqs("SendMessage", [:])),
    (.query, .form("Action=GetCallerIdentity&Version=2011-06-15")),
    (.restJSON, WireRequest(method: "GET", path: "/2015-03-31/functions/f")),
    (.restXML, WireRequest(method: "GET", path: "/bucket/k")),
    (
      .cbor,
      WireRequest(
        method: "POST", path: "/service/GraniteServiceVersion20100801/operation/ListMetrics",
        headers: ["smithy-protocol": "rpc-v2-cbor"])
    ),
  ]

  private static let when = Timestamp(seconds: 1_757_455_200)
  private static let arn = "arn:aws:lambda:us-east-1:000000000000:function:f"

  /// Not MD5 but just as long: the wire must carry what it is given.
  private static let digest: @Sendable ([UInt8]) -> [UInt8] = { bytes in
    [UInt8](repeating: UInt8(truncatingIfNeeded: bytes.count), count: 16)
  }

  private static func events() throws -> [AnswerSamples] {
    let rule = EventsAnswer.RuleShape(
      name: "r", arn: "arn:aws:events:us-east-1:000000000000:rule/r", eventPattern: #"{"source":["a"]}"#,
      scheduleExpression: nil, state: .disabled, description: "d\n\"é\"", roleArn: nil, eventBusName: "default",
      createdBy: "000000000000")
    let target = TargetShape(
      id: "1", arn: arn, inputTransformer: .init(inputPathsMap: ["at": "$.time"], inputTemplate: "<at>"),
      deadLetterArn: "arn:aws:sqs:us-east-1:000000000000:dlq",
      retryPolicy: .init(maximumRetryAttempts: 0, maximumEventAgeInSeconds: nil))
    let bus = EventsAnswer.BusShape(
      name: "default", arn: "arn:aws:events:us-east-1:000000000000:event-bus/default", creationTime: when)
    let failed = [EventsAnswer.FailedTarget(targetId: "9", errorCode: "X", errorMessage: "no")]
    let table: [(String, EventsAnswer)] = [
      ("PutRule", .putRule(ruleArn: rule.arn)), ("DescribeRule", .describeRule(rule)), ("EnableRule", .done),
      ("ListRules", .listRules([rule], nextToken: "t")), ("PutTargets", .putTargets(failed: failed)),
      ("ListTargetsByRule", .listTargetsByRule([target], nextToken: nil)),
      ("RemoveTargets", .removeTargets(failed: [])),
      ("PutEvents", .putEvents([.success("id"), .failure(.init(.malformedDetail, "Detail is malformed."))])),
      ("TestEventPattern", .testEventPattern(true)),
      ("ListRuleNamesByTarget", .listRuleNamesByTarget(["r"], nextToken: nil)),
      ("ListEventBuses", .listEventBuses([bus], nextToken: nil)), ("DescribeEventBus", .describeEventBus(bus)),
    ]
    return table.map { operation, answer in
      sample("events", operation, .events(answer), .events(operation, [:]))
    }
  }

  private static func lambda() throws -> [AnswerSamples] {
    let function = LambdaAnswer.FunctionShape(
      functionName: "f", functionArn: arn, runtime: "provided.al2023",
      role: "arn:aws:iam::000000000000:role/r", handler: "orchestrator", description: "", timeoutSeconds: 300,
      memorySizeMiB: 512, lastModified: when, environment: ["A": "b"], deadLetterArn: nil,
      reservedConcurrentExecutions: 1)
    let path = "/2015-03-31/functions/f"
    let post = WireRequest(method: "POST", path: path + "/invocations")
    let get = WireRequest(method: "GET", path: path)
    let failure = LambdaAnswer.Invocation(
      payload: ["errorMessage": "no"], functionError: "Unhandled", logTail: "START\nEND\n")
    return [
      sample("lambda", "Invoke", .lambda(.invoked(.init(payload: ["statusCode": 200]))), post),
      sample("lambda", "Invoke", .lambda(.invoked(failure)), post, suffix: " failed"),
      sample("lambda", "Invoke", .lambda(.accepted), post, suffix: " Event"),
      sample("lambda", "Invoke", .lambda(.allowed), post, suffix: " DryRun"),
      sample("lambda", "GetFunction", .lambda(.getFunction(function)), get),
      sample("lambda", "GetFunctionConfiguration", .lambda(.getFunctionConfiguration(function)), get),
      sample("lambda", "ListFunctions", .lambda(.listFunctions([function], nextMarker: "m")), get),
    ]
  }

  private static func sqs() throws -> [AnswerSamples] {
    let body: JSON = [
      "QueueUrl": "http://localhost:4566/000000000000/q", "MessageBody": "<é & \"b\">\n",
      "MessageAttributes": ["n": ["DataType": "Binary", "BinaryValue": "AAH/"]],
    ]
    guard case .sqs(.sendMessage(_, let message)) = try WireRequest.sqs("SendMessage", body).decoded() else {
      throw Unexpected()
    }
    let sent = SQSAnswer.SentMessage(messageId: "m-1", message, md5: digest)
    let received = SQSAnswer.ReceivedMessage(
      messageId: "m-1", receiptHandle: "h-1", body: message.body, attributes: ["ApproximateReceiveCount": "1"],
      messageAttributes: message.attributes, md5: digest)
    let refusal = SQSOperation.BatchRefusal(code: "InternalError", message: "no", senderFault: false)
    let failed = [SQSAnswer.BatchFailure(id: "b", refusal)]
    let table: [(String, SQSAnswer, String)] = [
      ("CreateQueue", .queueUrl("http://localhost:4566/000000000000/q"), ""),
      ("GetQueueUrl", .queueUrl("http://localhost:4566/000000000000/q"), ""),
      ("ListQueues", .listQueues(["http://a/1", "http://a/2"], nextToken: "t"), ""),
      ("SendMessage", .sendMessage(sent), ""),
      ("SendMessageBatch", .sendMessageBatch(sent: [.init(id: "a", sent)], failed: failed), ""),
      ("ReceiveMessage", .receiveMessage([received]), ""), ("ReceiveMessage", .receiveMessage([]), " empty"),
      ("DeleteMessage", .done, ""), ("DeleteMessageBatch", .deleteMessageBatch(deleted: ["a"], failed: failed), ""),
      ("GetQueueAttributes", .getQueueAttributes([.approximateNumberOfMessages: "3", .queueArn: "arn"]), ""),
    ]
    return table.flatMap { operation, answer, suffix in
      [
        sample("sqs", operation, .sqs(answer), .sqs(operation, [:]), suffix: suffix),
        sample(
          "sqs", operation, .sqs(answer), .form("Action=\(operation)&Version=2012-11-05"), suffix: suffix + " query"),
      ]
    }
  }

  private static func s3() throws -> [AnswerSamples] {
    let get = WireRequest(method: "GET", path: "/bucket/k")
    let object = S3Answer.StoredObject(
      body: Array("hello".utf8), sizeBytes: 5, etag: "\"e\"", lastModified: when, contentType: "text/plain",
      headers: [.init("Cache-Control", "no-cache")], metadata: ["run": "7"],
      checksum: Checksum(.crc32, of: Array("hello".utf8)))
    let part = S3Answer.StoredObject(
      body: Array("ell".utf8), sizeBytes: 5, part: 1..<4, etag: "\"e\"", lastModified: when)
    let list = WireRequest(
      method: "GET", path: "/bucket", query: "list-type=2&delimiter=%2F&max-keys=2&encoding-type=url&start-after=!")
    guard case .s3(.listObjectsV2(let input)) = try list.decoded() else { throw Unexpected() }
    let keys = ["a&b +\u{1}é", "d/1", "z"].map {
      ObjectSummary(key: $0, sizeBytes: 1, etag: "\"e\"", lastModified: when)
    }
    let bucket = S3Answer.BucketSummary(name: "bucket", creationDate: when)
    return [
      sample("s3", "PutObject", .s3(.putObject(etag: "\"e\"", checksum: object.checksum)), get),
      sample("s3", "GetObject", .s3(.getObject(object)), get),
      sample("s3", "GetObject", .s3(.getObject(part)), get, suffix: " part"),
      sample("s3", "HeadObject", .s3(.headObject(object)), WireRequest(method: "HEAD", path: "/bucket/k")),
      sample("s3", "DeleteObject", .s3(.deleteObject), get),
      sample("s3", "ListObjectsV2", .s3(.listObjectsV2(input, ObjectListing(of: keys, for: input))), list),
      sample("s3", "CreateBucket", .s3(.createBucket("bucket")), get),
      sample("s3", "HeadBucket", .s3(.headBucket(region: "us-east-1")), get),
      sample("s3", "ListBuckets", .s3(.listBuckets([bucket], owner: "000000000000")), get),
    ]
  }

  private static func sts() -> [AnswerSamples] {
    let answer = STSAnswer.getCallerIdentity(
      userID: "AKIDEXAMPLE", account: "000000000000", arn: "arn:aws:iam::000000000000:root")
    return [sample("sts", "GetCallerIdentity", .sts(answer), .form("Action=GetCallerIdentity&Version=2011-06-15"))]
  }

  private static func scheduler() -> [AnswerSamples] {
    let get = WireRequest.scheduler("GET", "/schedules/nightly")
    let arn = "arn:aws:scheduler:us-east-1:000000000000:schedule/market/nightly"
    let schedule = WireTree.members([
      "Arn": .text(arn), "CreationDate": .time(when), "Description": nil,
      "FlexibleTimeWindow": .members(["MaximumWindowInMinutes": .integer(15), "Mode": .text("FLEXIBLE")]),
      "GroupName": .text("market"), "Name": .text("nightly"), "StartDate": .time(when), "State": .text("ENABLED"),
      "Target": .members(["RetryPolicy": .members(["MaximumRetryAttempts": .integer(0)])]),
    ])
    let summary = WireTree.members(["Name": .text("nightly"), "Target": .members(["Arn": .text("arn")])])
    let tag = WireTree.members(["Key": .text("env"), "Value": .text("dev")])
    return [
      sample("scheduler", "CreateSchedule", .tree(.members(["ScheduleArn": .text(arn)])), get),
      sample("scheduler", "GetSchedule", .tree(schedule), get),
      sample("scheduler", "DeleteSchedule", .tree(.structure([])), get),
      sample(
        "scheduler", "ListSchedules", .tree(.members(["Schedules": .list([summary]), "NextToken": .text("t")])), get),
      sample("scheduler", "ListTagsForResource", .tree(.members(["Tags": .list([tag])])), get),
    ]
  }

  private static func errors() -> [AnswerSamples] {
    let queue = "Action=SendMessage&Version=2012-11-05"
    let throttled = WireError(
      .tooManyRequests, "Rate Exceeded.", reason: "ReservedFunctionConcurrentInvocationLimitExceeded",
      retryAfterSeconds: 7)
    let table: [(String, String, WireError, WireRequest)] = [
      ("events", "DescribeRule", .noSuchRule("r"), .events("DescribeRule", [:])),
      ("sqs", "SendMessage", .noSuchQueue, .sqs("SendMessage", [:])),
      ("sqs query", "SendMessage", .noSuchQueue, .form(queue)),
      ("lambda", "Invoke", .noSuchFunction(arn), requests[4].1),
      ("lambda throttled", "Invoke", throttled, requests[4].1),
      (
        "scheduler", "CreateSchedule", WireError(.conflict, "Schedule nightly already exists."),
        .scheduler("POST", "/schedules/nightly")
      ),
      (
        "scheduler quota", "CreateScheduleGroup", WireError(.serviceQuotaExceeded, "Too many."),
        .scheduler("POST", "/schedule-groups/market")
      ),
      ("s3", "GetObject", .noSuchKey("a&b"), WireRequest(method: "GET", path: "/bucket/a&b")),
      ("s3 head", "HeadObject", .noSuchKey("k"), WireRequest(method: "HEAD", path: "/bucket/k")),
      ("cloudwatch", "ListMetrics", WireError(.unknownOperation, "no"), requests[6].1),
    ]
    return table.map { label, operation, error, request in
      let words = label.split(separator: " ").map(String.init)
      let response = WireEncoder.encode(error, for: Route(request), requestID: "id-1")
      return AnswerSamples("error \(label)", words[0], operation, response)
    }
  }

  private static func sample(
    _ service: String, _ operation: String, _ answer: WireAnswer, _ request: WireRequest, suffix: String = ""
  ) -> AnswerSamples {
    let response = WireEncoder.encode(answer, for: Route(request), requestID: "id-1")
    return AnswerSamples("\(service) \(operation)\(suffix)", service, operation, response)
  }
}
