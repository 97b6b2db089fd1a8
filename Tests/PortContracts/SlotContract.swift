import Deliveries
import Engine
import Events
import Foundation
import GRDB
import Rules
import Schedules
import Testing

@testable import SQLiteStore

/// What `ScheduleStore` promises of schedules that are kept whole, and of slots that come by the thousand.
@Suite(.timeLimit(.minutes(5))) struct SlotContract {
  /// A schedule with everything it can have, for each way of targets.
  static func whole() throws -> [Schedule] {
    let queue = Sample.names.queue(Sample.workQueue)
    let expression = try ScheduleExpression("cron(0 2 ? * MON *)", dialect: .scheduler)
    let retry = try #require(RetryPolicy(retriesMax: 3, ageSecondsMax: 600))
    let targets = [
      Target(id: "t", arn: queue, input: .scheduled(nil), deadLetter: nil),
      Target(
        id: "t \"quoted\"\n", arn: queue, input: .scheduled("{\"at\":\"<aws.scheduler.scheduled-time>\\\"\u{1}é\"}"),
        retry: retry, deadLetter: Sample.names.queue(Sample.letters), role: "arn:aws:iam::1:role/r",
        parameters: .message(groupID: "g")),
      Target(
        id: "t", arn: Sample.names.bus("default"), input: .constant("{}"), deadLetter: nil, isRetryAsked: true,
        parameters: .event(detailType: "Night", source: "clock")),
      Target(id: "t", arn: queue, input: .whole, retry: retry, deadLetter: nil),
      Target(id: "t", arn: queue, input: .path(try EventPath("$.detail")), deadLetter: nil),
      Target(
        id: "t", arn: queue,
        input: .transformer(try InputTransformer(paths: [("a", "$.time")], template: "{\"at\":<a>}")), deadLetter: nil),
    ]
    return targets.enumerated().map { number, target in
      let moment = { (seconds: Int) in Timestamp(milliseconds: Sample.start.after(seconds).milliseconds + 7) }
      return Schedule(
        name: ScheduleName(group: "nights", "s\(number)"), description: number == 0 ? nil : "every \"night\"\té",
        state: number == 1 ? .disabled : .enabled, expression: expression, timezone: "America/New_York",
        start: number == 2 ? nil : moment(60), end: number == 3 ? nil : moment(86_400),
        window: number == 0 ? nil : 15, target: target, completion: number == 4 ? .keep : .delete,
        kmsKey: number == 0 ? nil : "arn:aws:kms:us-east-1:1:key/k", createdAt: moment(0),
        modifiedAt: moment(number), since: moment(2), changes: ClockChangeRule(gap: .shift, fold: .both),
        misfire: MisfirePolicy(kind: .all, window: .seconds(90), countMax: 7),
        overlap: OverlapPolicy.allCases[number % OverlapPolicy.allCases.count],
        pause: number == 1 ? Pause(who: "ann", why: "\"works\"", since: moment(3), until: moment(99)) : nil)
    }
  }

  @Test(arguments: ScheduleContract.kinds)
  func `a schedule comes back whole, new and changed`(_ kind: ScheduleContract.Kind) async throws {
    try await kind.run { post in
      var schedules = try Self.whole()
      _ = try await post.store().save(schedules, row: ScheduleContract.row)
      try post.reopen()
      #expect(try await post.store().schedules(ScheduleQuery()) == schedules)
      for index in schedules.indices {
        schedules[index].version = index + 2
        schedules[index].modifiedAt = Sample.start.after(1_000 + index)
        _ = try await post.store().save([schedules[index]], row: ScheduleContract.row)
      }
      try post.reopen()
      #expect(try await post.store().schedules(ScheduleQuery()) == schedules)
      #expect(try await post.store().schedule(schedules[1].name) == schedules[1])
    }
  }

  @Test(arguments: ScheduleContract.kinds)
  func `thousands of one instant are each decided once, and open in that order until they are expanded`(
    _ kind: ScheduleContract.Kind
  ) async throws {
    try await kind.run { post in
      var dice = SplitMix64(seed: 7)
      let first = (1...Int64(2_500)).shuffled(using: &dice).map { id in
        ScheduleContract.slot(id, 60, id % 1_000 == 0 ? .disabled : .fires)
      }
      // Some again, one of them twice, and some that are new.
      let again = (2_400...2_600).map { ScheduleContract.slot($0, 60, .skipped) } + [ScheduleContract.slot(2_600, 60)]
      try await post.store().decide(first, through: nil, plans: [])
      try await post.store().decide(again, through: nil, plans: [])
      let decided = first + (2_501...2_600).map { ScheduleContract.slot($0, 60, .skipped) }
      #expect(try await post.store().undecided(again + [ScheduleContract.slot(2_601, 60)]).map(\.schedule) == [2_601])
      #expect(try await post.store().decisions(after: .epoch) == decided.sorted { $0.schedule < $1.schedule })
      var rest = decided[...]
      for limit in [1, 1_022, 1, 1, 5, 1_500, 100] {
        try post.reopen()
        let open = try await post.store().openSlots(limit: limit)
        #expect(open.map(\.decision) == Array(rest.prefix(limit)))
        let through = try #require(open.last?.sequence)
        _ = try await post.store().expand(
          SlotExpansion(deliveries: [], rows: [], waiting: [], completed: [:], through: through))
        rest = rest.dropFirst(limit)
      }
      #expect(rest.isEmpty)
      #expect(try await post.store().openSlots(limit: 10).isEmpty)
      try await post.store().decide([ScheduleContract.slot(1, 61)], through: nil, plans: [])
      #expect(try await post.store().openSlots(limit: 10).map(\.decision) == [ScheduleContract.slot(1, 61)])
    }
  }

  @Test func `what schedules have in common is stored once, and of one that fires once nothing stays behind`()
    async throws
  {
    try await onDisk { stage in
      let file = try DatabaseFile(stage.folder.appending(path: "bellcrank.db").path)
      let expressions = ["at(2030-01-01T00:00:00)", "rate(5 minutes)", "rate(5 minutes)", "at(2030-01-02T00:00:00)"]
      let schedules = try expressions.enumerated().map { number, expression in
        try ScheduleContract.schedule(ScheduleContract.named("s\(number)"), expression)
      }
      _ = try await stage.store.save(schedules, row: ScheduleContract.row)
      #expect(try await file.dump().count { $0.hasPrefix("clockworks ") } == 1)
      #expect(try await stage.store.schedules(ScheduleQuery()) == schedules)
      for schedule in schedules { _ = try await stage.store.remove(schedule.name, row: ScheduleContract.row) }
      #expect(try await !file.dump().contains { $0.contains("at(2030") && !$0.hasPrefix("ledger ") })
      try file.close()
    }
  }

  @Test func `slots that are let go of take none with them that is still open, nor their places`() async throws {
    try await onDisk { stage in
      let store = stage.store
      try await store.decide((1...3).map { ScheduleContract.slot($0, 60) }, through: nil, plans: [])
      let open = try await store.openSlots(limit: 2)
      func expand(through place: Int64) async throws {
        _ = try await store.expand(
          SlotExpansion(deliveries: [], rows: [], waiting: [], completed: [:], through: place))
      }
      try await expand(through: open[1].sequence)
      let later = Sample.start.after(30 * 86_400)
      _ = try await store.tidy(deliveriesKept: .days(1), at: later)
      let last = try #require(try await store.openSlots(limit: 10).last)
      #expect(last.decision == ScheduleContract.slot(3, 60))
      try await expand(through: last.sequence)
      _ = try await store.tidy(deliveriesKept: .days(1), at: later)
      #expect(try await store.decisions(after: .epoch).isEmpty)
      try await store.decide([ScheduleContract.slot(4, 120)], through: nil, plans: [])
      #expect(try await store.openSlots(limit: 10).map(\.sequence) == [last.sequence + 1])
    }
  }

  @Test func `what is urgent goes first and interrupts a transaction of many, whose rest follows in its order`() throws
  {
    var queue = WriteQueue<String>()
    let begins = [["a"], ["b", "c"], ["d"]].map { queue.add($0, isUrgent: false) }
    #expect(begins == [true, false, false])
    let first = queue.next(max: 3)
    let turn = try #require(first)
    let early = queue.makesWay(turn, from: 1)
    #expect(!early && turn.jobs == ["a", "b", "c"] && !turn.isUrgent)
    let beginsUrgent = queue.add(["now", "and now"], isUrgent: true)
    #expect(!beginsUrgent)
    let late = queue.makesWay(turn, from: 1)
    #expect(late)
    let second = queue.next(max: 3)
    let urgent = try #require(second)
    _ = queue.add(["too"], isUrgent: true)
    let isInterrupted = queue.makesWay(urgent, from: 1)
    #expect(!isInterrupted && urgent.jobs == ["now", "and now"])
    var turns: [[String]] = []
    while let turn = queue.next(max: 3) { turns.append(turn.jobs) }
    #expect(turns == [["too"], ["b", "c", "d"]])
    let beginsAgain = queue.add(["e"], isUrgent: true)
    #expect(beginsAgain)
  }

  @Test func `writes and urgent ones that come at once are each done once, also where some fail`() async throws {
    try await onDisk { stage in
      let store = try #require(stage.store as? SQLiteStore)
      let answered = await withTaskGroup(of: Int?.self) { group in
        for number in 0..<400 {
          group.addTask {
            do throws(StoreError) {
              return try await store.write(isUrgent: number % 5 == 0) { db in
                try db.run("INSERT INTO zone_prints (zone, print) VALUES (?, '')", ["\(number)"])
                guard number % 7 > 0 else { throw StoreError(.refused, "every seventh") }
                return number
              }
            } catch {
              return nil
            }
          }
        }
        return await group.reduce(into: Set<Int>()) { all, one in if let one { all.insert(one) } }
      }
      #expect(answered == Set((0..<400).filter { $0 % 7 > 0 }))
      #expect(Set(try await store.zonePrints().keys.compactMap { Int($0) }) == answered)
    }
  }

  @Test func `the log of the database is copied beside the writer, and begins anew`() async throws {
    try await onDisk { stage in
      let log = stage.folder.appending(path: "bellcrank.db-wal")
      /// Which log it is: a number that grows each time that it begins anew. Source: SQLite, "WAL File Format".
      func turn() throws -> [UInt8] { Array(try Data(contentsOf: log)[12..<16]) }
      let before = try turn()
      let store = try #require(stage.store as? SQLiteStore)
      // 2,000 pages: many enough to be copied, too few for the writer to do it.
      try await store.write { db in
        try db.run("INSERT INTO zone_prints (zone, print) VALUES ('z', HEX(ZEROBLOB(4000000)))")
      }
      var commits = 0
      while try turn() == before, commits < 500 {
        // Somebody who only reads gives the copy its time; the first commit after it begins the log anew.
        for _ in 0..<200 { _ = try await store.decidedThrough() }
        try await store.decide([ScheduleContract.slot(1, commits)], through: nil, plans: [])
        commits += 1
      }
      #expect(try turn() != before)
    }
  }

  @Test func `a log that grows faster than it is copied is bounded`() async throws {
    try await onDisk { stage in
      let store = try #require(stage.store as? SQLiteStore)
      let log = stage.folder.appending(path: "bellcrank.db-wal").path
      var largest = 0
      for turn in 0..<7 {
        // 17,000 pages each, 70 MB. A copy that is under way beside the writer may let one more pass.
        try await store.write { db in
          try db.run("INSERT INTO zone_prints (zone, print) VALUES (?, HEX(ZEROBLOB(35000000)))", ["\(turn)"])
        }
        let size = try FileManager.default.attributesOfItem(atPath: log)[.size] as? Int
        largest = max(largest, try #require(size))
      }
      #expect(largest < 300_000_000)
    }
  }

  private func onDisk(_ body: (Stage) async throws -> Void) async throws {
    let adapter = try #require(Adapter.all.last { $0.close != nil })
    try await adapter.run { stage in try await body(stage) }
  }
}
