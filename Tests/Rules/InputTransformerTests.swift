import Events
import Rules
import Testing

@Suite struct InputTransformerTests {
  private static let rule = RuleNames(
    name: "example", arn: ResourceNames(account: "123456789012", region: "us-east-1").rule("example"))

  /// The event of the user guide's examples, its detail richer.
  static func guideEvent() throws -> Event {
    let text = """
      {"version":"0","id":"7bf73129-1428-4cd3-a780-95db273d1602",
      "detail-type":"EC2 Instance State-change Notification","source":"aws.ec2","account":"123456789012",
      "time":"2015-11-11T21:29:54Z","region":"us-east-1",
      "resources":["arn:aws:ec2:us-east-1:123456789012:instance/i-abcd1111"],
      "detail":{"instance-id":"i-0123456789","state":"RUNNING","count":3,"ratio":1.50,"ok":true,"none":null,
      "tags":["a","b"],"list":[{"id":1},{"id":2}],"text":"say \\"hi\\"\\n","a/b":"slash"}}
      """
    return try #require(Event(try JSON(parsing: text)))
  }

  @Test(arguments: try InputVector.load("transformers"))
  func `a template gives what AWS gives, or is refused in its words`(_ vector: InputVector) throws {
    let row = vector.row
    let template = try #require(row["template"]?.string)
    let paths = try #require(row["paths"]?.members).map { (name: $0.key, path: $0.value.string ?? "") }
    if let expected = row["error"]?.string {
      let error = #expect(throws: InputError.self) { try InputTransformer(paths: paths, template: template) }
      #expect(error?.message(target: "t1") == expected)
    } else {
      let event = try row["event"].map { try #require(Event($0)) } ?? Self.guideEvent()
      let transformer = try InputTransformer(paths: paths, template: template)
      let ingestion = try #require(Timestamp("2015-11-11T21:30:00Z"))
      let body = transformer.body(for: event, rule: Self.rule, ingestionTime: ingestion)
      #expect(body == row["output"]?.string)
    }
  }

  @Test func `the longest template and the most paths are taken, one more is refused`() throws {
    let filler = String(repeating: "x", count: InputTransformer.templateLengthMax - 2)
    _ = try InputTransformer(paths: [], template: "\"\(filler)\"")
    #expect(throws: InputError.templateLength(8_193)) {
      try InputTransformer(paths: [], template: "\"\(filler)x\"")
    }
    let paths = (0..<InputTransformer.pathsMax).map { (name: "v\($0)", path: "$.id") }
    _ = try InputTransformer(paths: paths, template: "\"<v99>\"")
    #expect(throws: InputError.tooManyPaths(101)) {
      try InputTransformer(paths: paths + [(name: "w", path: "$.id")], template: "1")
    }
  }

  @Test func `a filled template is JSON whatever the event holds`() throws {
    let transformer = try InputTransformer(
      paths: [(name: "v", path: "$.detail.v")], template: #"{"bare": <v>, "quoted": "a \"<v>\" b\\"}"#)
    let values: [JSON] = [
      "\"", "\\", "</script>", "<v>", "\u{0}\u{1F}", "한국어", ["a": ["\"", "\\"]], ["x", .null], 1.5, true, .null,
    ]
    for value in values {
      let event = Event(
        id: "1", source: "s", detailType: "d", account: "1", region: "r", time: .epoch, resources: [],
        detail: ["v": value])
      let body = transformer.body(for: event, rule: Self.rule, ingestionTime: .epoch)
      let json = try JSON(parsing: body)
      #expect(json["bare"] == value)
      #expect(json["quoted"]?.string == "a \"\(value.string ?? value.text)\" b\\")
    }
  }
}

@Suite struct TargetInputTests {
  private func body(_ input: TargetInput) throws -> String {
    let rule = RuleNames(name: "r", arn: ResourceNames(account: "1", region: "r").rule("r"))
    return try input.body(for: InputTransformerTests.guideEvent(), rule: rule, ingestionTime: .epoch)
  }

  @Test func `no input is the whole event in the order of its members`() throws {
    let input = try TargetInput(constant: nil, path: nil, transformer: nil)
    #expect(try body(input) == InputTransformerTests.guideEvent().json.text)
  }

  @Test func `a constant is sent as it was written`() throws {
    let text = "{ \"a\" : 1.0 }"
    #expect(try body(TargetInput(constant: text, path: nil, transformer: nil)) == text)
    let error = #expect(throws: InputError.self) {
      try TargetInput(constant: "hello", path: nil, transformer: nil)
    }
    #expect(error?.message(target: "t1") == "JSON syntax error in input for target t1.")
  }

  @Test func `a path to a string gives the string with its quotes`() throws {
    #expect(try body(TargetInput(constant: nil, path: "$.detail.state", transformer: nil)) == "\"RUNNING\"")
    #expect(try body(TargetInput(constant: nil, path: "$.detail.list[1]", transformer: nil)) == "{\"id\":2}")
  }

  @Test func `a path to nothing is an error that names it`() throws {
    let input = try TargetInput(constant: nil, path: "$.detail.nothing", transformer: nil)
    #expect(throws: InputError.nothingAtPath("$.detail.nothing")) { try body(input) }
  }

  @Test func `a target has one way to shape its input`() throws {
    let error = #expect(throws: InputError.self) {
      try TargetInput(constant: "1", path: "$", transformer: nil)
    }
    let message = "Only one of Input, InputPath, or InputTransformer must be provided for target t1."
    #expect(error?.message(target: "t1") == message)
  }

  @Test(arguments: [
    "", "detail", "$.", "$detail", "$..a", "$.a.", "$.a[", "$.a[]", "$.a[-1]", "$.a['b']", "$.a[?(@.b)]", "$.a b",
    "$.a[99999999999999999999]",
  ])
  func `a path outside EventBridge's subset is refused`(_ text: String) {
    #expect(throws: InputError.invalidPath(text)) { try EventPath(text) }
  }

  @Test(arguments: [
    ("$", true), ("$.detail-type", true), ("$.detail.list[0].id", true), ("$.detail.*", true), ("$.resources[0]", true),
    ("$.detail.list[2]", false), ("$.detail.state.x", false), ("$.id[0]", false),
  ])
  func `a path in the subset finds what is there`(_ text: String, _ isThere: Bool) throws {
    let event = try InputTransformerTests.guideEvent()
    #expect((try EventPath(text).value(in: event.json) != nil) == isThere)
  }
}
