import Deliveries
import Engine
import Events
import Rules
import Schedules
import Simulation
import Synchronization
import Telemetry
import Testing

/// What `ScheduleStore` promises: of stores that last, and of the one that schedules are simulated with.
@Suite struct ScheduleContract {
  /// A store under test, what it holds besides schedules, and a way to open it again.
  struct Post: Sendable {
    let store: @Sendable () -> any ScheduleStore
    let causesDue: @Sendable () async throws -> [String]
    /// The causes of the rows there are, in order.
    let rows: @Sendable () async throws -> [String]
    let reopen: @Sendable () throws -> Void
  }

  struct Kind: Sendable, CustomTestStringConvertible {
    let name: String
    let run: @Sendable ((Post) async throws -> Void) async throws -> Void

    var testDescription: String { name }
  }

  static let kinds =
    Adapter.all.map { adapter in
      Kind(name: adapter.name) { body in
        try await adapter.run { stage in
          try await body(
            Post(
              store: { stage.store },
              causesDue: { try await stage.store.due(at: Sample.start.after(1 << 30), limit: 100).map(\.cause.id) },
              rows: {
                var query = LedgerQuery()
                query.limit = 100
                return try await stage.store.entries(query).map(\.causeID).reversed()
              }, reopen: { try stage.reopen() }))
        }
      }
    } + [
      Kind(name: "memory of a simulated world") { body in
        let store = MemorySchedules()
        try await body(
          Post(
            store: { store }, causesDue: { store.deliveries.map(\.cause.id) }, rows: { store.rows.map(\.causeID) },
            reopen: {}))
      }
    ]

  static func row(_ text: String) -> LedgerEntry {
    ScheduleChange.entry(
      of: text, "changed", ChangeNote(operation: "CreateSchedule", who: "somebody", why: nil), at: Sample.start)
  }

  static let row = row("row")

  static func named(_ name: String) -> ScheduleName { ScheduleName(group: ScheduleName.defaultGroup, name) }

  static func schedule(
    _ name: ScheduleName, _ expression: String = "rate(5 minutes)", since: Timestamp = Sample.start
  ) throws -> Schedule {
    Schedule(
      name: name, expression: try ScheduleExpression(expression, dialect: .scheduler), target: Sample.target("t"),
      createdAt: Sample.start, modifiedAt: Sample.start, since: since)
  }

  static func slot(_ id: Int64, _ seconds: Int, _ outcome: SlotDecision.Outcome = .fires) -> SlotDecision {
    SlotDecision(
      schedule: id, slot: Sample.start.after(seconds), outcome: outcome, decidedAt: Sample.start.after(seconds + 1))
  }

  private static func delivery(_ cause: String) -> NewDelivery {
    NewDelivery(cause: Sample.cause(cause), target: Sample.target("t"), body: nil, due: Sample.start)
  }

  // MARK: Schedules and groups

  @Test(arguments: kinds)
  func `a schedule that is replaced keeps its id, and no id is given again`(_ kind: Kind) async throws {
    try await kind.run { post in
      let (a, b) = (Self.named("a"), Self.named("b"))
      let ids = try await post.store().save([try Self.schedule(a), try Self.schedule(b)], row: Self.row)
      try #require(ids.count == 2 && ids[0] != ids[1])
      var changed = try Self.schedule(a, "rate(7 minutes)")
      changed.version = 2
      #expect(try await post.store().save([changed], row: Self.row) == [ids[0]])
      try post.reopen()
      #expect(try await post.store().schedule(a) == changed)
      #expect(try await post.store().remove(b, row: Self.row) == ids[1])
      #expect(try await post.store().remove(b, row: Self.row) == nil)
      #expect(try await post.store().schedule(b) == nil)
      try post.reopen()
      let again = try await post.store().save([try Self.schedule(b)], row: Self.row)
      #expect(!ids.contains(again[0]))
      #expect(try await post.store().scheduleNames([ids[0], ids[1], again[0]]) == [ids[0]: a, again[0]: b])
    }
  }

  @Test(arguments: kinds)
  func `a change of a schedule that is gone is refused, with all that is saved beside it`(_ kind: Kind) async throws {
    try await kind.run { post in
      var gone = try Self.schedule(Self.named("gone"))
      gone.version = 2
      let both = [try Self.schedule(Self.named("a")), gone]
      let error = await #expect(throws: StoreError.self) { try await post.store().save(both, row: Self.row) }
      #expect(error?.code == .refused)
      #expect(try await post.store().schedules(ScheduleQuery()) == [])
      #expect(try await post.rows().contains(Self.row.causeID) == false)
    }
  }

  @Test(arguments: kinds)
  func `schedules are listed by group and name, whole or by group, beginning and state, page by page`(
    _ kind: Kind
  ) async throws {
    try await kind.run { post in
      // Hostile where a store makes patterns or ranges of them.
      let names = [
        ScheduleName(group: "B", "z"), ScheduleName(group: "a", "%"), ScheduleName(group: "a", "_"),
        ScheduleName(group: "a", "a'b"), ScheduleName(group: "a", "ab"), ScheduleName(group: "a", "a~"),
        ScheduleName(group: "a", "aé"), ScheduleName(group: "a", "b"), ScheduleName(group: "a-", "ab"),
      ].sorted()
      let schedules = try names.map { name in
        var schedule = try Self.schedule(name)
        schedule.state = name.name == "ab" ? .disabled : .enabled
        return schedule
      }
      _ = try await post.store().save(schedules.reversed(), row: Self.row)
      func list(_ edit: (inout ScheduleQuery) -> Void) async throws -> [String] {
        var query = ScheduleQuery()
        edit(&query)
        return try await post.store().schedules(query).map(\.name.description)
      }
      let all = names.map(\.description)
      #expect(try await list { _ in } == all)
      #expect(try await list { $0.group = "a" } == all.filter { $0.hasPrefix("a/") })
      #expect(try await list { $0.namePrefix = "a" } == names.filter { $0.name.hasPrefix("a") }.map(\.description))
      #expect(try await list { $0.namePrefix = "" } == all)
      #expect(try await list { $0.namePrefix = "%" } == ["a/%"])
      #expect(try await list { $0.namePrefix = "_" } == ["a/_"])
      #expect(
        try await list { $0.state = .disabled } == ["a/ab", "a-/ab"].sorted { ScheduleName($0)! < ScheduleName($1)! })
      #expect(
        try await list {
          $0.group = "a"
          $0.namePrefix = "ab"
          $0.state = .enabled
        } == [])
      var pages: [String] = []
      var after: ScheduleName?
      repeat {
        var query = ScheduleQuery()
        query.limit = 2
        query.after = after
        let page = try await post.store().schedules(query)
        pages += page.map(\.name.description)
        after = page.last?.name
      } while after != nil
      #expect(pages == all)
    }
  }

  @Test(arguments: kinds)
  func `a group is made, replaced, and removed with its schedules`(_ kind: Kind) async throws {
    try await kind.run { post in
      var group = ScheduleGroup(name: "g", tags: ["a": "1"], createdAt: Sample.start, modifiedAt: Sample.start)
      try await post.store().save(group, row: Self.row)
      group.tags = ["b": "2"]
      group.modifiedAt = Sample.start.after(1)
      try await post.store().save(group, row: Self.row("later"))
      let ids = try await post.store().save(
        try ["a", "b"].map { try Self.schedule(ScheduleName(group: "g", $0)) }
          + [try Self.schedule(ScheduleName(group: "gg", "a"))], row: Self.row)
      try post.reopen()
      #expect(try await post.store().scheduleGroups() == [group])
      #expect(try await post.store().remove(group: "gg", row: Self.row) == nil)
      #expect(try await post.store().remove(group: "g", row: Self.row).map(Set.init) == Set(ids.prefix(2)))
      #expect(try await post.store().scheduleGroups() == [])
      #expect(try await post.store().schedules(ScheduleQuery()).map(\.name.group) == ["gg"])
    }
  }

  @Test(arguments: kinds)
  func `every clock comes back as it went in, by id`(_ kind: Kind) async throws {
    try await kind.run { post in
      var schedules: [Schedule] = []
      for gap in ClockChangeRule.Gap.allCases {
        for fold in ClockChangeRule.Fold.allCases {
          for misfire in MisfirePolicy.Kind.allCases {
            let number = schedules.count
            let expression = [
              "cron(0 2 ? * 6L *)", "rate(5 minutes)", "at(2030-01-01T00:00:00)", "cron(0\t2 * * ? *)",
            ][
              number % 4]
            var schedule = try Self.schedule(Self.named("s\(number)"), expression)
            schedule.timezone = number % 2 == 0 ? "UTC" : "America/New_York"
            schedule.changes = ClockChangeRule(gap: gap, fold: fold)
            schedule.misfire = MisfirePolicy(kind: misfire, window: Span(milliseconds: 1), countMax: number + 1)
            schedule.start = number % 3 == 0 ? nil : Sample.start.after(number)
            schedule.end = number % 5 == 0 ? nil : Timestamp(milliseconds: Sample.start.milliseconds + 86_400_001)
            schedule.since = Timestamp(milliseconds: Sample.start.milliseconds + Int64(number))
            schedule.state = number % 2 == 0 ? .enabled : .disabled
            schedules.append(schedule)
          }
        }
      }
      let ids = try await post.store().save(schedules, row: Self.row)
      try post.reopen()
      let found = Collector()
      try await post.store().forEachClock { found.add($0) }
      #expect(found.clocks == zip(ids, schedules).map { StoredClock(id: $0, $1) })
      #expect(ids == ids.sorted())
    }
  }

  // MARK: Slots

  @Test(arguments: kinds)
  func `a slot of a schedule is decided once and for ever`(_ kind: Kind) async throws {
    try await kind.run { post in
      try await post.store().decide([Self.slot(1, 0), Self.slot(2, 0, .disabled)], through: nil, plans: [])
      try await post.store().decide([Self.slot(1, 0, .skipped), Self.slot(1, 60)], through: nil, plans: [])
      try post.reopen()
      let late = SlotDecision(
        schedule: 1, slot: Sample.start, outcome: .missed, decidedAt: Sample.start.after(1 << 25))
      try await post.store().decide([late], through: nil, plans: [])
      #expect(
        try await post.store().decisions(after: .epoch) == [
          Self.slot(1, 0), Self.slot(2, 0, .disabled), Self.slot(1, 60),
        ])
      #expect(try await post.store().decisions(after: Sample.start) == [Self.slot(1, 60)])
      #expect(
        try await post.store().openSlots(limit: 10).map(\.decision.slot) == [0, 0, 60].map { Sample.start.after($0) })
    }
  }

  @Test(arguments: kinds)
  func `what is decided goes as far as was said, but not beyond what began since`(_ kind: Kind) async throws {
    try await kind.run { post in
      #expect(try await post.store().decidedThrough() == nil)
      let name = Self.named("a")
      _ = try await post.store().save([try Self.schedule(name)], row: Self.row)
      #expect(try await post.store().decidedThrough() == nil)
      let (first, begins) = (Sample.start.after(100), Timestamp(milliseconds: Sample.start.milliseconds - 1))
      // Whoever decides this may not know of the schedule yet.
      try await post.store().decide([], through: first, plans: [])
      #expect(try await post.store().decidedThrough() == begins)
      try await post.store().decide([], through: nil, plans: [])
      #expect(try await post.store().decidedThrough() == begins)
      try await post.store().decide([], through: first, plans: [])
      try post.reopen()
      #expect(try await post.store().decidedThrough() == first)
      // It goes back with the clock.
      try await post.store().decide([], through: Sample.start.after(50), plans: [])
      #expect(try await post.store().decidedThrough() == Sample.start.after(50))
      // One that fires when it did leaves it alone, however long ago it began.
      try await post.store().decide([], through: first, plans: [])
      var paused = try Self.schedule(name)
      paused.version = 2
      paused.state = .disabled
      paused.misfire = MisfirePolicy(kind: .all, window: .days(1))
      _ = try await post.store().save([paused], row: Self.row)
      #expect(try await post.store().decidedThrough() == first)
      // One that begins later, too; one that begins earlier does not.
      var edited = try Self.schedule(name, "rate(1 hour)", since: Sample.start.after(200))
      edited.version = 3
      _ = try await post.store().save([edited], row: Self.row)
      #expect(try await post.store().decidedThrough() == first)
      let early = try Self.schedule(Self.named("b"), since: Sample.start.after(30))
      let later = try Self.schedule(Self.named("c"), since: Sample.start.after(70))
      _ = try await post.store().save([later, early], row: Self.row)
      try post.reopen()
      let before = Timestamp(milliseconds: Sample.start.after(30).milliseconds - 1)
      #expect(try await post.store().decidedThrough() == before)
      try await post.store().decide([], through: first, plans: [])
      #expect(try await post.store().decidedThrough() == before)
    }
  }

  @Test(arguments: kinds)
  func `plans stand before what is recovered`(_ kind: Kind) async throws {
    try await kind.run { post in
      try await post.store().decide(
        [Self.slot(1, 0, .recovers)], through: Sample.start, plans: [Self.row("plan-1"), Self.row("plan-2")])
      _ = try await post.store().expand(
        SlotExpansion(deliveries: [], rows: [Sample.entry("slot")], waiting: [], completed: [:], through: 1))
      #expect(
        try await post.rows().suffix(3) == [Self.row("plan-1").causeID, Self.row("plan-2").causeID, "slot"])
    }
  }

  @Test(arguments: kinds)
  func `decided slots are open in their order, each until it is expanded, and that once`(_ kind: Kind) async throws {
    try await kind.run { post in
      let ids = try await post.store().save(
        try ["a", "b"].map { try Self.schedule(Self.named($0)) }, row: Self.row)
      let slots = [Self.slot(ids[1], 60), Self.slot(ids[0], 0), Self.slot(ids[0], 60, .skipped), Self.slot(99, 0)]
      try await post.store().decide(slots, through: nil, plans: [])
      let open = try await post.store().openSlots(limit: 10)
      #expect(open.map(\.decision) == slots)
      #expect(open.map(\.schedule?.name.name) == ["b", "a", "a", nil])
      #expect(open.map(\.sequence) == open.map(\.sequence).sorted())
      #expect(try await post.store().openSlots(limit: 2).map(\.decision) == Array(slots.prefix(2)))
      let first = SlotExpansion(
        deliveries: [Self.delivery("default/b@1")], rows: [Sample.entry("default/a@0")], waiting: [], completed: [:],
        through: open[1].sequence)
      #expect(try await post.store().expand(first) == [])
      try post.reopen()
      // The same again, as one does who has not heard the answer.
      let again = SlotExpansion(
        deliveries: [Self.delivery("again")], rows: [Sample.entry("again")],
        waiting: [WaitingSlot(owner: "default/b", slot: Sample.start)], completed: [ids[0]: 1],
        through: open[1].sequence)
      #expect(try await post.store().expand(again) == [])
      #expect(try await post.causesDue() == ["default/b@1"])
      #expect(try await !post.rows().contains("again"))
      #expect(try await post.store().schedule(Self.named("a")) != nil)
      #expect(try await post.store().openSlots(limit: 10).map(\.decision) == Array(slots.suffix(2)))
    }
  }

  @Test(arguments: kinds)
  func `a schedule ends with its last slot, unless it was changed meanwhile`(_ kind: Kind) async throws {
    try await kind.run { post in
      let names = ["ends", "changed"].map { Self.named($0) }
      let ids = try await post.store().save(try names.map { try Self.schedule($0) }, row: Self.row)
      try await post.store().decide(ids.map { Self.slot($0, 0) }, through: nil, plans: [])
      var changed = try Self.schedule(names[1])
      changed.version = 2
      _ = try await post.store().save([changed], row: Self.row)
      let through = try #require(try await post.store().openSlots(limit: 10).last?.sequence)
      let ended = try await post.store().expand(
        SlotExpansion(
          deliveries: [], rows: [], waiting: [], completed: [ids[0]: 1, ids[1]: 1, 99: 1], through: through))
      #expect(ended == [ids[0]])
      #expect(try await post.store().schedules(ScheduleQuery()) == [changed])
    }
  }

  @Test(arguments: kinds)
  func `a schedule ends with a slot that waited, unless it was changed or made anew meanwhile`(
    _ kind: Kind
  ) async throws {
    try await kind.run { post in
      let names = ["ends", "changed", "new"].map { Self.named($0) }
      let found = try names.map { try Self.schedule($0) }
      let ids = try await post.store().save(found, row: Self.row)
      try await post.store().decide(ids.map { Self.slot($0, 0) }, through: nil, plans: [])
      let waiting = names.map { WaitingSlot(owner: $0.description, slot: Sample.start) }
      let through = try #require(try await post.store().openSlots(limit: 10).last?.sequence)
      _ = try await post.store().expand(
        SlotExpansion(deliveries: [], rows: [], waiting: waiting, completed: [:], through: through))
      var changed = found[1]
      changed.version = 2
      changed.description = "another"
      let new = Schedule(
        name: names[2], expression: found[2].expression, target: found[2].target, createdAt: Sample.start.after(1),
        modifiedAt: Sample.start.after(1), since: Sample.start.after(1))
      _ = try await post.store().save([changed], row: Self.row)
      _ = try await post.store().remove(names[2], row: Self.row)
      _ = try await post.store().save([new], row: Self.row)
      try post.reopen()
      var removed: [Int64?] = []
      for (slot, schedule) in zip(waiting, found) {
        let outcome = SlotRecord.Outcome.invokes(Self.delivery("\(slot.owner)@0"))
        removed.append(
          try await post.store().release(slot, as: outcome, completed: CompletedSchedule(schedule, due: nil)))
      }
      #expect(removed == [ids[0], nil, nil])
      #expect(try await post.causesDue().sorted() == waiting.map { "\($0.owner)@0" }.sorted(), "each runs all the same")
      #expect(try await post.store().schedules(ScheduleQuery()) == [changed, new])
      // One that waits no more ends nothing.
      let again = SlotRecord.Outcome.invokes(Self.delivery("again"))
      #expect(
        try await post.store().release(waiting[1], as: again, completed: CompletedSchedule(changed, due: nil)) == nil)
      #expect(try await post.store().schedule(names[1]) == changed)
    }
  }
}

/// Keeps what a store hands out.
private final class Collector: Sendable {
  private let state = Mutex<[StoredClock]>([])

  var clocks: [StoredClock] { state.withLock { $0 } }
  func add(_ clocks: [StoredClock]) { state.withLock { $0 += clocks } }
}
