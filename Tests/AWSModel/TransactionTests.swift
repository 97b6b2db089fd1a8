import AWSModel
import AWSPorts
import Engine
import Events
import Simulation
import Testing

@Suite struct TransactionTests {
  private let model = ModelFixture()

  private func put(_ id: String, isNew: Bool = false, shows: Bool = false) -> JSON {
    [
      "Put": JSON(present: [
        "TableName": "control", "Item": ["id": ["S": .string(id)]],
        "ConditionExpression": isNew ? "attribute_not_exists(id)" : nil,
        "ReturnValuesOnConditionCheckFailure": shows ? "ALL_OLD" : nil,
      ])
    ]
  }

  private func count(_ id: String, max: Int) -> JSON {
    [
      "Update": [
        "TableName": "control", "Key": ["id": ["S": .string(id)]], "UpdateExpression": "ADD n :one",
        "ConditionExpression": "attribute_not_exists(n) OR n < :max",
        "ExpressionAttributeValues": [":one": ["N": "1"], ":max": ["N": .string(String(max))]],
      ]
    ]
  }

  private func check(_ id: String, is value: String) -> JSON {
    [
      "ConditionCheck": [
        "TableName": "control", "Key": ["id": ["S": .string(id)]],
        "ConditionExpression": "attribute_not_exists(#s) OR #s = :v", "ExpressionAttributeNames": ["#s": "state"],
        "ExpressionAttributeValues": [":v": ["S": .string(value)]],
      ]
    ]
  }

  private func transaction(_ items: [JSON], token: String? = nil) -> JSON {
    JSON(present: ["TransactItems": .array(items), "ClientRequestToken": token.map { .string($0) }])
  }

  @Test func `all of it is done or nothing, with a reason for each item in order`() async throws {
    let items = [put("idem", isNew: true, shows: true), check("breaker", is: "CLOSED"), count("rate", max: 1)]
    _ = try await model.dynamo("TransactWriteItems", transaction(items))
    let before = model.cloud.items(in: "control")
    #expect(before.map(\.text) == [#"{"id":{"S":"idem"}}"#, #"{"id":{"S":"rate"},"n":{"N":"1"}}"#])
    let error = try #require(await model.error("TransactWriteItems", transaction([put("other")] + items)))
    #expect(error.code == "TransactionCanceledException")
    #expect(error.message.hasSuffix("[None, ConditionalCheckFailed, None, ConditionalCheckFailed]"))
    let reasons = try #require(error.body["CancellationReasons"]?.elements)
    #expect(reasons.map { $0["Code"]?.string } == ["None", "ConditionalCheckFailed", "None", "ConditionalCheckFailed"])
    #expect(reasons.map { $0["Item"]?.text } == [nil, #"{"id":{"S":"idem"}}"#, nil, nil])
    #expect(reasons[0] == ["Code": "None"])
    #expect(model.cloud.items(in: "control") == before)
  }

  @Test func `a token that has gone through writes nothing for ten minutes`() async throws {
    let items = [count("rate", max: 100)]
    for _ in 0..<3 { _ = try await model.dynamo("TransactWriteItems", transaction(items, token: "t-1")) }
    #expect(model.cloud.items(in: "control").first?["n"] == ["N": "1"])
    let other = await model.error("TransactWriteItems", transaction([count("rate", max: 99)], token: "t-1"))
    #expect(other?.code == "IdempotentParameterMismatchException")
    model.clock.advance(by: .seconds(599))
    _ = try await model.dynamo("TransactWriteItems", transaction(items, token: "t-1"))
    #expect(model.cloud.items(in: "control").first?["n"] == ["N": "1"])
    model.clock.advance(by: .seconds(1))
    _ = try await model.dynamo("TransactWriteItems", transaction(items, token: "t-1"))
    #expect(model.cloud.items(in: "control").first?["n"] == ["N": "2"])
  }

  @Test func `a token whose transaction was cancelled may be tried again`() async throws {
    _ = try await model.dynamo("TransactWriteItems", transaction([put("a")]))
    let items = [put("a", isNew: true)]
    #expect(
      await model.error("TransactWriteItems", transaction(items, token: "t"))?.code == "TransactionCanceledException")
    _ = try await model.dynamo("DeleteItem", ["TableName": "control", "Key": ["id": ["S": "a"]]])
    _ = try await model.dynamo("TransactWriteItems", transaction(items, token: "t"))
    #expect(model.cloud.items(in: "control").count == 1)
  }

  @Test func `the same item twice, none, and more than a hundred are refused`() async throws {
    let twice = await model.error("TransactWriteItems", transaction([put("a"), check("a", is: "x")]))
    #expect(twice?.code == "ValidationException")
    #expect(twice?.message == "Transaction request cannot include multiple operations on one item")
    let many = (0...100).map { put("k\($0)") }
    #expect(await model.error("TransactWriteItems", transaction(many))?.code == "ValidationException")
    #expect(await model.error("TransactWriteItems", transaction([]))?.code == "ValidationException")
    #expect(model.cloud.items(in: "control").isEmpty)
    _ = try await model.dynamo("TransactWriteItems", transaction(Array(many.dropLast())))
    #expect(model.cloud.items(in: "control").count == 100)
  }

  @Test func `an error in an expression refuses the request, an item that does not fit it cancels it`() async throws {
    let wrong: JSON = [
      "Update": ["TableName": "control", "Key": ["id": ["S": "a"]], "UpdateExpression": "SET status = :v"]
    ]
    #expect(await model.error("TransactWriteItems", transaction([put("b"), wrong]))?.code == "ValidationException")
    _ = try await model.dynamo("PutItem", ["TableName": "control", "Item": ["id": ["S": "rate"], "n": ["S": "x"]]])
    let unfit: JSON = [
      "Update": [
        "TableName": "control", "Key": ["id": ["S": "rate"]], "UpdateExpression": "ADD n :one",
        "ExpressionAttributeValues": [":one": ["N": "1"]],
      ]
    ]
    let error = await model.error("TransactWriteItems", transaction([put("b"), unfit]))
    #expect(error?.code == "TransactionCanceledException")
    #expect(error?.body["CancellationReasons"]?.elements?.last?["Code"] == "ValidationError")
    #expect(model.cloud.items(in: "control").count == 1)
  }

  @Test func `one of sixteen callers wins, whoever comes first`() async throws {
    let cloud = model.cloud
    let input = transaction([put("idem", isNew: true), check("breaker", is: "CLOSED"), count("rate", max: 10)])
    let wins = await withTaskGroup(of: Bool.self) { group in
      for _ in 0..<16 {
        group.addTask {
          do throws(AWSError) {
            _ = try await cloud.call(.dynamoDB, "TransactWriteItems", input)
            return true
          } catch {
            return false
          }
        }
      }
      return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
    }
    #expect(wins == 1)
    #expect(cloud.items(in: "control").map(\.text) == [#"{"id":{"S":"idem"}}"#, #"{"id":{"S":"rate"},"n":{"N":"1"}}"#])
  }

  @Test func `a transaction reads what is there, in order`() async throws {
    _ = try await model.dynamo("TransactWriteItems", transaction([put("a"), count("b", max: 2)]))
    let gets: [JSON] = ["b", "nope", "a"].map { ["Get": ["TableName": "control", "Key": ["id": ["S": .string($0)]]]] }
    let answer = try await model.dynamo("TransactGetItems", transaction(gets))
    #expect(
      await model.error("TransactGetItems", transaction([gets[0], gets[0]]))?.message
        == "Transaction request cannot include multiple operations on one item")
    #expect(
      answer["Responses"]?.text == #"[{"Item":{"id":{"S":"b"},"n":{"N":"1"}}},{},{"Item":{"id":{"S":"a"}}}]"#)
  }
}
