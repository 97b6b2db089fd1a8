import AWSModel
import AWSPorts
import Events
import Testing

@Suite struct QueryTests {
  private let model = ModelFixture()

  private func fill() async throws {
    for number in [10, 2, 33, 4, -5] {
      _ = try await model.dynamo(
        "PutItem",
        ["TableName": "counts", "Item": ["id": ["S": "a"], "n": ["N": .string(String(number))], "k": ["S": "x"]]])
    }
    for (sk, day, at) in [("r#1", "d1", 30), ("r#2", "d1", 10), ("s#1", "d2", 20), ("s#2", nil, 5)] {
      var item: JSON = ["pk": ["S": "t"], "sk": ["S": .string(sk)], "at_ms": ["N": .string(String(at))]]
      if let day { item.set("d", ["S": .string(day)]) }
      _ = try await model.dynamo("PutItem", ["TableName": "ledger", "Item": item])
    }
  }

  private func query(_ table: String, _ condition: String, _ values: JSON, _ more: JSON = [:]) -> JSON {
    var input: JSON = [
      "TableName": .string(table), "KeyConditionExpression": .string(condition), "ExpressionAttributeValues": values,
    ]
    for member in more.members ?? [] { input.set(member.key, member.value) }
    return input
  }

  private func numbers(_ answer: JSON) -> [String] {
    answer["Items"]?.elements?.compactMap { $0["n"]?["N"]?.string } ?? []
  }

  private func ranges(_ answer: JSON) -> [String] {
    answer["Items"]?.elements?.compactMap { $0["sk"]?["S"]?.string } ?? []
  }

  static let conditions: [(String, JSON, [String])] = [
    ("id = :a", [":a": ["S": "a"]], ["-5", "2", "4", "10", "33"]),
    ("id = :a AND n = :n", [":a": ["S": "a"], ":n": ["N": "10"]], ["10"]),
    ("id = :a AND n < :n", [":a": ["S": "a"], ":n": ["N": "4"]], ["-5", "2"]),
    ("id = :a AND n <= :n", [":a": ["S": "a"], ":n": ["N": "4"]], ["-5", "2", "4"]),
    ("id = :a AND n > :n", [":a": ["S": "a"], ":n": ["N": "9"]], ["10", "33"]),
    ("n >= :n AND id = :a", [":a": ["S": "a"], ":n": ["N": "10"]], ["10", "33"]),
    ("id = :a AND n BETWEEN :n AND :m", [":a": ["S": "a"], ":n": ["N": "2"], ":m": ["N": "10"]], ["2", "4", "10"]),
    ("(id = :a) AND (n > :n)", [":a": ["S": "a"], ":n": ["N": "10"]], ["33"]),
    ("id = :a", [":a": ["S": "b"]], []),
  ]

  @Test(arguments: conditions)
  func `a key condition takes a part of a partition in order`(
    _ condition: String, _ values: JSON, _ wanted: [String]
  ) async throws {
    try await fill()
    let up = try await model.dynamo("Query", query("counts", condition, values))
    #expect(numbers(up) == wanted)
    #expect(up["Count"]?.int == wanted.count)
    let down = try await model.dynamo("Query", query("counts", condition, values, ["ScanIndexForward": false]))
    #expect(numbers(down) == wanted.reversed())
  }

  @Test func `pages meet at the last key, in both directions, and a full last page has a follower`() async throws {
    try await fill()
    for isForward in [true, false] {
      var pages: [[String]] = []
      var start: JSON?
      repeat {
        let more = JSON(present: ["Limit": 2, "ScanIndexForward": .bool(isForward), "ExclusiveStartKey": start])
        let page = try await model.dynamo("Query", query("counts", "id = :a", [":a": ["S": "a"]], more))
        pages.append(numbers(page))
        start = page["LastEvaluatedKey"]
      } while start != nil
      let all = [["-5", "2"], ["4", "10"], ["33"]]
      #expect(pages == (isForward ? all : [["33", "10"], ["4", "2"], ["-5"]]))
    }
    let five = try await model.dynamo("Query", query("counts", "id = :a", [":a": ["S": "a"]], ["Limit": 5]))
    #expect(five["LastEvaluatedKey"]?.canonicalText == #"{"id":{"S":"a"},"n":{"N":"33"}}"#)
  }

  @Test func `the limit counts what is looked at, not what the filter keeps`() async throws {
    try await fill()
    let more: JSON = ["Limit": 3, "FilterExpression": "k = :k AND n2 = :k"]
    let none = try await model.dynamo(
      "Query", query("counts", "id = :a", [":a": ["S": "a"], ":k": ["S": "x"]], more))
    #expect(none["Count"]?.int == 0)
    #expect(none["ScannedCount"]?.int == 3)
    #expect(none["LastEvaluatedKey"] != nil)
    let keyed = query("counts", "id = :a", [":a": ["S": "a"], ":k": ["N": "1"]], ["FilterExpression": "n = :k"])
    #expect(await model.error("Query", keyed)?.message.hasSuffix("Primary key attribute: n") == true)
  }

  @Test func `a page ends at one megabyte`() async throws {
    let text = JSON.string(String(repeating: "x", count: 300_000))
    for number in 0..<5 {
      let item: JSON = ["pk": ["S": "big"], "sk": ["S": .string("\(number)")], "x": ["S": text]]
      _ = try await model.dynamo("PutItem", ["TableName": "ledger", "Item": item])
    }
    let page = try await model.dynamo("Query", query("ledger", "pk = :p", [":p": ["S": "big"]]))
    #expect(ranges(page) == ["0", "1", "2", "3"])
    let rest = try await model.dynamo(
      "Query",
      query("ledger", "pk = :p", [":p": ["S": "big"]], ["ExclusiveStartKey": try #require(page["LastEvaluatedKey"])]))
    #expect(ranges(rest) == ["4"])
    #expect(rest["LastEvaluatedKey"] == nil)
  }

  @Test func `an index has the items that have its keys, in its own order`() async throws {
    try await fill()
    let begins = try await model.dynamo(
      "Query", query("ledger", "pk = :p AND begins_with(sk, :s)", [":p": ["S": "t"], ":s": ["S": "s#"]]))
    #expect(ranges(begins) == ["s#1", "s#2"])
    let first = try await model.dynamo(
      "Query", query("ledger", "pk = :p AND begins_with(sk, :s)", [":p": ["S": "t"], ":s": ["S": "r#"]]))
    #expect(ranges(first) == ["r#1", "r#2"])
    let day = query("ledger", "d = :d", [":d": ["S": "d1"]], ["IndexName": "by-day", "Limit": 1])
    let page = try await model.dynamo("Query", day)
    #expect(ranges(page) == ["r#2"])
    var next = day
    next.set("ExclusiveStartKey", try #require(page["LastEvaluatedKey"]))
    #expect(ranges(try await model.dynamo("Query", next)) == ["r#1"])
    let move: JSON = [
      "TableName": "ledger", "Key": ["pk": ["S": "t"], "sk": ["S": "r#2"]], "UpdateExpression": "REMOVE d",
    ]
    _ = try await model.dynamo("UpdateItem", move)
    #expect(ranges(try await model.dynamo("Query", day)) == ["r#1"])
    var consistent = day
    consistent.set("ConsistentRead", true)
    #expect(
      await model.error("Query", consistent)?.message
        == "Consistent reads are not supported on global secondary indexes")
  }

  static let refusals: [(String, JSON, String)] = [
    ("n = :n", [":n": ["N": "1"]], "missed key schema element: id"),
    ("id > :a", [":a": ["S": "a"]], "Query key condition not supported"),
    ("id = :a OR n = :n", [":a": ["S": "a"], ":n": ["N": "1"]], "Invalid operator"),
    ("id = :a AND k = :a", [":a": ["S": "a"]], "missed key schema element"),
    ("id = :a AND n = :a", [":a": ["S": "a"]], "does not match schema type"),
    ("id = :a AND id = :b", [":a": ["S": "a"], ":b": ["S": "b"]], "one condition per key"),
    ("id = :a AND n <> :n", [":a": ["S": "a"], ":n": ["N": "1"]], "Invalid operator"),
  ]

  @Test(arguments: refusals)
  func `other key conditions are refused`(_ condition: String, _ values: JSON, _ part: String) async throws {
    let error = await model.error("Query", query("counts", condition, values))
    #expect(error?.code == "ValidationException")
    #expect(error?.message.contains(part) == true, "\(error?.message ?? "no error")")
  }

  @Test func `a scan goes through the whole table by pages`() async throws {
    try await fill()
    var seen: [String] = []
    var start: JSON?
    repeat {
      let page = try await model.dynamo(
        "Scan", JSON(present: ["TableName": "ledger", "Limit": 3, "ExclusiveStartKey": start]))
      seen += ranges(page)
      start = page["LastEvaluatedKey"]
    } while start != nil
    #expect(seen == ["r#1", "r#2", "s#1", "s#2"])
  }

  @Test func `a stretch of a long partition is the one that a filter would keep`() async throws {
    var dice = SplitMix64(seed: 5)
    let numbers = Set((0..<200).map { _ in Int(dice.next() % 1_000) - 500 })
    for number in numbers {
      _ = try await model.dynamo(
        "PutItem", ["TableName": "counts", "Item": ["id": ["S": "a"], "n": ["N": .string("\(number)")]]])
    }
    let tests: [(String, @Sendable (Int, Int, Int) -> Bool)] = [
      ("n = :x", { n, x, _ in n == x }), ("n < :x", { n, x, _ in n < x }), ("n <= :x", { n, x, _ in n <= x }),
      ("n > :x", { n, x, _ in n > x }), ("n >= :x", { n, x, _ in n >= x }),
      ("n BETWEEN :x AND :y", { n, x, y in n >= x && n <= y }),
    ]
    for round in 0..<60 {
      let (low, high) = (Int(dice.next() % 1_000) - 500, Int(dice.next() % 500) + 500)
      let (condition, keeps) = tests[round % tests.count]
      var values: JSON = [":a": ["S": "a"], ":x": ["N": .string("\(low)")]]
      if condition.contains(":y") { values.set(":y", ["N": .string("\(high)")]) }
      let answer = try await model.dynamo("Query", query("counts", "id = :a AND \(condition)", values))
      let wanted = numbers.sorted().filter { keeps($0, low, high) }
      #expect(self.numbers(answer) == wanted.map(String.init), "\(condition) of \(low) and \(high)")
    }
  }
}
