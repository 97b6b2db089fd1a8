import Events

/// The lines of a file, as many at a time as have come in, so that a file of any size takes little memory.
struct InputLines: ~Copyable {
  /// Bytes of one line at most; an event has 256 KiB, a pattern 4 KiB.
  static let lineBytesMax = 16 * 1_024 * 1_024

  /// One line without its end.
  enum Line: Sendable, Hashable {
    case bytes([UInt8])
    /// It has more than `lineBytesMax` and was passed over.
    case tooLong
  }

  private let file: InputFile
  private var pending: [UInt8] = []
  private var isTooLong = false
  private var isAtEnd = false

  /// - Parameter path: `-` stands for standard input.
  init(_ path: String) throws(CommandFailure) {
    file = try InputFile(path)
  }

  /// The next lines, at least one; nil at the end. A last line needs no end of line.
  mutating func next() throws(CommandFailure) -> [Line]? {
    while !isAtEnd {
      guard let piece = try file.piece() else {
        isAtEnd = true
        return pending.isEmpty && !isTooLong ? nil : [takeLine()]
      }
      let lines = split(piece)
      if !lines.isEmpty { return lines }
    }
    return nil
  }

  private mutating func split(_ piece: [UInt8]) -> [Line] {
    var lines: [Line] = []
    var rest = piece[...]
    while let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
      append(rest[..<end])
      lines.append(takeLine())
      rest = rest[(end + 1)...]
    }
    append(rest)
    return lines
  }

  private mutating func append(_ bytes: ArraySlice<UInt8>) {
    if isTooLong || pending.count + bytes.count > InputLines.lineBytesMax {
      isTooLong = true
      pending = []
    } else {
      pending += bytes
    }
  }

  private mutating func takeLine() -> Line {
    let line = isTooLong ? Line.tooLong : .bytes(pending)
    pending = []
    isTooLong = false
    return line
  }
}

extension InputLines.Line {
  /// Reads the line as a JSON object.
  ///
  /// - Parameter noun: what messages call it: `a case`.
  func object(called noun: String) throws(CommandFailure) -> JSON {
    switch self {
    case .tooLong:
      throw CommandFailure(.invalidInput, "the line is longer than \(InputLines.lineBytesMax) bytes")
    case .bytes(let bytes):
      let json: JSON
      do {
        json = try JSON(parsing: bytes)
      } catch {
        throw CommandFailure(.invalidInput, "the line is no JSON: \(error.message)")
      }
      guard json.members != nil else {
        throw CommandFailure(.invalidInput, "\(noun) is an object, and this is: \(json.kind)")
      }
      return json
    }
  }
}
