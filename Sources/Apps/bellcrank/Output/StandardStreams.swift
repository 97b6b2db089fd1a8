import Foundation

/// The process's own stdout and stderr.
struct StandardStreams: Printer {
  /// Columns of a line of progress; narrower than any terminal that is in use.
  private static let progressColumns = 78

  /// Writes to stdout at once.
  func data(_ bytes: [UInt8]) throws(CommandFailure) {
    try write(bytes, to: STDOUT_FILENO)
  }

  /// Writes to stderr; control characters are shown, not obeyed.
  func talk(_ line: String) throws(CommandFailure) {
    try write(Array((line.harmless(keepingLines: true) + "\n").utf8), to: STDERR_FILENO)
  }

  /// Writes over the last line of a terminal on stderr; blanks, not control sequences, cover what was there.
  func progress(_ line: String?) throws(CommandFailure) {
    guard isatty(STDERR_FILENO) == 1 else { return }
    let shown = (line ?? "").harmless().prefix(StandardStreams.progressColumns)
    let blanks = String(repeating: " ", count: StandardStreams.progressColumns - shown.count)
    try write(Array("\r\(shown)\(blanks)\r".utf8), to: STDERR_FILENO)
  }

  private func write(_ bytes: [UInt8], to descriptor: Int32) throws(CommandFailure) {
    var rest = bytes[...]
    while !rest.isEmpty {
      let written = rest.withUnsafeBytes { Foundation.write(descriptor, $0.baseAddress, $0.count) }
      if written >= 0 {
        rest = rest.dropFirst(written)
      } else if errno != EINTR {
        throw CommandFailure(.unavailable, "the output cannot be written: \(String(cString: strerror(errno)))")
      }
    }
  }
}
