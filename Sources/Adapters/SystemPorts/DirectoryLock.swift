import Engine
import Foundation

/// Keeps a second process off a data directory: two schedulers over one store would fire twice.
///
/// The lock is the kernel's and dies with its process, so a killed server leaves none behind.
public final class DirectoryLock: Sendable {
  private let file: Int32

  /// Makes the directory if it is not there, and takes the lock; throws `refused` if another process has it.
  public init(_ directory: String) throws(StoreError) {
    do {
      try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
    } catch {
      throw StoreError(.unavailable, "cannot make the directory \(directory): \(error.localizedDescription)")
    }
    let path = "\(directory)/lock"
    file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
    guard file >= 0 else {
      throw StoreError(.unavailable, "cannot open \(path): \(String(cString: strerror(errno)))")
    }
    guard flock(file, LOCK_EX | LOCK_NB) == 0 else {
      Foundation.close(file)
      throw StoreError(
        .refused, "another bellcrank serves \(directory); stop it, or choose another directory with --data")
    }
  }

  deinit {
    Foundation.close(file)
  }
}
