import AWSModel
import AWSPorts
import Events
import Testing

@Suite struct ExpressionVectorTests {
  @Test func `every row has a name of its own`() throws {
    for name in ["dynamodb-conditions", "dynamodb-updates"] {
      let rows = try ModelVectors.rows(name)
      #expect(Set(rows.map(\.id)).count == rows.count)
      #expect(rows.count >= 60)
    }
  }

  @Test(arguments: try ModelVectors.rows("dynamodb-conditions").dropFirst())
  func `a condition is true, false or refused as DynamoDB says`(_ row: ModelVectors.Row) async throws {
    let model = ModelFixture()
    let item = try #require(try ModelVectors.rows("dynamodb-conditions").first?.json["item"])
    _ = try await model.dynamo("PutItem", ["TableName": "control", "Item": item])
    let input = JSON(present: [
      "TableName": "control", "Key": ["id": ["S": "k"]], "ConditionExpression": row.json["expression"],
      "ExpressionAttributeNames": row.json["names"], "ExpressionAttributeValues": row.json["values"],
    ])
    let error = await model.error("DeleteItem", input)
    switch row.json["verdict"]?.string {
    case "true": #expect(error == nil)
    case "false": #expect(error?.code == "ConditionalCheckFailedException", "\(String(describing: error))")
    default:
      #expect(error?.code == "ValidationException")
      let part = try #require(row.json["error"]?.string)
      #expect(error?.message.contains(part) == true, "\(error?.message ?? "no error")")
    }
    #expect(model.cloud.items(in: "control").isEmpty == (error == nil))
  }

  @Test(arguments: try ModelVectors.rows("dynamodb-updates"))
  func `an update leaves what DynamoDB leaves`(_ row: ModelVectors.Row) async throws {
    let model = ModelFixture()
    var item = try #require(row.json["item"])
    item.set("id", ["S": "k"])
    _ = try await model.dynamo("PutItem", ["TableName": "control", "Item": item])
    var input = JSON(present: [
      "TableName": "control", "Key": ["id": ["S": "k"]], "UpdateExpression": row.json["expression"],
      "ExpressionAttributeNames": row.json["names"], "ExpressionAttributeValues": row.json["values"],
    ])
    if let part = row.json["error"]?.string {
      let error = await model.error("UpdateItem", input)
      #expect(error?.code == "ValidationException")
      #expect(error?.message.contains(part) == true, "\(error?.message ?? "no error")")
      #expect(model.cloud.items(in: "control").map(\.canonicalText) == [item.canonicalText])
      return
    }
    input.set("ReturnValues", row.json["updated"] == nil ? "NONE" : "UPDATED_NEW")
    let answer = try await model.dynamo("UpdateItem", input)
    #expect(answer["Attributes"]?.canonicalText == row.json["updated"]?.canonicalText)
    var after = try #require(row.json["after"])
    after.set("id", ["S": "k"])
    #expect(model.cloud.items(in: "control").map(\.canonicalText) == [after.canonicalText])
  }

  @Test(arguments: try ModelVectors.rows("dynamodb-numbers"))
  func `a number is kept exactly, in plain notation, or refused`(_ row: ModelVectors.Row) async throws {
    let model = ModelFixture()
    let item: JSON = ["id": ["S": "k"], "n": ["N": try #require(row.json["number"])]]
    let error = await model.error("PutItem", ["TableName": "control", "Item": item])
    #expect(model.cloud.items(in: "control").first?["n"]?["N"] == row.json["text"])
    guard let part = row.json["error"]?.string else { return }
    #expect(error?.code == "ValidationException")
    #expect(error?.message.contains(part) == true, "\(error?.message ?? "no error")")
  }

  @Test func `sums and orders are those of whole numbers, whatever they are`() async throws {
    let model = ModelFixture()
    var dice = SplitMix64(seed: 11)
    for round in 0..<300 {
      let left = Int(Int64(bitPattern: dice.next()) >> Int64(2 + dice.next() % 60))
      let right = Int(Int64(bitPattern: dice.next()) >> Int64(2 + dice.next() % 60))
      let item: JSON = ["id": ["S": "k"], "n": ["N": .string("\(left)")]]
      _ = try await model.dynamo("PutItem", ["TableName": "control", "Item": item])
      let input: JSON = [
        "TableName": "control", "Key": ["id": ["S": "k"]], "UpdateExpression": "SET p = n + :v, m = n - :v",
        "ConditionExpression": .string("n \(left < right ? "<" : left > right ? ">" : "=") :v"),
        "ExpressionAttributeValues": [":v": ["N": .string("\(right)")]], "ReturnValues": "UPDATED_NEW",
      ]
      let after = try await model.dynamo("UpdateItem", input)["Attributes"]
      #expect(after?["p"]?["N"]?.string == "\(left + right)", "round \(round): \(left) and \(right)")
      #expect(after?["m"]?["N"]?.string == "\(left - right)", "round \(round): \(left) and \(right)")
    }
  }

  @Test func `an expression has at most 4 KB and 300 operators, an IN 100 choices`() async throws {
    func verdict(_ expression: String, _ count: Int) async -> String? {
      let model = ModelFixture()
      var values: JSON = [:]
      for index in 0..<count { values.set(":\(index)", ["N": .string("\(index)")]) }
      let input: JSON = [
        "TableName": "control", "Item": ["id": ["S": "k"]], "ConditionExpression": .string(expression),
        "ExpressionAttributeValues": values,
      ]
      let error = await model.error("PutItem", input)
      return error?.code == "ConditionalCheckFailedException" ? nil : error?.message
    }
    func sums(_ count: Int) -> String { (0..<count).map { "a=:\($0)" }.joined(separator: " OR ") }
    func choices(_ count: Int) -> String { "a IN (\((0..<count).map { ":\($0)" }.joined(separator: ",")))" }
    #expect(await verdict(sums(150), 150) == nil)
    #expect(await verdict(sums(151), 151)?.contains("too many operators") == true)
    #expect(await verdict(choices(100), 100) == nil)
    #expect(await verdict(choices(101), 101)?.contains("IN operator") == true)
    let long = "a = :0" + String(repeating: " ", count: 4_090)
    #expect(await verdict(long, 1) == nil)
    #expect(await verdict(long + " ", 1)?.contains("Expression size has exceeded") == true)
  }
}
