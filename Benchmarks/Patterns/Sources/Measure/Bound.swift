import Events
import Matchers
import Patterns

/// Hostile input in three sizes, each double the one before: what grows with the square would grow fourfold.
struct Bound {
  /// How time may grow when the input doubles.
  enum Growth: String {
    case flat = "the same for all sizes"
    case linear = "in proportion to the size"

    /// With room for noise; twice is in proportion, four times is the square.
    var max: Double {
      switch self {
      case .flat: 1.6
      case .linear: 3
      }
    }
  }

  private static let runNanosecondsMin = 5e6

  let name: String
  let growth: Growth
  let sizes: [Int]
  /// Makes the input of one size; answers the work that is measured.
  let make: (Int) throws -> () throws -> Void

  init(_ name: String, _ growth: Growth, from size: Int, make: @escaping (Int) throws -> () throws -> Void) {
    self.name = name
    self.growth = growth
    sizes = [size, 2 * size, 4 * size]
    self.make = make
  }

  /// Matches one event against rules.
  static func matching(
    _ name: String, _ growth: Growth, from size: Int, rules: @escaping (Int) -> [String],
    event: @escaping (Int) -> String
  ) -> Bound {
    Bound(name, growth, from: size) { size in
      var matcher = PatternMatcher()
      for rule in rules(size) { matcher.add(try EventPattern(rule)) }
      let text = try EventText(Array(event(size).utf8))
      let workspace = MatchWorkspace()
      let ready = matcher
      return {
        ready.match(text, in: workspace)
        Sink.folded &+= UInt64(workspace.matched.count)
      }
    }
  }

  /// Checks a text that is no event.
  static func refusing(_ name: String, _ growth: Growth, from size: Int, text: @escaping (Int) -> String) -> Bound {
    Bound(name, growth, from: size) { size in
      let bytes = Array(text(size).utf8)
      return {
        do {
          _ = try EventText(bytes)
          throw MeasureError("\(name): accepted")
        } catch let error as JSONError {
          Sink.folded &+= UInt64(error.offset)
        }
      }
    }
  }

  func row(runs: Int) throws -> Row {
    let medians = try sizes.map { size in
      let work = try make(size)
      let start = processorTime()
      try work()
      let passes = max(1, Int(Bound.runNanosecondsMin / (processorTime() - start)))
      var samples = Samples()
      for _ in 0..<runs {
        try samples.measure(per: passes) { for _ in 0..<passes { try work() } }
      }
      return samples.least
    }
    let grown = zip(medians.dropFirst(), medians).map { $0 / $1 }
    var row = Row("bound", name)
    row.set("grows", .string(growth.rawValue))
    row.set("sizes", .array(sizes.map { JSON($0) }))
    row.set("ns", .array(medians.map { JSON(Int($0)) }))
    row.set("growth", .array(grown.map { JSON(($0 * 100).rounded() / 100) }))
    row.set("growth_max", growth.max)
    row.set("met", .bool(grown.allSatisfy { $0 <= growth.max }))
    return row
  }
}
