import ArgumentParser

/// A text given on the command line: itself, the content of a file (`@FILE`), or standard input (`-`).
struct GivenText: Sendable, Hashable, ExpressibleByArgument {
  /// Bytes that are read of a file at most.
  static let bytesMax = 16 * 1_024 * 1_024

  let argument: String

  init(argument: String) {
    self.argument = argument
  }

  /// The text itself, read now.
  func text() throws(CommandFailure) -> String {
    if argument == "-" { return try GivenText.content(of: "-") }
    return argument.hasPrefix("@") ? try GivenText.content(of: String(argument.dropFirst())) : argument
  }

  /// The whole text of a file.
  ///
  /// - Parameter path: `-` stands for standard input.
  static func content(of path: String) throws(CommandFailure) -> String {
    let file = try InputFile(path)
    var bytes: [UInt8] = []
    while let piece = try file.piece() {
      bytes += piece
      guard bytes.count <= bytesMax else {
        throw CommandFailure(.invalidInput, "\(file.name) is larger than \(bytesMax) bytes")
      }
    }
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw CommandFailure(.invalidInput, "\(file.name) is not UTF-8")
    }
    return text
  }
}
