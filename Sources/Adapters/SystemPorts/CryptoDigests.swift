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
}

/// Lower-case hex digits, two a byte.
func hex(_ digest: some Sequence<UInt8>) -> String {
  let digits = Array("0123456789abcdef".utf8)
  return String(decoding: digest.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
}
