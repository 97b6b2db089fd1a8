import Events

/// JSON before it is written, so that one value can be spelt in many ways.
enum TrapNode {
  case null
  case bool(Bool)
  /// As it is spelt.
  case number(String)
  case string(String)
  case array([TrapNode])
  case object([Member])

  struct Member {
    let key: String
    let value: TrapNode

    init(_ key: String, _ value: TrapNode) {
      self.key = key
      self.value = value
    }
  }

  /// The same text for the same dice: with escapes that need not be, blanks, and lone surrogates for U+FFFD.
  func text(_ dice: inout SplitMix64) -> [UInt8] {
    var writer = TrapWriter(dice: dice)
    writer.write(self)
    dice = writer.dice
    return writer.bytes
  }
}

/// Spells a value in one of the many ways that JSON allows.
private struct TrapWriter {
  var dice: SplitMix64
  var bytes: [UInt8] = []
  private let isAiry: Bool
  private let escapesPercent: Int

  init(dice: SplitMix64) {
    self.dice = dice
    isAiry = self.dice.isLucky(percent: 15)
    escapesPercent = self.dice.isLucky(percent: 40) ? self.dice.pick([10, 30, 100]) : 0
  }

  mutating func write(_ node: TrapNode) {
    blank()
    switch node {
    case .null: bytes += Array("null".utf8)
    case .bool(let flag): bytes += Array((flag ? "true" : "false").utf8)
    case .number(let text): bytes += Array(text.utf8)
    case .string(let text): quoted(text)
    case .array(let elements):
      bytes.append(UInt8(ascii: "["))
      for (index, element) in elements.enumerated() {
        if index > 0 { bytes.append(UInt8(ascii: ",")) }
        write(element)
      }
      blank()
      bytes.append(UInt8(ascii: "]"))
    case .object(let members):
      bytes.append(UInt8(ascii: "{"))
      for (index, member) in members.enumerated() {
        if index > 0 { bytes.append(UInt8(ascii: ",")) }
        blank()
        quoted(member.key)
        blank()
        bytes.append(UInt8(ascii: ":"))
        write(member.value)
      }
      blank()
      bytes.append(UInt8(ascii: "}"))
    }
    blank()
  }

  private mutating func blank() {
    guard isAiry, dice.isLucky(percent: 30) else { return }
    bytes += dice.pick([[0x20], [0x0A], [0x0D, 0x0A], [0x09, 0x20]])
  }

  private mutating func quoted(_ text: String) {
    bytes.append(UInt8(ascii: "\""))
    for scalar in text.unicodeScalars {
      let isBound = scalar == "\"" || scalar == "\\" || scalar.value < 0x20
      if isBound || (escapesPercent > 0 && dice.isLucky(percent: escapesPercent)) {
        escape(scalar)
      } else {
        bytes += Array(UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter)
      }
    }
    bytes.append(UInt8(ascii: "\""))
  }

  private mutating func escape(_ scalar: Unicode.Scalar) {
    let short: [Unicode.Scalar: String] = [
      "\"": "\\\"", "\\": "\\\\", "/": "\\/", "\u{8}": "\\b", "\u{C}": "\\f", "\n": "\\n", "\r": "\\r", "\t": "\\t",
    ]
    if let mark = short[scalar], dice.isLucky(percent: 60) {
      bytes += Array(mark.utf8)
    } else if scalar == "\u{FFFD}", dice.isLucky(percent: 60) {
      unit(dice.pick([0xD800, 0xDBFF, 0xDC00, 0xDFFF]))
    } else {
      for part in UTF16.encode(scalar) ?? UTF16.encodedReplacementCharacter { unit(part) }
    }
  }

  private mutating func unit(_ unit: UInt16) {
    let hex = String(unit, radix: 16, uppercase: dice.isLucky(percent: 50))
    bytes += Array("\\u".utf8) + Array(repeating: UInt8(ascii: "0"), count: 4 - hex.utf8.count) + Array(hex.utf8)
  }
}

extension SplitMix64 {
  mutating func below(_ bound: Int) -> Int {
    Int(next() % UInt64(bound))
  }

  mutating func pick<Element>(_ all: [Element]) -> Element {
    all[below(all.count)]
  }

  mutating func isLucky(percent: Int) -> Bool {
    below(100) < percent
  }
}
