import Ingestion
import Schedules

/// What a text must be.
enum TextRule: Sendable, Hashable {
  case account, region, host, schedule, identifier, symbol, table, baseURL, keyPart

  /// Characters of a base URL.
  static let urlLengthMax = 512
  /// Bytes of an object key, as S3 bounds it.
  static let keyLengthMax = 1_024

  /// Goes on after "must be".
  var words: String {
    switch self {
    case .account: "12 digits"
    case .region: "a region such as us-east-1"
    case .host: "a host name or an address"
    case .schedule: "cron(…) of six fields or rate(…)"
    case .identifier: "1 to 50 letters and underscores"
    case .symbol: "1 to \(SymbolList.lengthMax) characters of A–Z 0–9 . - ^ ="
    case .table: "domain.table, each 1 to 50 letters and underscores"
    case .baseURL: "http:// or https://, a host, perhaps a path, no slash at the end"
    case .keyPart: "at most \(TextRule.keyLengthMax) printable ASCII characters"
    }
  }

  /// The text as it is used, or why it is not.
  func read(_ text: String) -> Result<String, Fault> {
    switch self {
    case .schedule:
      do throws(ScheduleError) {
        return .success(try ScheduleExpression(text, dialect: .rules).text)
      } catch {
        return .failure(Fault("must be \(words), is \(Fault.shown(text)): \(error.reason)"))
      }
    case .symbol:
      return SymbolList.normalized(text).map { .success($0) } ?? .failure(Fault(must: words, is: text))
    case .account, .region, .host, .identifier, .table, .baseURL, .keyPart:
      return isValid(text) ? .success(text) : .failure(Fault(must: words, is: text))
    }
  }

  private func isValid(_ text: String) -> Bool {
    let bytes = Array(text.utf8)
    return switch self {
    case .account: bytes.count == 12 && bytes.allSatisfy(Ascii.isDigit)
    case .region: TextRule.isRegion(text)
    case .host: TextRule.isHost(text)
    case .identifier:
      (1...50).contains(bytes.count) && bytes.allSatisfy { Ascii.isLetter($0) || $0 == Ascii.underscore }
    case .table: TextRule.isTable(text)
    case .baseURL: TextRule.isBaseURL(text)
    case .keyPart: bytes.count <= TextRule.keyLengthMax && bytes.allSatisfy { (0x20...0x7E).contains($0) }
    case .schedule, .symbol: true  // Read by their own modules.
    }
  }

  /// `us-east-1`: lower-case words and a number.
  private static func isRegion(_ text: String) -> Bool {
    let parts = text.split(separator: "-", omittingEmptySubsequences: false)
    guard parts.count >= 3, text.utf8.count <= 32, let number = parts.last else { return false }
    return parts.dropLast().allSatisfy { !$0.isEmpty && $0.utf8.allSatisfy(Ascii.isLowercase) }
      && !number.isEmpty && number.utf8.allSatisfy(Ascii.isDigit)
  }

  private static func isTable(_ text: String) -> Bool {
    let names = text.split(separator: ".", omittingEmptySubsequences: false)
    return names.count == 2 && names.allSatisfy { TextRule.identifier.isValid(String($0)) }
  }

  private static func isHost(_ text: String) -> Bool {
    let bytes = Array(text.utf8)
    if bytes.contains(Ascii.colon) {
      return bytes.count <= 45 && bytes.count { $0 == Ascii.colon } >= 2
        && bytes.allSatisfy { Ascii.isHexadecimal($0) || $0 == Ascii.colon || $0 == Ascii.point }
    }
    let labels = text.split(separator: ".", omittingEmptySubsequences: false)
    guard (1...253).contains(bytes.count), labels.allSatisfy(isLabel) else { return false }
    guard labels.allSatisfy({ $0.utf8.allSatisfy(Ascii.isDigit) }) else { return true }
    return labels.count == 4 && labels.allSatisfy { Int($0).map { $0 <= 255 } ?? false }
  }

  private static func isLabel(_ text: Substring) -> Bool {
    (1...63).contains(text.utf8.count) && text.first != "-" && text.last != "-"
      && text.utf8.allSatisfy { Ascii.isLetter($0) || Ascii.isDigit($0) || $0 == Ascii.hyphen }
  }

  private static func isBaseURL(_ text: String) -> Bool {
    guard text.utf8.count <= urlLengthMax, text.utf8.allSatisfy({ (0x21...0x7E).contains($0) }),
      let scheme = ["http://", "https://"].first(where: { text.hasPrefix($0) })
    else { return false }
    let rest = text.dropFirst(scheme.count)
    guard rest.last != "/", !rest.contains("?"), !rest.contains("#") else { return false }
    let authority = rest.prefix { $0 != "/" }
    if authority.first == "[" {
      guard let end = authority.firstIndex(of: "]") else { return false }
      let address = String(authority[authority.index(after: authority.startIndex)..<end])
      return address.contains(":") && isHost(address) && isPort(authority[authority.index(after: end)...])
    }
    let host = authority.prefix { $0 != ":" }
    return isHost(String(host)) && isPort(authority.dropFirst(host.count))
  }

  /// Nothing, or a colon and 1 to 65535.
  private static func isPort(_ text: Substring) -> Bool {
    guard text.first == ":" else { return text.isEmpty }
    let digits = text.dropFirst()
    return digits.utf8.allSatisfy(Ascii.isDigit) && Int(digits).map { (1...65_535).contains($0) } ?? false
  }
}

/// Classes of bytes.
private enum Ascii {
  static let colon = UInt8(ascii: ":")
  static let point = UInt8(ascii: ".")
  static let hyphen = UInt8(ascii: "-")
  static let underscore = UInt8(ascii: "_")

  static func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }
  static func isLowercase(_ byte: UInt8) -> Bool { (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) }
  static func isLetter(_ byte: UInt8) -> Bool { isLowercase(byte | 0x20) }
  static func isHexadecimal(_ byte: UInt8) -> Bool {
    isDigit(byte) || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(byte | 0x20)
  }
}
