import Engine
import Events
import Simulation
import Testing

/// What `EventArchive` promises.
@Suite struct ArchiveContract {
  /// The store itself, and the one that faults are simulated with, which only passes reads on.
  private static func archives(_ stage: Stage) -> [any EventArchive] {
    [stage.store, FaultyStore(stage.store, FaultPlan(seed: 1), planted: nil)]
  }

  /// Events a minute apart, with details of that many bytes.
  private static func fill(_ stage: Stage, _ sizes: [Int]) async throws {
    try await stage.store.record(
      sizes.enumerated().map { number, size in
        RoutedEvent(
          event: Sample.event("e\(number)", ["text": .string(String(repeating: "é", count: size))]), hops: 1,
          parentID: nil, receivedAt: Sample.start.after(number * 60), deliveries: [], rows: [])
      })
  }

  @Test(arguments: Adapter.all)
  func `what was recorded comes back as text, in its order, page by page`(_ adapter: Adapter) async throws {
    try await adapter.run { stage in
      try await Self.fill(stage, Array(repeating: 3, count: 7))
      try stage.reopen()
      for archive in Self.archives(stage) {
        let extent = try #require(try await archive.extent(of: ArchiveRange()))
        #expect(extent.recordedSince == Sample.start)
        #expect(extent.count == 7)
        var places = try #require(extent.places)
        var ids: [String] = []
        while true {
          let page = try await archive.page(of: ArchiveRange(), places: places, rowsMax: 3, bytesMax: 1 << 20)
          #expect(page.count <= 3)
          for event in page {
            #expect(try Event(JSON(parsing: event.bytes)) == (try await stage.store.event(event.id)?.event))
            #expect(event.receivedAt == Sample.start.after(ids.count * 60))
            ids.append(event.id)
          }
          guard let last = page.last?.sequence, last < places.upperBound else { break }
          places = (last + 1)...places.upperBound
        }
        #expect(ids == (0..<7).map { "e\($0)" })
      }
    }
  }

  @Test(arguments: Adapter.all)
  func `a page ends with the event that makes it large enough, and has one in any case`(
    _ adapter: Adapter
  ) async throws {
    try await adapter.run { stage in
      try await Self.fill(stage, [5_000, 5_000, 5_000, 5_000])
      for archive in Self.archives(stage) {
        let places = try #require(try await archive.extent(of: ArchiveRange())?.places)
        let two = try await archive.page(of: ArchiveRange(), places: places, rowsMax: 10, bytesMax: 15_000)
        #expect(two.map(\.id) == ["e0", "e1"])
        let one = try await archive.page(of: ArchiveRange(), places: places, rowsMax: 10, bytesMax: 1)
        #expect(one.map(\.id) == ["e0"])
      }
    }
  }

  @Test(arguments: Adapter.all)
  func `a range begins with its first moment and ends before its last`(_ adapter: Adapter) async throws {
    try await adapter.run { stage in
      try await Self.fill(stage, [1, 1, 1, 1, 1])
      let range = ArchiveRange(since: Sample.start.after(60), until: Sample.start.after(180))
      for archive in Self.archives(stage) {
        let extent = try #require(try await archive.extent(of: range))
        #expect(extent.count == 2)
        #expect(extent.recordedSince == Sample.start)
        let places = try #require(extent.places)
        let page = try await archive.page(of: range, places: places, rowsMax: 10, bytesMax: 1 << 20)
        #expect(page.map(\.id) == ["e1", "e2"])
        let wide = try await archive.page(
          of: range, places: (places.lowerBound - 1)...(places.upperBound + 9), rowsMax: 10, bytesMax: 1 << 20)
        #expect(wide.map(\.id) == ["e1", "e2"])
        let nothing = try #require(try await archive.extent(of: ArchiveRange(since: Sample.start.after(900))))
        #expect(nothing.count == 0 && nothing.places == nil)
      }
    }
  }

  @Test(arguments: Adapter.all)
  func `what was taken in out of order is in the range by its time`(_ adapter: Adapter) async throws {
    try await adapter.run { stage in
      // A clock that was put back: later places, earlier moments.
      for (id, seconds) in [("a", 100), ("b", 0), ("c", 50)] {
        try await stage.store.record([
          RoutedEvent(
            event: Sample.event(id), hops: 1, parentID: nil, receivedAt: Sample.start.after(seconds), deliveries: [],
            rows: [])
        ])
      }
      let range = ArchiveRange(since: Sample.start.after(40))
      for archive in Self.archives(stage) {
        let places = try #require(try await archive.extent(of: range)?.places)
        let page = try await archive.page(of: range, places: places, rowsMax: 10, bytesMax: 1 << 20)
        #expect(page.map(\.id) == ["a", "c"])
      }
    }
  }

  @Test(arguments: Adapter.all)
  func `of nothing there is no extent`(_ adapter: Adapter) async throws {
    try await adapter.run { stage async throws in
      for archive in Self.archives(stage) { #expect(try await archive.extent(of: ArchiveRange()) == nil) }
    }
  }
}
