import Console
import CryptoPorts
import Engine
import Events
import Foundation
import Operations
import Patterns
import Rules
import SQLiteStore
import Schedules
import Simulation
import SystemPorts
import Testing

@testable import HTTPServer

/// Patterns held against recorded events, through the server's own paths.
@Suite struct PatternServiceTests {
  private static let note = ChangeNote(operation: "PutRule", who: "ana", why: nil)

  private func publish(_ room: Room, _ count: Int, source: String = "shop.orders") async throws {
    for number in 0..<count {
      room.clock.advance(to: room.clock.now() + .hours(6))
      _ = try await room.engine.publisher.publish([
        Event(
          id: "\(source)-\(number)", source: source, detailType: "Order", account: "123456789012", region: "us-east-1",
          time: room.clock.now(), resources: [], detail: ["total": JSON(number), "kind": "gift"])
      ])
    }
  }

  private func setRule(_ room: Room, _ name: String, _ pattern: String, enabled: Bool = true) async throws {
    let arn = room.engine.settings.names.rule(name)
    _ = try await room.engine.book.change(name, Self.note) { _ in
      Rule(
        name: name, arn: arn, description: nil, state: enabled ? .enabled : .disabled,
        pattern: try EventPattern(pattern), schedule: nil, misfire: .standard, targets: [], version: 1, anchor: .epoch)
    }
  }

  private func ask(_ room: Room, _ method: String, _ target: String, _ body: JSON = .null) async throws -> (Int, JSON) {
    let request = HTTPRequestMessage(
      method: method, target: "/_bellcrank/\(target)", headers: [], body: body == .null ? [] : body.bytes, remote: nil)
    switch await AdminService(room.room, who: "tester").respond(to: request) {
    case .full(let status, _, let body): return (status, try JSON(parsing: body))
    case .stream: throw CancellationError()
    }
  }

  // MARK: Explain

  @Test func `a recorded event is held against all rules of today, disabled ones too`() async throws {
    let room = try await Room()
    try await publish(room, 2)
    try await setRule(room, "orders", #"{"source":["shop.orders"]}"#)
    try await setRule(room, "asleep", #"{"source":["shop.orders"],"detail":{"total":["1"]}}"#, enabled: false)
    let (status, answer) = try await ask(room, "GET", "explain/shop.orders-1")
    #expect(status == 200)
    let rules = answer["rules"]?.elements ?? []
    #expect(rules.first?["rule"] == "orders")
    #expect(rules.first?["matched"] == true)
    #expect(answer["matched"] == 1)
    let asleep = try #require(rules.first { $0["rule"] == "asleep" })
    #expect(asleep["state"] == "DISABLED")
    let leaf = try #require(asleep["failures"]?.elements?.first)
    #expect(leaf["path"] == "detail.total")
    #expect(leaf["hints"]?.elements?.first?["code"] == "TYPE_DIFFERS")
    #expect(leaf["change_event"]?["sentence"] == #"set detail.total to "1""#)
    #expect(leaf["change_pattern"]?["wanted"] == #"["1",1]"#)
    let (_, one) = try await ask(room, "GET", "explain/shop.orders-1?rule=asleep")
    #expect(one["rules"]?.elements?.map { $0["rule"] } == ["asleep"])
  }

  @Test func `what is not there, or has no pattern, is refused by name`() async throws {
    let room = try await Room()
    try await publish(room, 1)
    let cases: [(String, Int, String)] = [
      ("explain/nobody", 404, "NOT_FOUND"), ("explain/shop.orders-0?rule=nobody", 404, "NO_SUCH_RULE"),
      ("explain/shop.orders-0?rule=\(room.names.scheduleRule)", 400, "NO_PATTERN"),
    ]
    for (target, status, code) in cases {
      let answer = try await ask(room, "GET", target)
      #expect(answer.0 == status)
      #expect(answer.1["error"]?["code"]?.string == code)
    }
    let bodies: [(JSON, Int, String)] = [
      ([:], 400, "MALFORMED_REQUEST"), (["pattern": "["], 400, "INVALID_PATTERN"),
      (["pattern": .string(String(repeating: " ", count: 4_096) + #"{"a":[1]}"#)], 400, "INVALID_PATTERN"),
      (["pattern": #"{"a":[1]}"#, "since": "noon"], 400, "INVALID_TIME"),
      (["pattern": #"{"a":[1]}"#, "limit": 101], 400, "INVALID_LIMIT"),
      (["pattern": #"{"a":[1]}"#, "place": "9:1:0"], 400, "INVALID_PLACE"),
      (["rule": "nobody"], 404, "NO_SUCH_RULE"), (["rule": .string(room.names.scheduleRule)], 400, "NO_PATTERN"),
    ]
    for (body, status, code) in bodies {
      let answer = try await ask(room, "POST", "backtest", body)
      #expect(answer.0 == status, "\(body.text)")
      #expect(answer.1["error"]?["code"]?.string == code, "\(body.text)")
    }
  }

  // MARK: Backtest

  @Test func `a backtest counts by day and source, and names the first`() async throws {
    let room = try await Room()
    try await publish(room, 6)
    try await publish(room, 2, source: "shop.returns")
    let (status, answer) = try await ask(
      room, "POST", "backtest", ["pattern": #"{"detail":{"total":[{"numeric":[">=",1]}]}}"#, "limit": 2])
    #expect(status == 200)
    #expect(answer["looked_at"] == 8 && answer["recorded"] == 8)
    #expect(answer["matched"] == 6)
    #expect(
      answer["by_source"]?.text == #"[{"source":"shop.orders","matched":5},{"source":"shop.returns","matched":1}]"#)
    #expect(answer["by_day"]?.elements?.compactMap { $0["matched"]?.int }.reduce(0, +) == 6)
    #expect(answer["by_day"]?.elements?.first?["day"] == "2025-09-10")
    #expect(answer["first"]?.elements?.map { $0["id"] } == ["shop.orders-1", "shop.orders-2"])
    #expect(answer["recorded_since"]?.string == Room.start.after(-600 + 21_600).preciseText)
    #expect(answer["retention_days"] == 400)
    #expect(answer["next"] == nil)
  }

  @Test func `a changed rule gains and loses events, each with the leaf that decides`() async throws {
    let room = try await Room()
    try await publish(room, 6)
    try await setRule(room, "orders", #"{"detail":{"total":[{"numeric":["<",3]}]}}"#, enabled: false)
    let (_, answer) = try await ask(
      room, "POST", "backtest", ["rule": "orders", "pattern": #"{"detail":{"total":[{"numeric":[">",1]}]}}"#])
    #expect(answer["rule_version"] == 1)
    #expect(answer["matched"] == 4 && answer["today"] == 3)
    #expect(answer["gained"] == 3 && answer["lost"] == 2)
    let lost = try #require(answer["lost_first"]?.elements)
    #expect(lost.map { $0["id"] } == ["shop.orders-0", "shop.orders-1"])
    let leaf: JSON = ["path": "detail.total", "wanted": #"[{"numeric":[">",1]}]"#, "had": "0"]
    #expect(lost.first?["failures"] == .array([leaf]))
    let gained = try #require(answer["gained_first"]?.elements?.first)
    #expect(gained["failures"]?.elements?.first?["wanted"] == #"[{"numeric":["<",3]}]"#)
    let (_, alone) = try await ask(room, "POST", "backtest", ["rule": "orders"])
    #expect(alone["matched"] == 3 && alone["gained"] == 0 && alone["today"] == 0)
  }

  @Test func `events of schedules fit no pattern, for they pass no bus`() async throws {
    let room = try await Room()
    try await room.live(minutes: 30)
    let (_, answer) = try await ask(room, "POST", "backtest", ["pattern": #"{"source":["aws.events"]}"#])
    #expect(answer["matched"] == 0 && answer["scheduled"] == 1)
    let (_, events) = try await ask(room, "GET", "events")
    let id = try #require(events["events"]?.elements?.first { $0["event"]?["source"] == "aws.events" })
    let (_, explained) = try await ask(room, "GET", "explain/\(id["event"]?["id"]?.string ?? "")")
    #expect(explained["scheduled"] == true)
  }

  @Test func `a backtest goes on where it ended, with the rule and the events of its beginning`() async throws {
    let room = try await Room()
    try await publish(room, 6)
    try await setRule(room, "orders", #"{"detail":{"total":[{"numeric":["<",3]}]}}"#)
    let extent = try #require(try await Backtester(room.engine).extent(of: ArchiveRange())?.places)
    let middle = extent.lowerBound + 2
    try await setRule(room, "orders", #"{"detail":{"total":[99]}}"#)
    try await publish(room, 3, source: "shop.later")
    let (_, rest) = try await ask(
      room, "POST", "backtest", ["rule": "orders", "place": .string("\(middle):\(extent.upperBound):1")])
    #expect(rest["looked_at"] == 4)
    #expect(rest["matched"] == 1)
    #expect(rest["rule_version"] == 1)
    #expect(rest["recorded"] == nil)
  }

  @Test func `a stretch of several pages looks at each event once`() async throws {
    let room = try await Room()
    let at = room.clock.now()
    let count = 4_500
    try await room.store.record(
      (0..<count).map { number in
        let event = Event(
          id: "e-\(number)", source: "shop.orders", detailType: "Order", account: "123456789012", region: "us-east-1",
          time: at, resources: [], detail: ["total": JSON(number)])
        return RoutedEvent(event: event, hops: 0, parentID: nil, receivedAt: at, deliveries: [], rows: [])
      })
    let (_, answer) = try await ask(
      room, "POST", "backtest", ["pattern": #"{"detail":{"total":[0,1999,2000,3999,4000,4499]}}"#, "limit": 100])
    #expect(answer["looked_at"]?.int == count && answer["next"] == nil)
    #expect(
      answer["first"]?.elements?.compactMap { $0["id"]?.string }
        == ["e-0", "e-1999", "e-2000", "e-3999", "e-4000", "e-4499"])
  }

  @Test func `since and until bound what is looked at`() async throws {
    let room = try await Room()
    let start = room.clock.now()
    try await publish(room, 6)
    let range: JSON = [
      "pattern": #"{"source":["shop.orders"]}"#, "since": .string((start + .hours(12)).preciseText),
      "until": .string((start + .hours(24)).preciseText),
    ]
    let (_, answer) = try await ask(room, "POST", "backtest", range)
    #expect(answer["looked_at"] == 2 && answer["recorded"] == 2)
    #expect(answer["first"]?.elements?.map { $0["id"] } == ["shop.orders-1", "shop.orders-2"])
    let empty = try await Room()
    let (status, nothing) = try await ask(empty, "POST", "backtest", ["pattern": #"{"a":[1]}"#])
    #expect(status == 200)
    #expect(nothing["looked_at"] == 0 && nothing["recorded_since"] == .null)
  }

  @Test func `who may view may test backwards, and nobody else`() async throws {
    let room = try await Room()
    try await publish(room, 1)
    let responder = try await Self.responder(room)
    for (key, target, expected) in [
      ("viewer", "backtest", 200), ("viewer", "explain/shop.orders-0", 200), ("viewer", "lease", 403),
      ("nobody", "backtest", 403), ("nobody", "explain/shop.orders-0", 403),
    ] {
      let basic = Data("\(key):secret".utf8).base64EncodedString()
      let isGet = target.hasPrefix("explain")
      let request = HTTPRequestMessage(
        method: isGet ? "GET" : "POST", target: "/_bellcrank/\(target)",
        headers: [.init(name: "host", value: "127.0.0.1"), .init(name: "authorization", value: "Basic \(basic)")],
        body: isGet ? [] : Array(#"{"pattern":"{\"source\":[\"shop.orders\"]}"}"#.utf8), remote: nil)
      guard case .full(let status, _, _) = await responder.respond(to: request) else { throw CancellationError() }
      #expect(status == expected, "\(key) \(target)")
    }
  }

  private static func responder(_ room: Room) async throws -> ServerResponder {
    let ports = room.engine.ports
    let permissions = try await Permissions(room.store, room.clock, names: room.engine.settings.names)
    for (name, action) in [("viewer", "bellcrank:View"), ("nobody", "sqs:SendMessage")] {
      let policy = #"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"\#(action)","Resource":"*"}]}"#
      try await permissions.save(
        Role(name: name, id: "AROA\(name)", description: nil, trust: "{}", policies: ["p": policy], createdAt: .epoch))
    }
    let gatekeeper = Gatekeeper(
      KnownCredentials(), HMACSigner(), CryptoDigests(), permissions, room.clock, signingClock: room.clock, room.log,
      isClosed: true)
    let seoul = try Data(contentsOf: URL(filePath: "/usr/share/zoneinfo/Asia/Seoul"))
    let pages = try ConsolePages(
      zone: try ZoneRules(name: "Asia/Seoul", tzif: Array(seoul)), endpoint: "http://127.0.0.1:4566",
      environment: "dev")
    return ServerResponder(
      room.room, pages, gatekeeper, ConsoleSession(ports.entropy, HMACSigner(), ports.digests))
  }
}

/// Two credentials with roles of their own.
private struct KnownCredentials: CredentialStore {
  func credentials() throws(StoreError) -> [String: Credential] {
    Dictionary(
      uniqueKeysWithValues: ["viewer", "nobody"].map { name in
        let credential = Credential(
          accessKeyID: name, secret: "secret", user: name, role: name, account: nil, createdAt: .epoch)
        return (name, credential)
      })
  }
}
