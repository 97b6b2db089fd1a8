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
