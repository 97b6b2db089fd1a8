extension String {
  /// Columns that a terminal needs for the text: two for wide characters, none for marks that join another.
  ///
  /// Source: Unicode Standard Annex 11, East Asian Width; UTS 51 for emoji.
  var displayWidth: Int {
    reduce(0) { $0 + $1.displayWidth }
  }

  /// The text with its control and direction characters spelt out, so that data cannot steer a terminal.
  ///
  /// - Parameter keepingLines: whether ends of lines stay what they are.
  func harmless(keepingLines: Bool = false) -> String {
    guard unicodeScalars.contains(where: { $0.steersTerminal }) else { return self }
    var shown = ""
    for scalar in unicodeScalars {
      switch scalar {
      case "\n" where keepingLines: shown += "\n"
      case "\n": shown += "\\n"
      case "\t": shown += "\\t"
      case "\r": shown += "\\r"
      case let scalar where scalar.steersTerminal: shown += "\\u{\(String(scalar.value, radix: 16))}"
      default: shown.unicodeScalars.append(scalar)
      }
    }
    return shown
  }
}

extension Character {
  fileprivate var displayWidth: Int {
    guard let first = unicodeScalars.first else { return 0 }
    if unicodeScalars.contains("\u{FE0F}") || first.properties.isEmojiPresentation { return 2 }
    switch first.properties.generalCategory {
    case .nonspacingMark, .enclosingMark, .format: return 0
    default: return Character.wide.contains { $0.contains(first.value) } ? 2 : 1
    }
  }

  /// The blocks whose characters are wide or full-width.
  private static let wide: [ClosedRange<UInt32>] = [
    0x1100...0x115F, 0x2E80...0x303E, 0x3041...0x33FF, 0x3400...0x4DBF, 0x4E00...0x9FFF, 0xA000...0xA4CF,
    0xA960...0xA97F, 0xAC00...0xD7A3, 0xF900...0xFAFF, 0xFE30...0xFE6F, 0xFF01...0xFF60, 0xFFE0...0xFFE6,
    0x1F300...0x1F64F, 0x1F900...0x1F9FF, 0x20000...0x3FFFD,
  ]
}

extension Unicode.Scalar {
  /// Control characters, and those that turn the direction of what follows.
  fileprivate var steersTerminal: Bool {
    switch value {
    case 0x202A...0x202E, 0x2066...0x2069, 0x2028...0x2029: true
    default: properties.generalCategory == .control
    }
  }
}
