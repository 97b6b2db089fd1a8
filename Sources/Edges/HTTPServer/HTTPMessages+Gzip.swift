import CZlib

/// Inflates gzip bodies of a bounded size with zlib.
///
/// Clients of CloudWatch compress from 10 KiB up. Source: RFC 1952 (gzip).
enum Gzip {
  /// Why bytes could not be inflated.
  enum Failure: Error, Hashable {
    /// For people: what is wrong.
    case malformed(String)
    case tooLarge
  }

  /// Fifteen bits of window, and gzip's header and checks instead of zlib's own.
  private static let windowBits: Int32 = 15 + 16

  /// All members of a gzip file, inflated and checked against their CRC-32 and length.
  ///
  /// - Parameter bytesMax: the most bytes that may come out; more is `tooLarge`, found before they are made.
  static func inflated(_ bytes: [UInt8], bytesMax: Int) throws(Failure) -> [UInt8] {
    var rest = bytes[...]
    var output: [UInt8] = []
    repeat {
      rest = try inflateMember(rest, into: &output, bytesMax: bytesMax)
    } while !rest.isEmpty
    return output
  }

  /// Inflates one member. Returns what comes after it.
  private static func inflateMember(
    _ bytes: ArraySlice<UInt8>, into output: inout [UInt8], bytesMax: Int
  ) throws(Failure) -> ArraySlice<UInt8> {
    var stream = z_stream()
    guard inflateInit2_(&stream, windowBits, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK else {
      throw .malformed("zlib cannot begin")
    }
    defer { inflateEnd(&stream) }
    var input = Array(bytes)
    let (status, left) = input.withUnsafeMutableBufferPointer { input in
      stream.next_in = input.baseAddress
      stream.avail_in = UInt32(input.count)
      return (run(&stream, into: &output, bytesMax: bytesMax), Int(stream.avail_in))
    }
    switch status {
    case Z_STREAM_END: return bytes.suffix(left)
    case Z_OK: throw .tooLarge
    case Z_BUF_ERROR: throw .malformed("it ends too early")
    default: throw .malformed(stream.msg.map { String(cString: $0) } ?? "zlib refuses it, status \(status)")
    }
  }

  /// Bytes that one call to zlib makes at most.
  private static let pieceBytes = 65_536

  /// Inflates until the member ends, something is wrong, or more than `bytesMax` bytes would come out, which is `Z_OK`.
  private static func run(_ stream: inout z_stream, into output: inout [UInt8], bytesMax: Int) -> Int32 {
    var piece = [UInt8](repeating: 0, count: pieceBytes)
    while true {
      let status = piece.withUnsafeMutableBufferPointer { piece in
        stream.next_out = piece.baseAddress
        stream.avail_out = UInt32(piece.count)
        return inflate(&stream, Z_NO_FLUSH)
      }
      let count = pieceBytes - Int(stream.avail_out)
      guard output.count + count <= bytesMax else { return Z_OK }
      output += piece.prefix(count)
      guard status == Z_OK else { return status }
      // Room was left, so zlib wants more bytes than there are.
      if stream.avail_out > 0, stream.avail_in == 0 { return Z_BUF_ERROR }
    }
  }
}
