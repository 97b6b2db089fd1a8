import Crypto
import Engine

/// swift-crypto's digests.
public struct CryptoDigests: Digests {
  public init() {}

  public func sha256(_ bytes: [UInt8]) -> String {
    hex(SHA256.hash(data: bytes))
  }

  public func md5(_ bytes: [UInt8]) -> String {
    hex(Insecure.MD5.hash(data: bytes))
  }

  /// Lower-case hex of HMAC-SHA256 (RFC 2104).
  public func hmac(_ bytes: [UInt8], key: [UInt8]) -> String {
    hex(HMAC<SHA256>.authenticationCode(for: bytes, using: SymmetricKey(data: key)))
  }

  /// Two lower-case digits a byte.
  private func hex(_ digest: some Sequence<UInt8>) -> String {
    let digits: StaticString = "0123456789abcdef"
    var text: [UInt8] = []
    text.reserveCapacity(64)
    for byte in digest {
      text.append(digits.utf8Start[Int(byte >> 4)])
      text.append(digits.utf8Start[Int(byte & 15)])
    }
    return String(decoding: text, as: UTF8.self)
  }
}
