import Matchers
import Synchronization

/// Workspaces of the matcher, handed out and taken back, so that routing an event makes none.
final class WorkspacePool: Sendable {
  /// Free workspaces that are kept; events are routed on no more threads than a machine has cores.
  static let freeMax = 32

  /// A workspace that is free: nobody else has it.
  private struct Free: @unchecked Sendable {
    // Safe because a workspace is in the pool or in one call of `lend`, never in both, and `lend` does not wait.
    let workspace: MatchWorkspace
  }

  private let free = Mutex<[Free]>([])

  /// Lends a workspace for the time of the call.
  func lend<Value>(_ use: (MatchWorkspace) -> Value) -> Value {
    let lent = free.withLock { $0.popLast() } ?? Free(workspace: MatchWorkspace())
    defer { free.withLock { if $0.count < WorkspacePool.freeMax { $0.append(lent) } } }
    return use(lent.workspace)
  }
}
