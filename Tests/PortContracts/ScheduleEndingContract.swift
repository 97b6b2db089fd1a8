import Engine
import Events
import Rules
import Schedules
import Telemetry
import Testing

/// What `ScheduleStore` promises of schedules that stay until their last invocation has come.
@Suite struct ScheduleEndingContract {
  private static let names = ["a", "b", "c"].map { ScheduleName(group: ScheduleName.defaultGroup, $0) }

  private static func schedule(_ name: ScheduleName) throws -> Schedule {
    Schedule(
      name: name, expression: try ScheduleExpression("rate(5 minutes)", dialect: .scheduler),
      target: Sample.target("t"), createdAt: Sample.start, modifiedAt: Sample.start, since: Sample.start)
  }

  private static func ending(_ id: Int64, due seconds: Int) -> ScheduleEnding {
    ScheduleEnding(
      schedule: id, slot: Sample.start, since: Sample.start.after(-1), due: Sample.start.after(seconds))
  }

  /// Three schedules, each with an ending, the later the earlier it was made.
  private static func prepare(_ store: any ScheduleStore) async throws -> [ScheduleEnding] {
    let ids = try await store.save(try names.map { try schedule($0) }, row: Sample.row)
    let slots = ids.map {
      SlotDecision(schedule: $0, slot: Sample.start, outcome: .fires, decidedAt: Sample.start)
    }
    try await store.decide(slots, through: nil, plans: [])
    let through = try #require(try await store.openSlots(limit: 10).last?.sequence)
    let endings = zip(ids, [180, 120, 60]).map { ending($0, due: $1) }
    let expansion = SlotExpansion(
      deliveries: [], rows: [], waiting: [], completed: [:], endings: endings, through: through)
    #expect(try await store.expand(expansion) == [])
    // The same again, as one does who has not heard the answer.
    #expect(try await store.expand(expansion) == [])
    return endings
  }

  @Test(arguments: ScheduleContract.kinds)
  func `endings are found when they come, the earliest first, with the schedule as it is by then`(
    _ kind: ScheduleContract.Kind
  ) async throws {
    try await kind.run { post in
      #expect(try await post.store().nextEnding() == nil)
      let endings = try await Self.prepare(post.store())
      try post.reopen()
      #expect(try await post.store().schedules(ScheduleQuery()).map(\.name) == Self.names, "all are still there")
      #expect(try await post.store().nextEnding() == Sample.start.after(60))
      #expect(try await post.store().endings(by: Sample.start.after(59), limit: 10).isEmpty)
      var changed = try Self.schedule(Self.names[1])
      changed.version = 2
      _ = try await post.store().save([changed], row: Sample.row)
      _ = try await post.store().remove(Self.names[0], row: Sample.row)
      let due = try await post.store().endings(by: Sample.start.after(180), limit: 10)
      #expect(due.map(\.ending) == endings.reversed())
      #expect(due.map(\.schedule?.version) == [1, 2, nil])
      let two = try await post.store().endings(by: Sample.start.after(180), limit: 2)
      #expect(two.map(\.ending.due) == [60, 120].map { Sample.start.after($0) })
    }
  }

  @Test(arguments: ScheduleContract.kinds)
  func `what ended is removed if it is still of that version, and endings are forgotten`(
    _ kind: ScheduleContract.Kind
  ) async throws {
    try await kind.run { post in
      let endings = try await Self.prepare(post.store())
      let ids = endings.map(\.schedule)
      var changed = try Self.schedule(Self.names[1])
      changed.version = 2
      _ = try await post.store().save([changed], row: Sample.row)
      // The first has ended, the second was changed since it was looked at, the third shall stay.
      #expect(try await post.store().end(endings, completed: [ids[0]: 1, ids[1]: 1]) == [ids[0]])
      try post.reopen()
      #expect(try await post.store().schedules(ScheduleQuery()).map(\.name) == Array(Self.names.dropFirst()))
      #expect(try await post.store().endings(by: Sample.start.after(999), limit: 10).map(\.ending) == [endings[1]])
      #expect(try await post.store().end([endings[1]], completed: [ids[1]: 2]) == [ids[1]])
      #expect(try await post.store().end(endings, completed: [ids[0]: 1]) == [])
      #expect(try await post.store().nextEnding() == nil)
      #expect(try await post.store().schedules(ScheduleQuery()).map(\.name) == [Self.names[2]])
    }
  }

  @Test(arguments: ScheduleContract.kinds)
  func `a slot that waited leaves its schedule until the invocation comes`(
    _ kind: ScheduleContract.Kind
  ) async throws {
    try await kind.run { post in
      let schedule = try Self.schedule(Self.names[0])
      let id = try #require(try await post.store().save([schedule], row: Sample.row).first)
      let slot = SlotDecision(schedule: id, slot: Sample.start, outcome: .fires, decidedAt: Sample.start)
      try await post.store().decide([slot], through: nil, plans: [])
      let waiting = WaitingSlot(owner: schedule.name.description, slot: Sample.start)
      let through = try #require(try await post.store().openSlots(limit: 10).last?.sequence)
      _ = try await post.store().expand(
        SlotExpansion(deliveries: [], rows: [], waiting: [waiting], completed: [:], through: through))
      let due = Sample.start.after(60)
      let delivery = NewDelivery(
        cause: Sample.cause("default/a@0"), target: Sample.target("t"), body: nil, due: due)
      #expect(
        try await post.store().release(
          waiting, as: .invokes(delivery), completed: CompletedSchedule(schedule, due: due)) == nil)
      try post.reopen()
      let found = try #require(try await post.store().endings(by: due, limit: 10).first)
      #expect(
        found.ending == ScheduleEnding(schedule: id, slot: Sample.start, since: schedule.since, due: due))
      #expect(found.schedule == schedule)
    }
  }
}
