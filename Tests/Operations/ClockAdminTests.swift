import AWSWire
import Console
import CryptoPorts
import Engine
import Events
import Foundation
import Ingestion
import Operations
import Schedules
import SystemPorts
import Telemetry
import Testing

@testable import HTTPServer

/// `/_bellcrank/clock` on both kinds of clock.
@Suite struct ClockAdminTests {
  /// 2026-11-01T00:00:00Z.
  private static let november = Timestamp(seconds: 1_793_491_200)

  private static func ask(
    _ room: ControlRoom, _ method: String, _ path: String, _ body: JSON = [:]
  ) async throws -> (status: Int, json: JSON) {
    let request = HTTPRequestMessage(
      method: method, target: "/_bellcrank/\(path)", headers: [.init(name: "host", value: "127.0.0.1")],
      body: method == "GET" ? [] : body.bytes, remote: nil)
    guard case .full(let status, _, let bytes) = await AdminService(room, who: "ana").respond(to: request) else {
      throw CancellationError()
    }
    return (status, try JSON(parsing: bytes))
  }

  @Test func `a real clock is shown, and nobody moves it`() async throws {
    let room = try await Room()
    let shown = try await Self.ask(room.room, "GET", "clock")
    #expect(shown.status == 200)
    #expect(shown.json == ["mode": "real", "now": .string(room.clock.now().preciseText)])
    let rows = try await room.engine.ports.ledger.entries(LedgerQuery()).count
    for (action, body) in [("advance", ["seconds": 60]), ("speed", ["speed": 10]), ("stop", [:])] as [(String, JSON)] {
      let answer = try await Self.ask(room.room, "POST", "clock/\(action)", body)
      #expect(answer.status == 409)
      #expect(answer.json["error"]?["code"] == "CLOCK_IS_REAL")
    }
    #expect(try await room.engine.ports.ledger.entries(LedgerQuery()).count == rows)
  }

  @Test func `an advance answers when it is done, and the ledger knows who asked and why`() async throws {
    let played = try await PlayedRoom(at: Self.november, nil)
    let answer = try await Self.ask(
      played.room.room, "POST", "clock/advance", ["seconds": 86_400, "why": "a dry run"])
    #expect(answer.status == 200)
    #expect(answer.json["from"] == "2026-11-01T00:00:00.000Z")
    #expect(answer.json["now"] == "2026-11-02T00:00:00.000Z")
    #expect(answer.json["to"] == "2026-11-02T00:00:00.000Z")
    #expect(answer.json["next_due"] == "2026-11-02T22:00:00.000Z")
    #expect(answer.json["reached"] == true)
    #expect(try #require(answer.json["done"]?.int) > 0)
    #expect(try #require(answer.json["instants"]?.int) > 1)
    #expect(try await played.slots().map(\.decision) == [.dispatched])
    var query = LedgerQuery()
    query.decision = .changed
    let row = try #require(try await played.room.engine.ports.ledger.entries(query).first)
    #expect(row.code == .operatorAction)
    #expect(row.summary == "clock advanced by 86400 s by ana: a dry run")
  }

  private static let refusals: [(action: String, body: JSON, status: Int, code: String)] = [
    ("advance", [:], 400, "MALFORMED_REQUEST"), ("advance", ["seconds": 0], 400, "INVALID_SECONDS"),
    ("advance", ["seconds": 3_155_760_001], 400, "INVALID_SECONDS"), ("advance", ["to": "soon"], 400, "INVALID_TIME"),
    ("advance", ["to": "2200-01-01T00:00:01Z"], 400, "INVALID_TIME"),
    ("advance", ["to": "2026-10-31T23:59:59Z"], 409, "CLOCK_RUNS_FORWARD"),
    ("speed", [:], 400, "INVALID_SPEED"), ("speed", ["speed": 0], 400, "INVALID_SPEED"),
    ("speed", ["speed": 100_001], 400, "INVALID_SPEED"), ("back", [:], 400, "INVALID_ACTION"),
  ]

  @Test func `what moves no clock is refused by its code, and nothing is changed`() async throws {
    let played = try await PlayedRoom(at: Self.november, nil)
    let before = try await Self.ask(played.room.room, "GET", "clock").json
    for refusal in Self.refusals {
      let answer = try await Self.ask(played.room.room, "POST", "clock/\(refusal.action)", refusal.body)
      #expect(answer.status == refusal.status, "\(refusal)")
      #expect(answer.json["error"]?["code"]?.string == refusal.code, "\(refusal)")
    }
    #expect(try await Self.ask(played.room.room, "GET", "clock").json == before)
  }

  @Test func `a speed is kept by the store, and a stop as well; status and doctor name them`() async throws {
    let played = try await PlayedRoom(at: Self.november, nil)
    let room = played.room.room
    #expect(try await Self.ask(room, "POST", "clock/speed", ["speed": 60]).json["speed"] == 60)
    let kept = try await ClockMark.claim(.virtual, played.room.store, at: .epoch)
    #expect(kept == ClockMark(.virtual, instant: Self.november, speed: 60))
    #expect(try await Self.ask(room, "GET", "status").json["clock"]?["speed"] == 60)
    #expect(
      try await clockCheck(room) == "the clock is virtual and runs 60 times as fast as real time: it is "
        + "2026-11-01T00:00:00Z, and no row of the ledger is later")
    #expect(try await Self.ask(room, "POST", "clock/stop").json["speed"] == 0)
    #expect(try await ClockMark.claim(.virtual, played.room.store, at: .epoch).speed == 0)
    #expect(try #require(try await clockCheck(room)).hasPrefix("the clock is virtual and stands"))
  }

  @Test func `clients sign by real time, whatever a virtual clock shows`() async throws {
    let played = try await PlayedRoom(at: Self.november, nil)
    let signed = Timestamp(seconds: 1_767_225_600)
    for (machine, expected) in [(signed, 200), (signed.after(1_000), 401), (Self.november, 401)] {
      let answer = try await Self.askSigned(played, at: signed, machine: VirtualClock(machine))
      #expect(answer == expected, "the machine's clock shows \(machine)")
    }
  }

  /// The status of a signed look at the clock, whose signature is of one moment and arrives at another.
  private static func askSigned(_ played: PlayedRoom, at signed: Timestamp, machine: VirtualClock) async throws -> Int {
    let digests = SigV4.Digests(
      sha256: { CryptoDigests().sha256($0) }, hmac: { HMACSigner().signature(of: $0, secret: $1) })
    let wire = WireRequest(
      method: "GET", path: "/_bellcrank/clock", query: "", headers: [:], host: "127.0.0.1:4566", body: [])
    let headers = SigV4.headers(
      for: wire, accessKeyID: "ana", secret: "secret", region: "us-east-1", service: "bellcrank", at: signed, digests)
    let room = played.room
    let gatekeeper = Gatekeeper(
      OneCredential(), HMACSigner(), CryptoDigests(), room.room.permissions, room.clock, signingClock: machine,
      room.log,
      isClosed: true)
    let seoul = try Data(contentsOf: URL(filePath: "/usr/share/zoneinfo/Asia/Seoul"))
    let pages = try ConsolePages(
      zone: try ZoneRules(name: "Asia/Seoul", tzif: Array(seoul)), endpoint: "http://127.0.0.1:4566",
      environment: "dev")
    let responder = ServerResponder(
      room.room, pages, gatekeeper, ConsoleSession(room.engine.ports.entropy, HMACSigner(), CryptoDigests()))
    let request = HTTPRequestMessage(
      method: "GET", target: wire.path,
      headers: [.init(name: "host", value: wire.host)]
        + headers.map { .init(name: $0.name.lowercased(), value: $0.value) },
      body: [], remote: nil)
    guard case .full(let status, _, _) = await responder.respond(to: request) else { throw CancellationError() }
    return status
  }

  private func clockCheck(_ room: ControlRoom) async throws -> String? {
    try await Doctor(room).examine(asksSources: false).first { $0.name == "clock" }?.sentence
  }
}

/// One key that may do everything.
private struct OneCredential: CredentialStore {
  func credentials() throws(StoreError) -> [String: Credential] {
    ["ana": Credential(accessKeyID: "ana", secret: "secret", user: "ana", role: nil, account: nil, createdAt: .epoch)]
  }
}
