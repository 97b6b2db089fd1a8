/// A checksum that travels with an object.
public struct Checksum: Sendable, Hashable {
  /// Those that are computed here; S3's cryptographic ones are passed over.
  public enum Algorithm: String, Sendable, Codable, CaseIterable {
    case crc32 = "crc32"
    case crc32c = "crc32c"
    case crc64nvme = "crc64nvme"

    /// The header that carries it.
    public var header: String { "x-amz-checksum-\(rawValue)" }

    /// The checksum of those bytes, big-endian.
    ///
    /// Source: RFC 1952 §8 (CRC-32), RFC 3720 §12.1 (CRC-32C), NVM Express (CRC-64).
    public func value(of bytes: [UInt8]) -> [UInt8] {
      switch self {
      case .crc32: Algorithm.bigEndian(Algorithm.crc32Table.checksum(of: bytes, ones: 0xFFFF_FFFF), count: 4)
      case .crc32c: Algorithm.bigEndian(Algorithm.crc32cTable.checksum(of: bytes, ones: 0xFFFF_FFFF), count: 4)
      case .crc64nvme: Algorithm.bigEndian(Algorithm.crc64Table.checksum(of: bytes, ones: .max), count: 8)
      }
    }

    private static let crc32Table = CRCTable(reflected: 0xEDB8_8320)
    private static let crc32cTable = CRCTable(reflected: 0x82F6_3B78)
    private static let crc64Table = CRCTable(reflected: 0x9A6C_9329_AC4B_C9B5)

    private static func bigEndian(_ value: UInt64, count: Int) -> [UInt8] {
      (0..<count).map { UInt8(truncatingIfNeeded: value >> UInt64(8 * (count - 1 - $0))) }
    }
  }

  public let algorithm: Algorithm
  /// Base64, as it stands in the header.
  public let base64: String

  /// The checksum of those bytes.
  public init(_ algorithm: Algorithm, of bytes: [UInt8]) {
    self.algorithm = algorithm
    base64 = algorithm.value(of: bytes).base64
  }

  /// Takes the checksum that the headers name; nil if they name none of ours.
  ///
  /// - Throws: `BadDigest` if it is not the body's.
  init?(headers: [String: String], verifying body: [UInt8]) throws(WireError) {
    for algorithm in Algorithm.allCases {
      guard let claimed = headers[algorithm.header] else { continue }
      self.init(algorithm, of: body)
      guard claimed == base64 else {
        let name = algorithm.rawValue.uppercased()
        throw WireError(.badDigest, "The \(name) you specified did not match the calculated checksum.")
      }
      return
    }
    return nil
  }
}

/// The remainders of a reflected cyclic redundancy check, one for each byte.
private struct CRCTable: Sendable {
  private let remainders: [UInt64]

  init(reflected polynomial: UInt64) {
    remainders = (0..<256).map { byte in
      (0..<8).reduce(UInt64(byte)) { rest, _ in rest & 1 == 1 ? rest >> 1 ^ polynomial : rest >> 1 }
    }
  }

  /// - Parameter ones: the register's initial value, which is also added at the end.
  func checksum(of bytes: [UInt8], ones: UInt64) -> UInt64 {
    bytes.reduce(ones) { rest, byte in rest >> 8 ^ remainders[Int(UInt8(truncatingIfNeeded: rest) ^ byte)] } ^ ones
  }
}
