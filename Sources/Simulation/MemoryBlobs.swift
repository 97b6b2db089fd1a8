import Engine
import Synchronization

/// Blobs in memory, on a disk that can be made to fail.
public final class MemoryBlobs: Blobs {
  private struct State {
    var blobs: [String: [UInt8]] = [:]
    var isBroken = false
  }

  private let state = Mutex(State())

  public init() {}

  /// While true, every call throws `unavailable` and changes nothing.
  public var isBroken: Bool {
    get { state.withLock { $0.isBroken } }
    set { state.withLock { $0.isBroken = newValue } }
  }

  /// The ids of all blobs, in order.
  public var ids: [String] { state.withLock { $0.blobs.keys.sorted() } }

  public func write(_ bytes: [UInt8], id: String) async throws(StoreError) {
    try touch { $0[id] = bytes }
  }

  public func read(_ id: String) async throws(StoreError) -> [UInt8] {
    guard let bytes = try touch({ $0[id] }) else { throw StoreError(.unavailable, "there is no blob \(id)") }
    return bytes
  }

  public func remove(_ id: String) async throws(StoreError) {
    try touch { $0[id] = nil }
  }

  private func touch<Value: Sendable>(_ body: (inout [String: [UInt8]]) -> Value) throws(StoreError) -> Value {
    let value = state.withLock { state in state.isBroken ? nil : body(&state.blobs) }
    guard let value else { throw StoreError(.unavailable, "the disk does not answer") }
    return value
  }
}
