import Foundation

/// A file, or standard input, read piece by piece.
struct InputFile: ~Copyable {
  /// Bytes of one piece at most.
  static let pieceBytesMax = 65_536

  /// As messages name it.
  let name: String
  private let descriptor: Int32

  /// - Parameter path: `-` stands for standard input.
  init(_ path: String) throws(CommandFailure) {
    guard path != "-" else {
      name = "standard input"
      descriptor = STDIN_FILENO
      return
    }
    let opened = open(path, O_RDONLY | O_CLOEXEC)
    guard opened >= 0 else { throw CommandFailure(.invalidInput, "\(path): \(String(cString: strerror(errno)))") }
    name = path
    descriptor = opened
  }

  deinit {
    if descriptor != STDIN_FILENO { close(descriptor) }
  }

  /// What is there now, at least one byte; waits if nothing is there yet, nil at the end.
  func piece() throws(CommandFailure) -> [UInt8]? {
    while true {
      var count = 0
      let bytes = [UInt8](unsafeUninitializedCapacity: InputFile.pieceBytesMax) { buffer, filled in
        count = read(descriptor, buffer.baseAddress, buffer.count)
        filled = max(0, count)
      }
      if count >= 0 { return count == 0 ? nil : bytes }
      if errno != EINTR { throw CommandFailure(.invalidInput, "\(name): \(String(cString: strerror(errno)))") }
    }
  }
}
