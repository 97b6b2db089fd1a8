import Events
import Logs
import Testing

private func refused(_ token: String, for list: String) -> Bool {
  do throws(LogsError) {
    _ = try LogCursor(token: token, for: list)
    return false
  } catch {
    return error.code == .invalidParameter && error.message == "The specified nextToken is invalid."
  }
}

@Test func `a token looks like CloudWatch Logs' own`() {
  let cursor = LogCursor(.forward, timestamp: Timestamp(seconds: 1_757_455_200), sequence: 7)
  let token = cursor.token(for: "/aws/lambda/orders")
  #expect(token.hasPrefix("f/0000001757455200000"))
  #expect(token.utf8.count == 58)
  let isDigits = token.dropFirst(2).allSatisfy(\.isNumber)
  #expect(isDigits)
  #expect(LogCursor(.backward, timestamp: .epoch, sequence: 0).token(for: "").hasPrefix("b/0"))
}

@Test func `every cursor comes back from its token`() throws {
  for seed in UInt64(0)..<300 {
    var dice = SplitMix64(seed: seed)
    let direction = try #require(LogCursor.Direction.allCases.randomElement(using: &dice))
    let timestamp = Timestamp(milliseconds: Int64.random(in: 0...Int64.max, using: &dice))
    let cursor = LogCursor(direction, timestamp: timestamp, sequence: Int64.random(in: 0...Int64.max, using: &dice))
    #expect(try LogCursor(token: cursor.token(for: "g"), for: "g") == cursor, "seed \(seed)")
  }
}

@Test func `a turn steps over the event, and back again`() {
  let behind = LogCursor(.forward, timestamp: Timestamp(seconds: 5), sequence: 3)
  let before = LogCursor(.backward, timestamp: Timestamp(seconds: 5), sequence: 4)
  #expect(behind.turned(.backward) == before)
  #expect(before.turned(.forward) == behind)
  #expect(behind.turned(.forward) == behind)
  #expect(before.turned(.backward) == before)
  let first = LogCursor(.backward, timestamp: .epoch, sequence: 0)
  #expect(first.turned(.forward).sequence == 0)
  let last = LogCursor(.forward, timestamp: .epoch, sequence: .max)
  #expect(last.turned(.backward).sequence == .max)
}

@Test func `a token with one digit changed is refused`() {
  let token = Array(LogCursor(.forward, timestamp: Timestamp(seconds: 5), sequence: 3).token(for: "g").utf8)
  for place in token.indices.dropFirst(2) {
    for digit in UInt8(ascii: "0")...UInt8(ascii: "9") where digit != token[place] {
      var other = token
      other[place] = digit
      #expect(refused(String(decoding: other, as: UTF8.self), for: "g"), "digit \(place)")
    }
  }
}

@Test func `a token of another direction or list is refused`() {
  let token = LogCursor(.forward, timestamp: Timestamp(seconds: 5), sequence: 3).token(for: "g")
  #expect(!refused(token, for: "g"))
  #expect(refused(token, for: "h"))
  #expect(refused("b" + token.dropFirst(), for: "g"))
}

@Test(arguments: [
  "", "f", "f/", "/", "not-existing-token", "n/00000000000000000000000000000000000000000000000000000000",
  "f/38055190812345678901234567890123456789012345678901234567", "f/" + String(repeating: "9", count: 56),
  "f/" + String(repeating: "ü", count: 28), "f/" + String(repeating: "-", count: 56), "x/1", "f/1/s",
])
func `a token from elsewhere is refused`(_ token: String) {
  #expect(refused(token, for: "g"))
}
