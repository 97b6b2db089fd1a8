import Events
import Extraction

/// Prices from Yahoo Finance's chart endpoint, or from a server that answers like it.
///
/// It asks once and never throws: whether to ask again is the caller's decision, made from the outcome.
public struct YahooFinanceClient: Sendable {
  /// The name under which this source is asked for.
  public static let dataSource = "yahoo_finance"

  private let transport: any HTTPTransport
  private let baseURL: String
  private let userAgent: String

  /// - Parameters:
  ///   - baseURL: scheme and authority, maybe a path: `https://query1.finance.yahoo.com`; slashes at its end are dropped.
  ///   - userAgent: sent as `User-Agent`; the endpoint refuses requests that carry none.
  public init(transport: any HTTPTransport, baseURL: String, userAgent: String) {
    self.transport = transport
    var base = baseURL
    while base.hasSuffix("/") { base.removeLast() }
    self.baseURL = base
    self.userAgent = userAgent
  }

  /// Asks for the prices of one symbol.
  ///
  /// - Parameters:
  ///   - symbol: by D16.
  ///   - period: Yahoo's `range`: `1mo`.
  ///   - interval: Yahoo's `interval`: `1d`.
  ///   - timeout: for the whole answer.
  public func prices(of symbol: String, period: String, interval: String, timeout: Span) async -> FetchOutcome {
    do {
      let answer = try await transport.get(
        url(of: symbol, period: period, interval: interval),
        headers: [("User-Agent", userAgent), ("Accept", "application/json")], timeout: timeout)
      return ChartAnswer(answer, symbol: symbol).outcome
    } catch {
      return .failed(sourceError(error))
    }
  }

  /// The address of that question.
  func url(of symbol: String, period: String, interval: String) -> String {
    let query = "range=\(percentEncoded(period))&interval=\(percentEncoded(interval))&includePrePost=false"
    return "\(baseURL)/v8/finance/chart/\(percentEncoded(symbol))?\(query)"
  }

  private func sourceError(_ error: TransportError) -> SourceError {
    switch error.code {
    case .timeout: SourceError(.timeout, reason: error.reason)
    case .unreachable: SourceError(.unavailable, reason: error.reason)
    case .bodyTooLarge: SourceError(.malformed, reason: error.reason)
    case .badURL: SourceError(.refused, reason: error.reason)
    }
  }

  /// RFC 3986: everything but the unreserved characters.
  private func percentEncoded(_ text: String) -> String {
    let hex = Array("0123456789ABCDEF".utf8)
    var out: [UInt8] = []
    for byte in text.utf8 {
      switch byte {
      case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
        UInt8(ascii: "~"):
        out.append(byte)
      default:
        out += [UInt8(ascii: "%"), hex[Int(byte >> 4)], hex[Int(byte & 15)]]
      }
    }
    return String(decoding: out, as: UTF8.self)
  }
}
