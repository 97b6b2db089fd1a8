import Events

/// The machine that the server runs on. Adapter: `SystemPorts.HostMachine`.
public protocol Machine: Sendable {
  /// Bytes free and in all on the volume of the data directory; nil if the system does not say.
  func disk() -> (free: Int64, total: Int64)?
  /// Files and sockets that the process may have open.
  func openFilesMax() -> Int?
}
