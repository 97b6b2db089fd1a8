import Events
import Foundation
import Testing

/// The reasons a pattern can be refused for, each with the number of times the place comes with it, against the rows
/// that are refused. In a reason "…" stands for what the pattern has there.
@Suite struct PatternReasonTests {
  private struct Reason {
    private static let start = "Event pattern is not valid. Reason: "
    private static let place = "\n at [Source: (String)\""

    let text: String
    let places: Int
    private let said: Regex<AnyRegexOutput>

    init(_ text: String, places: Int) throws {
      self.text = text
      self.places = places
      let parts = (Reason.start + text).components(separatedBy: "…").map(NSRegularExpression.escapedPattern)
      said = try Regex(parts.joined(separator: ".*")).dotMatchesNewlines()
    }

    func fits(_ message: String) -> Bool {
      let pieces = message.components(separatedBy: Reason.place)
      return pieces.count == places + 1 && pieces[0].wholeMatch(of: said) != nil
    }
  }

  private static func reasons() throws -> [Reason] {
    try PatternVectors.rows("pattern-reasons").map { row in
      try Reason(try #require(row["reason"]?.string), places: try #require(row["places"]?.int))
    }
  }

  private static func messages() throws -> [String] { try PatternVectors.verdicts().compactMap(\.message) }

  @Test func `every reason is given by a row`() throws {
    let messages = try PatternReasonTests.messages()
    for reason in try PatternReasonTests.reasons() {
      #expect(messages.contains { reason.fits($0) }, "\(reason.text), \(reason.places) times with its place")
    }
  }

  @Test func `every row gives one of the reasons`() throws {
    let reasons = try PatternReasonTests.reasons()
    for message in try PatternReasonTests.messages() {
      #expect(reasons.contains { $0.fits(message) }, "\(message)")
    }
  }
}
