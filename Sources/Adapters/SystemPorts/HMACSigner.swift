import Crypto
import Operations

/// HMAC-SHA256 of swift-crypto.
public struct HMACSigner: Signer {
  public init() {}

  public func signature(of bytes: [UInt8], secret: [UInt8]) -> String {
    hex(HMAC<SHA256>.authenticationCode(for: bytes, using: SymmetricKey(data: secret)))
  }
}
