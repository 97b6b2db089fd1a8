import Engine
import Foundation
import LocalObjects
import Simulation
import Testing

/// A way to keep blobs.
struct BlobAdapter: Sendable, CustomTestStringConvertible {
  let name: String
  let open: @Sendable (_ folder: URL) throws -> any Blobs

  var testDescription: String { name }

  static let all = [
    BlobAdapter(name: "BlobFolder") { folder in try BlobFolder(folder.appending(path: "objects").path) },
    BlobAdapter(name: "MemoryBlobs") { _ in MemoryBlobs() },
  ]
}

/// What `Blobs` promises.
@Suite struct BlobContract {
  private static let id = "0f8fad5b-d9cb-469f-a165-70867728950e"

  @Test(arguments: BlobAdapter.all)
  func `a blob comes back as it went in, until it is removed`(_ adapter: BlobAdapter) async throws {
    try await Scratch.folder { folder in
      let blobs = try adapter.open(folder)
      for bytes in [[], [0, 255, 10, 13], [UInt8](repeating: 7, count: 3_000_000)] {
        try await blobs.write(bytes, id: BlobContract.id)
        #expect(try await blobs.read(BlobContract.id) == bytes)
      }
      try await blobs.write([1], id: "other-id")
      try await blobs.remove(BlobContract.id)
      try await blobs.remove(BlobContract.id)
      await #expect(throws: StoreError.self) { try await blobs.read(BlobContract.id) }
      #expect(try await blobs.read("other-id") == [1])
    }
  }

  @Test(arguments: BlobAdapter.all)
  func `sixteen blobs written at once are all there`(_ adapter: BlobAdapter) async throws {
    try await Scratch.folder { folder in
      let blobs = try adapter.open(folder)
      try await withThrowingTaskGroup(of: Void.self) { group in
        for number in 0..<16 {
          group.addTask { try await blobs.write([UInt8(number)], id: "same-fan-\(number)") }
        }
        try await group.waitForAll()
      }
      for number in 0..<16 { #expect(try await blobs.read("same-fan-\(number)") == [UInt8(number)]) }
    }
  }

  @Test func `a folder that is opened again has its blobs, and nothing half written`() async throws {
    try await Scratch.folder { folder in
      let root = folder.appending(path: "objects").path
      try await BlobFolder(root).write([1, 2], id: BlobContract.id)
      #expect(try await BlobFolder(root).read(BlobContract.id) == [1, 2])
      let place = "\(root)/0f"
      #expect(try FileManager.default.contentsOfDirectory(atPath: place) == [BlobContract.id])
    }
  }

  @Test(arguments: ["", "ab", "../../etc/passwd", "a/b/c", "abc.draft", "ab\u{0}c", "값값값"])
  func `no id leads out of the folder`(_ id: String) async throws {
    try await Scratch.folder { folder in
      let blobs = try BlobFolder(folder.path)
      let error = await #expect(throws: StoreError.self) { try await blobs.write([1], id: id) }
      #expect(error?.code == .refused)
      await #expect(throws: StoreError.self) { try await blobs.read(id) }
      await #expect(throws: StoreError.self) { try await blobs.remove(id) }
    }
  }
}
