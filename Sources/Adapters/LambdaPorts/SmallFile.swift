#if canImport(Musl)
  import Musl
#elseif canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// A file that is read whole, such as one that holds a token.
public enum SmallFile {
  public static let bytesMax = 64 * 1_024

  /// nil if it cannot be read or is larger than `bytesMax`.
  public static func bytes(of path: String) -> [UInt8]? {
    let file = open(path, O_RDONLY | O_CLOEXEC)
    guard file >= 0 else { return nil }
    defer { close(file) }
    var bytes = [UInt8](repeating: 0, count: bytesMax + 1)
    var count = 0
    while count < bytes.count {
      let got = bytes.withUnsafeMutableBytes { read(file, $0.baseAddress.map { $0 + count }, $0.count - count) }
      if got < 0 { return nil }
      if got == 0 { break }
      count += got
    }
    return count > bytesMax ? nil : Array(bytes.prefix(count))
  }
}
