import Events

/// Concise Binary Object Representation, as the RPC v2 CBOR protocol of AWS uses it.
///
/// Source: RFC 8949; Smithy, "RPC v2 CBOR protocol".
enum CBOR {
  /// Nesting beyond this is refused.
  static let depthMax = 64

  /// Reads one item as JSON: times become seconds since the epoch, byte strings Base64.
  static func read(_ bytes: [UInt8]) throws(WireError) -> JSON {
    var reader = Reader(bytes: bytes)
    let json = try reader.item(depth: 0)
    guard reader.place == bytes.count else { throw trouble("something follows the item") }
    return json
  }

  fileprivate static func trouble(_ what: String) -> WireError {
    WireError(.serialization, "The request body is not CBOR: \(what)")
  }

  private struct Reader {
    let bytes: [UInt8]
    var place = 0

    mutating func item(depth: Int) throws(WireError) -> JSON {
      guard depth <= CBOR.depthMax else { throw CBOR.trouble("it is nested deeper than \(CBOR.depthMax)") }
      let head = try byte()
      let major = head >> 5
      let minor = head & 31
      switch major {
      case 0: return JSON(try whole(try argument(minor)))
      case 1: return JSON(-1 - (try whole(try argument(minor))))
      case 2: return .string(try string(minor).base64)
      case 3: return .string(String(decoding: try string(minor), as: UTF8.self))
      case 4: return .array(try items(minor, depth))
      case 5: return .object(try members(minor, depth))
      case 6:
        let tag = try argument(minor)
        let inner = try item(depth: depth + 1)
        // Tag 1 is a time in seconds; of other tags only the content counts.
        guard tag != 1 || inner.double != nil else { throw CBOR.trouble("a time is no number") }
        return inner
      default: return try simple(minor)
      }
    }

    private mutating func items(_ minor: UInt8, _ depth: Int) throws(WireError) -> [JSON] {
      var elements: [JSON] = []
      if minor == 31 {
        while try !atBreak() { elements.append(try item(depth: depth + 1)) }
        return elements
      }
      // The count is not believed: elements are read until the bytes end.
      for _ in 0..<(try whole(try argument(minor))) { elements.append(try item(depth: depth + 1)) }
      return elements
    }

    private mutating func members(_ minor: UInt8, _ depth: Int) throws(WireError) -> [JSON.Member] {
      var members: [JSON.Member] = []
      func key(_ json: JSON) throws(WireError) -> String {
        guard let text = json.string else { throw CBOR.trouble("a key is no text") }
        return text
      }
      if minor == 31 {
        while try !atBreak() {
          let name = try key(try item(depth: depth + 1))
          members.append(.init(name, try item(depth: depth + 1)))
        }
        return members
      }
      for _ in 0..<(try whole(try argument(minor))) {
        let name = try key(try item(depth: depth + 1))
        members.append(.init(name, try item(depth: depth + 1)))
      }
      return members
    }

    private mutating func string(_ minor: UInt8) throws(WireError) -> [UInt8] {
      if minor == 31 {
        var whole: [UInt8] = []
        while try !atBreak() {
          let head = try byte()
          guard head & 31 != 31 else { throw CBOR.trouble("a part of a string has no length") }
          whole += try string(head & 31)
        }
        return whole
      }
      let count = try whole(try argument(minor))
      guard count <= bytes.count - place else { throw CBOR.trouble("it ends within a string") }
      defer { place += count }
      return Array(bytes[place..<(place + count)])
    }

    private mutating func simple(_ minor: UInt8) throws(WireError) -> JSON {
      switch minor {
      case 20: return .bool(false)
      case 21: return .bool(true)
      case 22, 23: return .null
      case 25: return try number(CBOR.half(UInt16(try fixed(2))))
      case 26: return try number(Double(Float(bitPattern: UInt32(try fixed(4)))))
      case 27: return try number(Double(bitPattern: try fixed(8)))
      default: throw CBOR.trouble("simple value \(minor) means nothing here")
      }
    }

    private func number(_ value: Double) throws(WireError) -> JSON {
      if value.isFinite { return value == value.rounded() && abs(value) < 1e15 ? JSON(Int(value)) : JSON(value) }
      // JSON has no such number; as a text it is refused where a number is due, with its own name.
      return .string(value.isNaN ? "NaN" : value < 0 ? "-Infinity" : "Infinity")
    }

    private mutating func argument(_ minor: UInt8) throws(WireError) -> UInt64 {
      switch minor {
      case 0..<24: return UInt64(minor)
      case 24: return try fixed(1)
      case 25: return try fixed(2)
      case 26: return try fixed(4)
      case 27: return try fixed(8)
      default: throw CBOR.trouble("length \(minor) means nothing")
      }
    }

    private func whole(_ argument: UInt64) throws(WireError) -> Int {
      guard let number = Int(exactly: argument), number < Int.max else { throw CBOR.trouble("a number is too large") }
      return number
    }

    private mutating func fixed(_ count: Int) throws(WireError) -> UInt64 {
      var value: UInt64 = 0
      for _ in 0..<count { value = value << 8 | UInt64(try byte()) }
      return value
    }

    private mutating func byte() throws(WireError) -> UInt8 {
      guard place < bytes.count else { throw CBOR.trouble("it ends within an item") }
      defer { place += 1 }
      return bytes[place]
    }

    private mutating func atBreak() throws(WireError) -> Bool {
      guard place < bytes.count else { throw CBOR.trouble("it ends within an item") }
      guard bytes[place] == 0xFF else { return false }
      place += 1
      return true
    }
  }

  private static func half(_ bits: UInt16) -> Double {
    let sign: FloatingPointSign = bits & 0x8000 == 0 ? .plus : .minus
    let exponent = Int(bits >> 10 & 0x1F)
    let fraction = Double(bits & 0x3FF) / 1_024
    switch exponent {
    case 0: return Double(sign: sign, exponent: -14, significand: 1) * fraction
    case 31: return fraction == 0 ? (sign == .plus ? .infinity : -.infinity) : .nan
    default: return Double(sign: sign, exponent: exponent - 15, significand: 1 + fraction)
    }
  }

  /// Writes an answer.
  static func write(_ tree: WireTree, into out: inout [UInt8]) {
    switch tree {
    case .text(let text):
      head(3, UInt64(text.utf8.count), &out)
      out += text.utf8
    case .integer(let number):
      if number >= 0 { head(0, UInt64(number), &out) } else { head(1, UInt64(-1 - number), &out) }
    case .double(let number): double(number, &out)
    case .flag(let flag): out.append(flag ? 0xF5 : 0xF4)
    case .time(let moment):
      out.append(0xC1)
      double(Double(moment.milliseconds) / 1_000, &out)
    case .list(let elements):
      head(4, UInt64(elements.count), &out)
      for element in elements { write(element, into: &out) }
    case .structure(let members):
      head(5, UInt64(members.count), &out)
      for member in members {
        write(.text(member.name), into: &out)
        write(member.value, into: &out)
      }
    }
  }

  private static func double(_ number: Double, _ out: inout [UInt8]) {
    out.append(0xFB)
    for shift in stride(from: 56, through: 0, by: -8) {
      out.append(UInt8(truncatingIfNeeded: number.bitPattern >> shift))
    }
  }

  private static func head(_ major: UInt8, _ argument: UInt64, _ out: inout [UInt8]) {
    let kind = major << 5
    let (minor, count): (UInt8, Int) =
      switch argument {
      case 0..<24: (UInt8(argument), 0)
      case 24...0xFF: (24, 1)
      case 0x100...0xFFFF: (25, 2)
      case 0x1_0000...0xFFFF_FFFF: (26, 4)
      default: (27, 8)
      }
    out.append(kind | minor)
    for shift in stride(from: (count - 1) * 8, through: 0, by: -8) {
      out.append(UInt8(truncatingIfNeeded: argument >> shift))
    }
  }
}
