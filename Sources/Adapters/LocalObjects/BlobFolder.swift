import Engine
import Foundation

/// Blobs as files of one folder, fanned out over 256 subfolders by the first two characters of their id.
public struct BlobFolder: Blobs {
  private let root: String

  /// Makes the folder if it is not there.
  public init(_ root: String) throws(StoreError) {
    self.root = root
    try BlobFolder.makeFolder(root)
  }

  /// Written beside its place, flushed, then renamed into it: a reader never sees half a blob.
  public func write(_ bytes: [UInt8], id: String) async throws(StoreError) {
    let place = try path(of: id)
    let folder = (place as NSString).deletingLastPathComponent
    if !FileManager.default.fileExists(atPath: folder) {
      try BlobFolder.makeFolder(folder)
      try BlobFolder.flushFolder(root)
    }
    let draft = place + ".draft"
    let file = open(draft, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
    guard file >= 0 else { throw BlobFolder.failure("create", draft) }
    let written = bytes.withUnsafeBytes { BlobFolder.writeAll(file, $0) }
    let flushed = written && fdatasync(file) == 0
    let closed = Foundation.close(file) == 0
    guard flushed, closed else { throw BlobFolder.failure("write", draft) }
    guard rename(draft, place) == 0 else { throw BlobFolder.failure("rename", place) }
    // A name is durable only once its folder is.
    try BlobFolder.flushFolder(folder)
  }

  public func read(_ id: String) async throws(StoreError) -> [UInt8] {
    let place = try path(of: id)
    guard let data = FileManager.default.contents(atPath: place) else { throw BlobFolder.failure("read", place) }
    return Array(data)
  }

  public func remove(_ id: String) async throws(StoreError) {
    let place = try path(of: id)
    if unlink(place) != 0, errno != ENOENT { throw BlobFolder.failure("remove", place) }
  }

  private func path(of id: String) throws(StoreError) -> String {
    let isPlain = id.utf8.count > 2 && id.utf8.allSatisfy { $0 == UInt8(ascii: "-") || isalnum(Int32($0)) != 0 }
    guard isPlain else { throw StoreError(.refused, "\(id) is no blob id") }
    return "\(root)/\(id.prefix(2))/\(id)"
  }

  private static func writeAll(_ file: Int32, _ bytes: UnsafeRawBufferPointer) -> Bool {
    var rest = bytes[...]
    while !rest.isEmpty {
      let count = Foundation.write(file, UnsafeRawBufferPointer(rebasing: rest).baseAddress, rest.count)
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { return false }
      rest = rest.dropFirst(count)
    }
    return true
  }

  private static func makeFolder(_ path: String) throws(StoreError) {
    do {
      try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    } catch {
      throw StoreError(.unavailable, "cannot make the folder \(path): \(error.localizedDescription)")
    }
  }

  private static func flushFolder(_ path: String) throws(StoreError) {
    let folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard folder >= 0 else { throw failure("open", path) }
    let flushed = fsync(folder) == 0
    let closed = Foundation.close(folder) == 0
    guard flushed, closed else { throw failure("flush", path) }
  }

  private static func failure(_ verb: String, _ path: String) -> StoreError {
    StoreError(.unavailable, "cannot \(verb) \(path): \(String(cString: strerror(errno)))")
  }
}
