import Engine
import Foundation
import SQLiteStore
import Synchronization
import Testing

/// The ports that both runtimes have: what the orchestrator and the worker stand on.
typealias IngestionStore = AdmissionDesk & RunJournal & SourceBudget & UniverseStore & Ledger & MessageQueues

/// A way to make a store that plays every durable port of the embedded runtime; one that adds itself to `all` runs every
/// contract, and with those of `Side.all` the contracts that both runtimes keep.
struct Adapter: Sendable, CustomTestStringConvertible {
  let name: String
  /// Opens the store that lives in that folder, new or as it was left.
  let open: @Sendable (_ folder: URL, Settings) throws -> any Store
  /// Lets go of the files, so that it can be opened again; nil if the store dies with its process.
  let close: (@Sendable (any Store) throws -> Void)?

  var testDescription: String { name }

  static let all = [
    Adapter(
      name: "SQLite in memory", open: { _, settings in try SQLiteStore(inMemory: settings) }, close: nil),
    Adapter(
      name: "SQLite on disk",
      open: { folder, settings in try SQLiteStore(path: folder.appending(path: "bellcrank.db").path, settings) },
      close: { store in
        let sqlite = try #require(store as? SQLiteStore)
        try sqlite.close()
      }),
  ]

  /// Gives the body a new, seeded store in a folder of its own, and removes the folder afterwards.
  func run(_ settings: Settings? = nil, _ body: (Stage) async throws -> Void) async throws {
    try await Scratch.folder { folder in
      let stage = try Stage(self, folder, settings ?? Sample.settings())
      _ = try await stage.store.seed(EnvironmentSeed(stage.settings, at: Sample.start), at: Sample.start)
      try await body(stage)
      try stage.close()
    }
  }
}

/// A store under test that can be closed and opened again while the test goes on.
final class Stage: Sendable {
  let settings: Settings
  let folder: URL
  private let adapter: Adapter
  private let current: Mutex<any Store>

  init(_ adapter: Adapter, _ folder: URL, _ settings: Settings) throws {
    self.adapter = adapter
    self.folder = folder
    self.settings = settings
    current = Mutex(try adapter.open(folder, settings))
  }

  var store: any Store { current.withLock { $0 } }

  /// What has been answered must be there after this, too; does nothing to a store that cannot come back.
  func reopen() throws {
    guard let close = adapter.close else { return }
    try close(store)
    let opened = try adapter.open(folder, settings)
    current.withLock { $0 = opened }
  }

  func close() throws {
    try adapter.close?(store)
  }
}

enum Scratch {
  /// Gives the body an empty folder, and removes it afterwards.
  static func folder(_ body: (URL) async throws -> Void) async throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "bellcrank-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    do {
      try await body(folder)
    } catch {
      try FileManager.default.removeItem(at: folder)
      throw error
    }
    try FileManager.default.removeItem(at: folder)
  }
}
