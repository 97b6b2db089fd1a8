import Console
import Events
import Testing

@Suite struct RequestTests {
  @Test func `every path leads to the route of its row`() throws {
    for row in try Vectors.load("console-routes") {
      let path = try #require(row["path"]?.string)
      let id = row["id"]?.string ?? ""
      let named: [String: ConsoleRequest.Route] = [
        "now": .now, "timeline": .timeline, "triggers": .triggers, "trigger": .trigger(name: id), "events": .events,
        "ledger": .ledger, "decision": .decision(id: id), "explain": .explain, "lab": .lab, "runs": .runs,
        "run": .run(id: id), "shelf": .shelf, "letter": .letter(id: id), "alarms": .alarms, "board": .board(name: id),
        "system": .system, "unlock": .unlock, "style": .style, "script": .script, "live": .live, "missing": .missing,
      ]
      let expected = try #require(named[row["route"]?.string ?? ""])
      #expect(ConsoleRequest.route(path) == expected, "\(path)")
    }
  }

  @Test func `an id comes back from its path whatever is in it`() throws {
    for row in try Vectors.load("console-hostile") {
      let id = try #require(row["text"]?.string)
      for route in [ConsoleRequest.Route.decision(id: id), .run(id: id), .trigger(name: id), .letter(id: id)] {
        let path = ConsoleRequest.path(of: route)
        #expect(ConsoleRequest.route(path) == route, "\(path)")
        #expect(path.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "\"") })
      }
    }
  }

  @Test func `every action has a path of its own, and no page has it`() {
    for action in ConsoleAction.allCases {
      #expect(ConsoleAction(path: action.path) == action)
      #expect(ConsoleRequest.route(action.path) == .missing)
    }
    #expect(ConsoleAction(path: "/console/act/nothing") == nil)
    #expect(ConsoleAction(path: "/console/act/") == nil)
  }

  @Test func `fields of a form are decoded once, and bounded`() {
    #expect(ConsoleRequest.fields("a=1+2&b=%26&c&d=x=y&a=3") == ["a": "3", "b": "&", "c": "", "d": "x=y"])
    #expect(ConsoleRequest.fields("a=%FF") == [:])
    let many = (0..<1_000).map { "f\($0)=x" }.joined(separator: "&")
    #expect(ConsoleRequest.fields(many).count == ConsoleRequest.fieldsMax)
  }

  @Test func `an id longer than its bound is no page`() {
    let longest = String(repeating: "a", count: ConsoleRequest.idBytesMax)
    #expect(ConsoleRequest.route("/console/runs/\(longest)") == .run(id: longest))
    #expect(ConsoleRequest.route("/console/runs/\(longest)a") == .missing)
  }
}
