import Events
import Logs
import Testing

@Test(arguments: try Vectors.load("log-names"))
func `a name or a number of days is taken or refused as the service model says`(_ row: JSON) throws {
  let text = try #require(row["text"]?.string)
  let kind = try #require(row["kind"]?.string)
  let wanted = row["error"]?.string
  do throws(LogsError) {
    let name = try made(kind, text)
    #expect(name == text)
    #expect(wanted == nil, "\(text) should be refused")
  } catch {
    #expect(error.code.rawValue == "InvalidParameterException")
    #expect(error.message == wanted)
  }
}

private func made(_ kind: String, _ text: String) throws(LogsError) -> String? {
  switch kind {
  case "group": try LogGroupName(text).description
  case "stream": try LogStreamName(text).description
  case "retention": String(try LogRetention(days: Int(text) ?? 0).days)
  default: nil
  }
}

@Test func `names are in the order of their bytes`() throws {
  #expect(try LogGroupName("/B") < LogGroupName("/a"))
  #expect(try LogStreamName("Z") < LogStreamName("a"))
  #expect(try LogStreamName("z") < LogStreamName("é"))
}
