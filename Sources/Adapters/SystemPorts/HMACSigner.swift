import CryptoPorts
import Operations

/// HMAC-SHA256 of swift-crypto.
public struct HMACSigner: Signer {
  public init() {}

  public func signature(of bytes: [UInt8], secret: [UInt8]) -> String {
    CryptoDigests().hmac(bytes, key: secret)
  }
}
