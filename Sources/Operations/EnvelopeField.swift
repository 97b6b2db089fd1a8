import Events

/// What every envelope has in one of its fields, so that a pattern which wants anything else there is dead.
///
/// Source: AWS, "EventBridge event structure reference"; the engine's own events are of that form, too.
enum EnvelopeField: String, CaseIterable {
  case version
  case id
  case detailType = "detail-type"
  case source
  case account
  case time
  case region
  case resources
  case detail
  case replayName = "replay-name"

  /// Which texts the field can have; the others it never has.
  enum Form {
    case any
    /// Always the same.
    case one(String)
    /// A character each: `0` stands for any digit, everything else for itself.
    case shaped(String)
  }

  /// - Parameter region: where all events come from; nil if that is not known.
  func form(in region: String?) -> Form {
    switch self {
    case .version: .one("0")
    case .account: .shaped("000000000000")
    case .time: .shaped("0000-00-00T00:00:00Z")
    case .region: region.map { .one($0) } ?? .any
    case .id, .detailType, .source, .resources, .detail, .replayName: .any
    }
  }

  /// Whether every event has exactly one value there.
  var isAlwaysThere: Bool {
    switch self {
    case .version, .id, .detailType, .source, .account, .time, .region: true
    case .resources, .detail, .replayName: false
    }
  }

  /// How the field looks, for people.
  func looks(in region: String?) -> String {
    switch self {
    case .version: "version is \"0\" in every event"
    case .account: "account is twelve digits in every event"
    case .time: "time is like \"2025-09-09T22:00:00Z\" in every event"
    case .region: region.map { "region is \"\($0)\" in every event here" } ?? "region is text in every event"
    case .resources: "resources is a list of texts in every event"
    case .detail: "detail is an object in every event"
    case .id, .detailType, .source, .replayName: "\(rawValue) is text in every event"
    }
  }
}

extension PatternShape.Leaf {
  /// Whether a text of that form may pass; no other kind of value may.
  func canPass(_ form: EnvelopeField.Form) -> Bool {
    switch form {
    case .one(let text): passes(.string(text))
    case .any: test.canPassText
    case .shaped(let shape):
      test.canPassText && (test.pieces.map { LeafTest.fits($0[...], Array(shape.utf8)[...]) } ?? true)
    }
  }
}

extension LeafTest {
  /// Whether any text at all may pass.
  fileprivate var canPassText: Bool {
    switch self {
    case .value(let value): value.string != nil
    case .exactly, .prefix, .suffix, .folded, .wildcard, .cidr, .present, .unknown: true
    case .numeric, .absent: false
    case .noneOf(let forbidden): !forbidden.contains(where: \.isEveryText)
    }
  }

  private var isEveryText: Bool {
    switch self {
    case .prefix(let bytes), .suffix(let bytes): bytes.isEmpty
    case .wildcard(let wildcard): wildcard.pieces.allSatisfy { $0 == nil }
    case .value, .exactly, .folded, .numeric, .cidr, .present, .absent, .noneOf, .unknown: false
    }
  }

  /// The texts that pass, as bytes and nil for any run of them; nil if they cannot be written so.
  fileprivate var pieces: [UInt8?]? {
    switch self {
    case .value(let value): value.string.map { Array($0.utf8) }
    case .exactly(let bytes): bytes
    case .prefix(let bytes): bytes + [nil]
    case .suffix(let bytes): [nil] + bytes
    case .folded(let text, isWhole: true): Array(text.uppercased().utf8)
    case .wildcard(let wildcard): wildcard.pieces
    case .folded, .numeric, .cidr, .present, .absent, .noneOf, .unknown: nil
    }
  }

  /// Whether a text of the shape has the pieces. Each star is tried at every place that is left, so the shape is short.
  fileprivate static func fits(_ pieces: ArraySlice<UInt8?>, _ shape: ArraySlice<UInt8>) -> Bool {
    guard let piece = pieces.first else { return shape.isEmpty }
    guard let byte = piece else {
      return (0...shape.count).contains { fits(pieces.dropFirst(), shape.dropFirst($0)) }
    }
    guard let place = shape.first else { return false }
    let isDigit = (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
    let fitsHere = place == UInt8(ascii: "0") ? isDigit : byte == place
    return fitsHere && fits(pieces.dropFirst(), shape.dropFirst())
  }
}
