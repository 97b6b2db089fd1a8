/// Where a listing goes on, as a token that only the same listing takes back.
///
/// Eight bytes check the place and the listing, so that what is no token, or one of another listing, is refused. It is no
/// secret and does not expire.
public enum PageToken {
  private static let checkBytes = 8

  /// The token of a place.
  ///
  /// - Parameter listing: what the token is good for: the operation and what it was asked.
  public static func text(of place: String, in listing: String) -> String {
    (check(place, listing) + Array(place.utf8)).base64
  }

  /// The place that `text(of:in:)` made a token of; nil for any other text.
  public static func place(of token: String, in listing: String) -> String? {
    guard let bytes = [UInt8](base64: token), bytes.count >= checkBytes else { return nil }
    let place = String(decoding: bytes.dropFirst(checkBytes), as: UTF8.self)
    return text(of: place, in: listing).utf8.elementsEqual(token.utf8) ? place : nil
  }

  /// FNV-1a with 64 bits over both texts, kept apart by a byte that UTF-8 never has.
  private static func check(_ place: String, _ listing: String) -> [UInt8] {
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    for byte in Array(listing.utf8) + [0xFF] + Array(place.utf8) {
      hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01B3
    }
    return stride(from: 56, through: 0, by: -8).map { UInt8(truncatingIfNeeded: hash >> UInt64($0)) }
  }
}
