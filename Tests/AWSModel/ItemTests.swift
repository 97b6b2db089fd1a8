import AWSModel
import AWSPorts
import Events
import Testing

@Suite struct ItemTests {
  private let model = ModelFixture()

  private func put(_ item: JSON, _ more: KeyValuePairs<String, JSON?> = [:]) -> JSON {
    var input = JSON(present: more)
    input.set("TableName", "control")
    input.set("Item", item)
    return input
  }

  @Test func `an item is read as it was written, numbers in plain notation`() async throws {
    let item: JSON = ["id": ["S": "a"], "n": ["N": "1.50E2"], "l": ["L": [["BOOL": true], ["NULL": true]]]]
    _ = try await model.dynamo("PutItem", put(item))
    let answer = try await model.dynamo("GetItem", ["TableName": "control", "Key": ["id": ["S": "a"]]])
    #expect(
      answer["Item"]?.canonicalText == #"{"id":{"S":"a"},"l":{"L":[{"BOOL":true},{"NULL":true}]},"n":{"N":"150"}}"#)
    let none = try await model.dynamo("GetItem", ["TableName": "control", "Key": ["id": ["S": "b"]]])
    #expect(none == [:])
  }

  @Test func `a projection keeps the places it names`() async throws {
    let item: JSON = [
      "id": ["S": "a"], "m": ["M": ["x": ["N": "1"], "y": ["N": "2"]]], "l": ["L": [["N": "1"], ["N": "2"]]],
    ]
    _ = try await model.dynamo("PutItem", put(item))
    let answer = try await model.dynamo(
      "GetItem",
      [
        "TableName": "control", "Key": ["id": ["S": "a"]], "ProjectionExpression": "#m.y, l[1], nope",
        "ExpressionAttributeNames": ["#m": "m"],
      ])
    #expect(answer["Item"]?.canonicalText == #"{"l":{"L":[{"N":"2"}]},"m":{"M":{"y":{"N":"2"}}}}"#)
  }

  @Test func `a refused condition shows the item to who asks for it`() async throws {
    _ = try await model.dynamo("PutItem", put(["id": ["S": "a"], "owner": ["S": "me"]]))
    let again = put(["id": ["S": "a"]], ["ConditionExpression": "attribute_not_exists(id)"])
    let plain = try #require(await model.error("PutItem", again))
    #expect(plain.code == "ConditionalCheckFailedException")
    #expect(plain.status == 400)
    #expect(plain.isDoubtful == false)
    #expect(plain.body["Item"] == nil)
    var asking = again
    asking.set("ReturnValuesOnConditionCheckFailure", "ALL_OLD")
    let shown = try #require(await model.error("PutItem", asking))
    #expect(shown.body["Item"]?["owner"] == ["S": "me"])
  }

  @Test(arguments: [
    ("NONE", nil), ("ALL_OLD", #"{"id":{"S":"a"},"n":{"N":"1"},"s":{"S":"x"}}"#),
    ("ALL_NEW", #"{"id":{"S":"a"},"n":{"N":"2"},"s":{"S":"x"}}"#), ("UPDATED_OLD", #"{"n":{"N":"1"}}"#),
    ("UPDATED_NEW", #"{"n":{"N":"2"}}"#),
  ])
  func `an update returns what it is asked for`(_ asked: String, _ text: String?) async throws {
    _ = try await model.dynamo("PutItem", put(["id": ["S": "a"], "n": ["N": "1"], "s": ["S": "x"]]))
    let answer = try await model.dynamo(
      "UpdateItem",
      [
        "TableName": "control", "Key": ["id": ["S": "a"]], "UpdateExpression": "ADD n :one",
        "ExpressionAttributeValues": [":one": ["N": "1"]], "ReturnValues": .string(asked),
      ])
    #expect(answer["Attributes"]?.canonicalText == text)
  }

  @Test func `an update of what is not there makes it, and a refused one does not`() async throws {
    let update: JSON = [
      "TableName": "control", "Key": ["id": ["S": "a"]], "UpdateExpression": "ADD n :one",
      "ExpressionAttributeValues": [":one": ["N": "1"]],
    ]
    var conditional = update
    conditional.set("ConditionExpression", "attribute_exists(id)")
    #expect(await model.error("UpdateItem", conditional)?.code == "ConditionalCheckFailedException")
    #expect(model.cloud.items(in: "control").isEmpty)
    _ = try await model.dynamo("UpdateItem", update)
    #expect(model.cloud.items(in: "control").map(\.text) == [#"{"id":{"S":"a"},"n":{"N":"1"}}"#])
  }

  static let refusals: [(String, String, JSON, String, String)] = [
    (
      "no table", "PutItem", ["TableName": "nope", "Item": ["id": ["S": "a"]]], "ResourceNotFoundException", "resource"
    ),
    (
      "no key", "PutItem", ["TableName": "control", "Item": ["x": ["S": "a"]]], "ValidationException", "Missing the key"
    ),
    (
      "key of another type", "PutItem", ["TableName": "control", "Item": ["id": ["N": "1"]]], "ValidationException",
      "Type mismatch for key id expected: S actual: N"
    ),
    (
      "an empty key", "PutItem", ["TableName": "control", "Item": ["id": ["S": ""]]], "ValidationException",
      "empty string value"
    ),
    (
      "a key too long", "PutItem",
      ["TableName": "control", "Item": ["id": ["S": .string(String(repeating: "k", count: 2_049))]]],
      "ValidationException", "maximum size limit of 2048 bytes"
    ),
    (
      "too many keys", "GetItem", ["TableName": "control", "Key": ["id": ["S": "a"], "x": ["S": "a"]]],
      "ValidationException", "key element does not match the schema"
    ),
    (
      "no type", "PutItem", ["TableName": "control", "Item": ["id": ["S": "a"], "x": [:]]], "ValidationException",
      "must contain exactly one"
    ),
    (
      "two types", "PutItem", ["TableName": "control", "Item": ["id": ["S": "a"], "x": ["S": "a", "N": "1"]]],
      "ValidationException", "more than one datatypes set"
    ),
    (
      "no number", "PutItem", ["TableName": "control", "Item": ["id": ["S": "a"], "x": ["N": "1x"]]],
      "ValidationException", "cannot be converted to a numeric value"
    ),
    (
      "an empty set", "PutItem", ["TableName": "control", "Item": ["id": ["S": "a"], "x": ["SS": []]]],
      "ValidationException", "may not be empty"
    ),
    (
      "a set with repeats", "PutItem",
      ["TableName": "control", "Item": ["id": ["S": "a"], "x": ["NS": ["1", "1.0"]]]], "ValidationException",
      "contains duplicates"
    ),
    (
      "an item too large", "PutItem",
      [
        "TableName": "control",
        "Item": ["id": ["S": "a"], "x": ["S": .string(String(repeating: "x", count: 409_600))]],
      ],
      "ValidationException", "Item size has exceeded"
    ),
    (
      "a number too large", "PutItem", ["TableName": "control", "Item": ["id": ["S": "a"], "x": ["N": "1E126"]]],
      "ValidationException", "Number overflow"
    ),
    (
      "values without an expression", "PutItem",
      ["TableName": "control", "Item": ["id": ["S": "a"]], "ExpressionAttributeValues": [":v": ["N": "1"]]],
      "ValidationException", "can only be specified when using expressions"
    ),
    (
      "an index key of another type", "PutItem",
      ["TableName": "ledger", "Item": ["pk": ["S": "a"], "sk": ["S": "b"], "d": ["N": "1"]]], "ValidationException",
      "Type mismatch for Index Key d"
    ),
    (
      "what a put can't return", "PutItem",
      ["TableName": "control", "Item": ["id": ["S": "a"]], "ReturnValues": "ALL_NEW"], "ValidationException",
      "Return values set to invalid value"
    ),
    (
      "a misspelt member", "PutItem",
      ["TableName": "control", "Item": ["id": ["S": "a"]], "ConditionExpresion": "attribute_exists(id)"],
      "ValidationException", "knows no member ConditionExpresion"
    ),
    ("no such operation", "ExecuteStatement", [:], "UnknownOperationException", "no ExecuteStatement"),
  ]

  @Test(arguments: refusals)
  func `what DynamoDB refuses is refused with its code`(
    _ id: String, _ operation: String, _ input: JSON, _ code: String, _ part: String
  ) async throws {
    let error = try #require(await model.error(operation, input))
    #expect(error.code == code)
    #expect(error.message.contains(part), "\(error.message)")
    #expect(model.cloud.items(in: "control").isEmpty)
  }

  @Test func `an item of exactly 400 KB is kept`() async throws {
    let text = String(repeating: "x", count: 409_600 - 2 - 1 - 1)
    _ = try await model.dynamo("PutItem", put(["id": ["S": "a"], "x": ["S": .string(text)]]))
    let grow: JSON = [
      "TableName": "control", "Key": ["id": ["S": "a"]], "UpdateExpression": "SET y = :v",
      "ExpressionAttributeValues": [":v": ["BOOL": true]],
    ]
    #expect(
      await model.error("UpdateItem", grow)?.message == "Item size to update has exceeded the maximum allowed size")
  }

  @Test func `batches get and write many items, each of them once`() async throws {
    let writes: [JSON] = (0..<25).map { ["PutRequest": ["Item": ["id": ["S": .string("k\($0)")]]]] }
    let written = try await model.dynamo("BatchWriteItem", ["RequestItems": ["control": .array(writes)]])
    #expect(written == ["UnprocessedItems": [:]])
    let keys: [JSON] = (20..<30).map { ["id": ["S": .string("k\($0)")]] }
    let read = try await model.dynamo("BatchGetItem", ["RequestItems": ["control": ["Keys": .array(keys)]]])
    #expect(read["Responses"]?["control"]?.elements?.count == 5)
    let twice: JSON = ["RequestItems": ["control": ["Keys": .array([keys[0], keys[0]])]]]
    #expect(await model.error("BatchGetItem", twice)?.message == "Provided list of item keys contains duplicates")
    let many: [JSON] = (0...100).map { ["id": ["S": .string("k\($0)")]] }
    let error = await model.error("BatchGetItem", ["RequestItems": ["control": ["Keys": .array(many)]]])
    #expect(error?.message == "Too many items requested for the BatchGetItem call")
  }
}
