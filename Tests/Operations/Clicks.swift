import Console
import Engine
import Events
import Foundation
import Operations
import Schedules
import SystemPorts
import Testing

@testable import HTTPServer

/// Somebody on call with nothing but the console, who begins at Now and may click three times.
struct Clicks {
  static let clicksMax = 3

  let service: ConsoleService

  init(_ room: ControlRoom) throws {
    let seoul = try Data(contentsOf: URL(filePath: "/usr/share/zoneinfo/Asia/Seoul"))
    let ports = room.runtime.ports
    service = ConsoleService(
      room: room,
      pages: try ConsolePages(
        zone: try ZoneRules(name: "Asia/Seoul", tzif: Array(seoul)), endpoint: "http://127.0.0.1:4566",
        environment: "dev"),
      session: ConsoleSession(ports.entropy, HMACSigner(), ports.digests), who: "tester")
  }

  func page(_ path: String) async throws -> String {
    let request = HTTPRequestMessage(method: "GET", target: path, headers: [], body: [], remote: nil)
    switch await service.respond(to: request) {
    case .full(let status, _, let body):
      #expect(status == 200, "\(path)")
      return String(decoding: body, as: UTF8.self)
    case .stream: throw CancellationError()
    }
  }

  /// Follows the links, each of which must stand on the page before it, and finds the words on the last page.
  func follow(_ links: [String], finds words: String) async throws {
    #expect(links.count <= Clicks.clicksMax)
    var page = try await page("/console")
    for link in links {
      #expect(page.contains("href=\"\(link)\""), "no link to \(link)")
      page = try await self.page(link)
    }
    #expect(page.contains(words), "\(links.last ?? "/console") does not say \(words)")
  }
}
