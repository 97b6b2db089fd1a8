import Engine
import Events
import Simulation
import Testing

@Suite struct ObjectStoreTests {
  @Test func `an object is stored with S3's checksum and tells the bus in S3's shape`() async throws {
    let world = try await World()
    guard case .stored(let entry) = try await put(world, "market/prices/k.json", "abc") else {
      Issue.record("not stored")
      return
    }
    #expect(entry.etag == "900150983cd24fb0d6963f7d28e17f72")
    #expect(entry.size == 3)
    #expect(try await world.engine.objects.body(of: entry) == Array("abc".utf8))
    let detail = try #require(try await world.store.events(limit: 1).first?.event.detail)
    #expect(detail["bucket"]?["name"]?.string == world.names.rawBucket)
    #expect(
      detail["object"] == [
        "key": "market/prices/k.json", "size": 3, "etag": .string(entry.etag), "sequencer": .string(entry.sequencer),
      ])
  }

  @Test func `a replaced, refused or removed object leaves no bytes behind`() async throws {
    let world = try await World()
    _ = try await put(world, "k", "one")
    let first = world.blobs.ids
    _ = try await put(world, "k", "two")
    #expect(world.blobs.ids.count == 1)
    #expect(world.blobs.ids != first)
    guard case .exists(let kept) = try await put(world, "k", "three", onlyIfAbsent: true) else {
      Issue.record("it was there")
      return
    }
    #expect(try await world.engine.objects.body(of: kept) == Array("two".utf8))
    #expect(try await put(world, "k", "four", bucket: "no-such") == .noBucket)
    #expect(world.blobs.ids.count == 1)
    #expect(try await world.engine.objects.remove(bucket: world.names.rawBucket, key: "k"))
    #expect(try await !world.engine.objects.remove(bucket: world.names.rawBucket, key: "k"))
    #expect(world.blobs.ids.isEmpty)
  }

  @Test func `bytes that cannot be written leave no entry and no event`() async throws {
    let world = try await World()
    world.blobs.isBroken = true
    await #expect(throws: StoreError.self) { try await put(world, "k", "one") }
    #expect(try await world.keys().isEmpty)
    #expect(try await world.store.events(limit: 1).isEmpty)
  }

  @Test func `later objects have later sequencers`() async throws {
    let world = try await World()
    var sequencers: [String] = []
    for _ in 0..<20 {
      world.clock.advance(by: Span(milliseconds: 1))
      guard case .stored(let entry) = try await put(world, "k", "x") else { continue }
      sequencers.append(entry.sequencer)
    }
    #expect(sequencers.count == 20)
    #expect(sequencers == sequencers.sorted())
    #expect(Set(sequencers.map(\.count)) == [20])
  }

  private func put(
    _ world: World, _ key: String, _ body: String, bucket: String? = nil, onlyIfAbsent: Bool = false
  ) async throws -> ObjectStore.Put {
    let draft = ObjectStore.Draft(
      bucket: bucket ?? world.names.rawBucket, key: key, body: Array(body.utf8), contentType: "text/plain",
      metadata: [:], runID: nil, parentID: nil, hops: 0)
    return try await world.engine.objects.put(draft, onlyIfAbsent: onlyIfAbsent)
  }
}
