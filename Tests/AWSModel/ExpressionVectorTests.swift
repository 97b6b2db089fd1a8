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
}
