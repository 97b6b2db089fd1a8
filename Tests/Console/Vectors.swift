import Console
import Events
import Foundation
import Schedules
import Testing

enum Vectors {
  /// The rows of a table in `Tests/Vectors`.
  static func load(_ name: String) throws -> [JSON] {
    let file = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .appending(path: "Vectors/\(name).json")
    return try #require(try JSON(parsing: try Data(contentsOf: file)).elements)
  }
}

extension ConsolePages {
  /// The console as it is served to Seoul.
  static func sample() throws -> ConsolePages {
    let seoul = try Data(contentsOf: URL(filePath: "/usr/share/zoneinfo/Asia/Seoul"))
    return try ConsolePages(
      zone: try ZoneRules(name: "Asia/Seoul", tzif: Array(seoul)), endpoint: "http://127.0.0.1:4566",
      environment: "dev")
  }
}

extension ConsolePages {
  /// A page as somebody sees it who may act, unless said otherwise.
  func page(
    _ route: ConsoleRequest.Route, view: JSON?, in language: Language = .english, mayAct: Bool = true,
    query: String = ""
  ) throws -> ConsolePage {
    var reader = ConsoleReader()
    reader.language = language
    reader.csrf = mayAct ? "c5f" : nil
    reader.target = ConsoleRequest.path(of: route) + query
    return page(route, view: view, reader, at: try #require(Timestamp(Samples.now)))
  }
}

extension ConsolePage {
  var text: String { String(decoding: body, as: UTF8.self) }
}
