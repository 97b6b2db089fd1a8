import Events
import Foundation
import Schedules
import Testing

/// One row of `Tests/Vectors/schedules.json`.
struct ScheduleVector: Decodable, Sendable, CustomTestStringConvertible {
  let expr: String
  let dialect: String
  let timezone: String
  let after: String
  /// When a rate began; `after` if absent.
  let anchor: String?
  let count: Int
  let valid: Bool
  let next: [String]
  let message: String?
  let source: String

  var testDescription: String { "\(expr) of \(dialect) in \(timezone) after \(after)" }

  func expression() throws -> ScheduleExpression {
    let expression = try ScheduleExpression(expr, dialect: try #require(ScheduleDialect(rawValue: dialect)))
    try expression.validate(in: try Zones.load(timezone))
    return expression
  }

  func anchorInstant() throws -> Timestamp { try #require(Timestamp(anchor ?? after)) }
}

/// One row of `Tests/Vectors/schedules-clock-changes.json`: all fires between two instants.
struct ClockChangeVector: Decodable, Sendable, CustomTestStringConvertible {
  let expr: String
  let timezone: String
  let gap: String
  let fold: String
  let after: String
  let until: String
  let fires: [String]
  let source: String

  var testDescription: String { "\(expr) in \(timezone), gap \(gap), fold \(fold): \(source)" }

  func timetable() throws -> Timetable {
    let changes = ClockChangeRule(
      gap: try #require(ClockChangeRule.Gap(rawValue: gap)), fold: try #require(ClockChangeRule.Fold(rawValue: fold)))
    let after = try #require(Timestamp(after))
    return Timetable(
      try ScheduleExpression(expr, dialect: .scheduler), zone: try Zones.load(timezone), changes: changes,
      anchor: after, epoch: after - .days(400))
  }
}

enum Vectors {
  static func load<Row: Decodable>(_ name: String, as: [Row].Type) throws -> [Row] {
    let file = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .appending(path: "Vectors/\(name).json")
    return try JSONDecoder().decode([Row].self, from: try Data(contentsOf: file))
  }
}

enum Zones {
  /// From the machine's own data: this module cannot read files.
  static func load(_ name: String) throws -> ZoneRules {
    if name == "UTC" { return .utc }
    return try ZoneRules(name: name, tzif: Array(try Data(contentsOf: URL(filePath: "/usr/share/zoneinfo/\(name)"))))
  }

  /// A zone that follows a footer and lists no change: TZif version 3 with one kind of time.
  static func following(_ footer: String) throws -> ZoneRules {
    try ZoneRules(name: footer, tzif: TZif(footer: footer).bytes)
  }
}

/// TZif data under construction.
struct TZif {
  var version = UInt8(ascii: "3")
  var kinds: [(offset: Int32, letters: String)] = [(0, "LMT")]
  var changes: [(instant: Int64, kind: UInt8)] = []
  var leaps = 0
  var footer = ""

  init(footer: String) {
    self.footer = footer
  }

  var bytes: [UInt8] {
    let first = block(timeWidth: 4)
    return version == 0 ? first : first + block(timeWidth: 8) + Array("\n\(footer)\n".utf8)
  }

  private func block(timeWidth: Int) -> [UInt8] {
    var letters: [UInt8] = []
    var records: [UInt8] = []
    for kind in kinds {
      records += TZif.bigEndian(Int64(kind.offset), width: 4) + [0, UInt8(letters.count)]
      letters += Array(kind.letters.utf8) + [0]
    }
    let counts = [0, 0, leaps, changes.count, kinds.count, letters.count]
    return Array("TZif".utf8) + [version] + [UInt8](repeating: 0, count: 15)
      + counts.flatMap { TZif.bigEndian(Int64($0), width: 4) }
      + changes.flatMap { TZif.bigEndian($0.instant, width: timeWidth) } + changes.map(\.kind)
      + records + letters + [UInt8](repeating: 0, count: leaps * (timeWidth + 4))
  }

  private static func bigEndian(_ number: Int64, width: Int) -> [UInt8] {
    (0..<width).map { UInt8(truncatingIfNeeded: number >> Int64(8 * (width - 1 - $0))) }
  }
}
