import Events
import Foundation
import Limits
import Matchers

/// Events in memory: each checked once, and all of them one after the other for the readers they are compared with.
struct Corpus {
  /// simdjson reads that far behind the last event.
  private static let padding = 64

  let events: [EventText]
  private let text: [UInt8]
  private let ends: [UInt64]

  var bytes: Int { text.count - Corpus.padding }

  init(lines: [[UInt8]]) throws {
    events = try lines.map { line throws(JSONError) in try EventText(line) }
    ends = lines.reduce(into: []) { $0.append(($0.last ?? 0) + UInt64($1.count)) }
    text = Array(lines.joined()) + Array(repeating: 0x20, count: Corpus.padding)
  }

  /// - Parameter max: the first that many lines of the file.
  init(file: String, max: Int) throws {
    try self.init(lines: try Corpus.lines(of: file, max: max))
  }

  static func lines(of file: String, max: Int = .max) throws -> [[UInt8]] {
    let data = [UInt8](try Data(contentsOf: URL(filePath: file)))
    return data.split(separator: UInt8(ascii: "\n"), maxSplits: max).prefix(max).map { Array($0) }
  }

  /// Reads the fields with simdjson; answers how many values there were.
  @discardableResult
  func read(_ fields: UInt32) -> Int {
    var folded: UInt64 = 0
    let values = limits_read(fields, text, ends, ends.count, &folded)
    Sink.folded &+= folded
    return Int(values)
  }

  /// Adds up all bytes.
  func sum() {
    Sink.folded &+= limits_sum(text, bytes)
  }
}
