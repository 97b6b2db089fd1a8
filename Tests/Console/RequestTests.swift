import Console
import Events
import Testing

@Suite struct RequestTests {
  @Test func `every path leads to the route of its row`() throws {
    for row in try Vectors.load("console-routes") {
      let path = try #require(row["path"]?.string)
      let expected: ConsoleRequest.Route =
        switch row["route"]?.string {
        case "overview": .overview
        case "style": .style
        case "decision": .decision(id: row["id"]?.string ?? "")
        case "run": .run(id: row["id"]?.string ?? "")
        default: .missing
        }
      #expect(ConsoleRequest.route(path) == expected, "\(path)")
    }
  }

  @Test func `an id comes back from its path whatever is in it`() throws {
    for row in try Vectors.load("console-hostile") {
      let id = try #require(row["text"]?.string)
      for route in [ConsoleRequest.Route.decision(id: id), .run(id: id)] {
        let path = try #require(ConsoleRequest.path(of: route))
        #expect(ConsoleRequest.route(path) == route, "\(path)")
        #expect(path.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "\"") })
      }
    }
  }

  @Test func `an id longer than its bound is no page`() {
    let longest = String(repeating: "a", count: ConsoleRequest.idBytesMax)
    #expect(ConsoleRequest.route("/console/runs/\(longest)") == .run(id: longest))
    #expect(ConsoleRequest.route("/console/runs/\(longest)a") == .missing)
  }
}
