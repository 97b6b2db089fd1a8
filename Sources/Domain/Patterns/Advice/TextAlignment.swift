/// How far two texts are apart, and the text nearest to another that a wildcard takes.
enum TextAlignment {
  /// One piece of what a text is held against: a character, or nil for any run of them.
  typealias Piece = Unicode.Scalar?

  /// Characters that must be put in, taken out or replaced; for texts too long to compare, the longer length.
  static func distance(_ left: String, _ right: String) -> Int {
    var left = Array(left.unicodeScalars)[...]
    var right = Array(right.unicodeScalars)[...]
    while let first = left.first, first == right.first {
      left.removeFirst()
      right.removeFirst()
    }
    while let last = left.last, last == right.last {
      left.removeLast()
      right.removeLast()
    }
    guard left.count * right.count <= AdviceLimits.alignmentMax else { return max(left.count, right.count) }
    var row = Array(0...right.count)
    for (place, scalar) in left.enumerated() {
      var diagonal = row[0]
      row[0] = place + 1
      for (column, other) in right.enumerated() {
        let replaced = diagonal + (scalar == other ? 0 : 1)
        diagonal = row[column + 1]
        row[column + 1] = min(replaced, row[column] + 1, diagonal + 1)
      }
    }
    return row[right.count]
  }

  /// The text nearest to the given one that the pieces take; runs take what lies there and cost nothing.
  static func nearest(to text: String, _ pieces: [Piece]) -> String {
    let had = Array(text.unicodeScalars)
    guard (pieces.count + 1) * (had.count + 1) <= AdviceLimits.alignmentMax else {
      return string(pieces.compactMap { $0 })
    }
    return string(trace(costs(pieces, had), pieces, had))
  }

  /// For each beginning of the pieces and each beginning of the text, the least cost of bringing them together.
  private static func costs(_ pieces: [Piece], _ had: [Unicode.Scalar]) -> [[Int]] {
    var costs = [Array(0...had.count)]
    for piece in pieces {
      let above = costs[costs.count - 1]
      var row = [above[0] + (piece == nil ? 0 : 1)]
      for column in had.indices {
        if let piece {
          row.append(min(above[column] + (piece == had[column] ? 0 : 1), above[column + 1] + 1, row[column] + 1))
        } else {
          row.append(min(above[column + 1], row[column]))
        }
      }
      costs.append(row)
    }
    return costs
  }

  private static func trace(
    _ costs: [[Int]], _ pieces: [Piece], _ had: [Unicode.Scalar]
  ) -> [Unicode.Scalar] {
    var (row, column) = (pieces.count, had.count)
    var reversed: [Unicode.Scalar] = []
    while row > 0 || column > 0 {
      let cost = costs[row][column]
      if row > 0, let piece = pieces[row - 1] {
        if column > 0, cost == costs[row - 1][column - 1] + (piece == had[column - 1] ? 0 : 1) {
          column -= 1
          row -= 1
          reversed.append(piece)
        } else if cost == costs[row - 1][column] + 1 {
          row -= 1
          reversed.append(piece)
        } else {
          column -= 1
        }
      } else if row > 0 {
        if column > 0, cost == costs[row][column - 1] {
          column -= 1
          reversed.append(had[column])
        } else {
          row -= 1
        }
      } else {
        column -= 1
      }
    }
    return reversed.reversed()
  }

  private static func string(_ scalars: [Unicode.Scalar]) -> String {
    var text = String.UnicodeScalarView()
    text.append(contentsOf: scalars)
    return String(text)
  }
}

extension Wildcard {
  /// The pieces by whole characters, of which the bytes between two stars are made.
  var scalars: [TextAlignment.Piece] {
    var scalars: [TextAlignment.Piece] = []
    var bytes: [UInt8] = []
    func flush() {
      scalars += String(decoding: bytes, as: UTF8.self).unicodeScalars.map { $0 }
      bytes = []
    }
    for piece in pieces {
      switch piece {
      case .byte(let byte): bytes.append(byte)
      case .star:
        flush()
        scalars.append(nil)
      }
    }
    flush()
    return scalars
  }
}
