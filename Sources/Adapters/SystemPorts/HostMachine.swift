import Foundation
import Operations

/// The machine as the operating system describes it.
public struct HostMachine: Machine {
  private let directory: String

  /// - Parameter directory: on the volume in question.
  public init(directory: String) {
    self.directory = directory
  }

  public func disk() -> (free: Int64, total: Int64)? {
    var volume = statvfs()
    guard statvfs(directory, &volume) == 0 else { return nil }
    let block = Int64(volume.f_frsize)
    return (Int64(volume.f_bavail) * block, Int64(volume.f_blocks) * block)
  }

  public func openFilesMax() -> Int? {
    var limit = rlimit()
    #if os(Linux)
      let kind = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
    #else
      let kind = RLIMIT_NOFILE
    #endif
    guard getrlimit(kind, &limit) == 0 else { return nil }
    return Int(clamping: limit.rlim_cur)
  }
}
