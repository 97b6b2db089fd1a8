/// A text in which `*` stands for any run of bytes, also none; `\*` and `\\` stand for the characters themselves.
package struct Wildcard: Sendable, Hashable {
  package enum Piece: Sendable, Hashable {
    case byte(UInt8)
    case star
  }

  package let pieces: [Piece]

  /// Throws the reason as the parameter `refuse` makes an error of it; positions count bytes after the opening quote.
  init(_ bytes: [UInt8], refuse: (String) -> PatternError) throws(PatternError) {
    var pieces: [Piece] = []
    pieces.reserveCapacity(bytes.count)
    var index = 0
    while index < bytes.count {
      let following = index + 1 < bytes.count ? bytes[index + 1] : nil
      switch bytes[index] {
      case UInt8(ascii: "*"):
        if following == UInt8(ascii: "*") { throw refuse("Consecutive wildcard characters at pos \(index + 1)") }
        pieces.append(.star)
      case UInt8(ascii: "\\"):
        guard let following, following == UInt8(ascii: "*") || following == UInt8(ascii: "\\") else {
          throw refuse("Invalid escape character at pos \(index + 1)")
        }
        pieces.append(.byte(following))
        index += 1
      default:
        pieces.append(.byte(bytes[index]))
      }
      index += 1
    }
    self.pieces = pieces
  }

  /// Compares in time proportional to the two lengths multiplied at worst: only the last star is ever tried again.
  package func matches(_ bytes: [UInt8]) -> Bool {
    var piece = 0
    var place = 0
    var retry: (piece: Int, place: Int)?
    while place < bytes.count {
      if piece < pieces.count, pieces[piece] == .star {
        retry = (piece + 1, place)
        piece += 1
      } else if piece < pieces.count, pieces[piece] == .byte(bytes[place]) {
        piece += 1
        place += 1
      } else if let last = retry {
        retry = (last.piece, last.place + 1)
        piece = last.piece
        place = last.place + 1
      } else {
        return false
      }
    }
    return pieces[piece...].allSatisfy { $0 == .star }
  }
}

/// How many beginnings of a field's wildcards one value may be in at the same time.
///
/// "a*" may be in 2: in "a", and in what the star took. The wildcards of one field count together.
/// Source: event-ruler's `MachineComplexityEvaluator` and its published values.
enum WildcardComplexity {
  /// Whether it is above the maximum, or would take more than `PatternLimits.wildcardStatesMax` steps to tell.
  static func of(_ wildcards: [Wildcard], exceeds max: Int) -> Bool {
    let automaton = Automaton(wildcards)
    var seen: Set<[Int]> = [automaton.start]
    var queue = [automaton.start]
    while let states = queue.popLast() {
      for byte in automaton.bytes(after: states) {
        let next = automaton.step(states, byte)
        if next.count > max { return true }
        guard seen.insert(next).inserted else { continue }
        if seen.count > PatternLimits.wildcardStatesMax { return true }
        queue.append(next)
      }
    }
    return false
  }

  /// The wildcards side by side in their quotes; state `n` is the place before piece `n`, so stars loop one further.
  private struct Automaton {
    let pieces: [Wildcard.Piece?]
    let start: [Int]

    init(_ wildcards: [Wildcard]) {
      var pieces: [Wildcard.Piece?] = []
      var start: [Int] = []
      let quote = Wildcard.Piece.byte(UInt8(ascii: "\""))
      for wildcard in wildcards {
        start.append(pieces.count)
        pieces += [quote] + wildcard.pieces + [quote, nil]
      }
      self.pieces = pieces
      self.start = start
    }

    /// The bytes that lead to states of their own; nil stands for all the others.
    func bytes(after states: [Int]) -> [UInt8?] {
      var bytes: Set<UInt8> = []
      for state in states {
        if case .byte(let byte)? = pieces[state] { bytes.insert(byte) }
      }
      return bytes.sorted() + [nil]
    }

    /// The states after that byte, in order.
    func step(_ states: [Int], _ byte: UInt8?) -> [Int] {
      var next: Set<Int> = []
      for state in states {
        if state > 0, pieces[state - 1] == .star { next.insert(state) }
        guard let byte, pieces[state] == .byte(byte) else { continue }
        next.insert(state + 1)
        if pieces[state + 1] == .star { next.insert(state + 2) }
      }
      return next.sorted()
    }
  }
}
