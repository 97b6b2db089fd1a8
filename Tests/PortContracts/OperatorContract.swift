import Alarms
import Engine
import Events
import Ingestion
import Measures
import Operations
import Rules
import Telemetry
import Testing

extension Stage {
  /// The same store in its other part.
  var operators: any ControlRoom.Store {
    get throws { try #require(store as? any ControlRoom.Store) }
  }
}

/// What `Documents`, `LogStore`, `MetricStore` and `ShelfStore` promise.
@Suite struct OperatorContract {
  // MARK: Documents

  @Test(arguments: Adapter.all)
  func `documents are created, replaced and removed, and remember when`(_ adapter: Adapter) async throws {
    try await adapter.run { stage in
      let later = Sample.start.after(60)
      try await stage.operators.save(
        [
          DocumentChange(.dashboard, "b", ["n": 1]), DocumentChange(.dashboard, "a", [:]),
          DocumentChange(.role, "b", [:]),
        ],
        at: Sample.start)
      try await stage.operators.save([DocumentChange(.dashboard, "b", ["n": 2])], at: later)
      try await stage.operators.save([DocumentChange(.dashboard, "b", ["n": 3], onlyIfAbsent: true)], at: later)
      try stage.reopen()
      #expect(try await stage.operators.documents(.dashboard).map(\.name) == ["a", "b"])
      let found = try #require(try await stage.operators.document(.dashboard, "b"))
      #expect(found == Document(name: "b", json: ["n": 2], createdAt: Sample.start, changedAt: later))
      #expect(try await stage.operators.remove(.dashboard, "b", at: Sample.start))
      #expect(try await !stage.operators.remove(.dashboard, "b", at: Sample.start))
      #expect(try await stage.operators.document(.role, "b") != nil)
      #expect(try await stage.operators.document(.role, "b\u{0}c") == nil)
      #expect(try await !stage.operators.remove(.role, "b\u{0}c", at: Sample.start))
      #expect(try await stage.operators.document(.role, "b") != nil)
    }
  }

  // MARK: Logs

  private func line(_ text: String, _ seconds: Int, stream: String = "s") -> LogRecord {
    let at = Sample.start.after(seconds)
    return LogRecord(group: "/g", stream: stream, at: at, ingestedAt: at, message: text)
  }

  @Test(arguments: Adapter.all)
  func `lines are read in the order of their time, forward and backward, page by page`(_ adapter: Adapter) async throws
  {
    try await adapter.run { stage in
      try await stage.operators.append([line("3", 3), line("1", 1), line("2", 2, stream: "t"), line("1b", 1)])
      try stage.reopen()
      var query = LogQuery(group: "/g")
      #expect(try await stage.operators.records(query).map(\.record.message) == ["1", "1b", "2", "3"])
      query.limit = 2
      let first = try await stage.operators.records(query)
      let last = try #require(first.last)
      query.place = LogQuery.Place(at: last.record.at, sequence: last.sequence)
      #expect(try await stage.operators.records(query).map(\.record.message) == ["2", "3"])
      query = LogQuery(group: "/g")
      query.isForward = false
      query.limit = 1
      #expect(try await stage.operators.records(query).map(\.record.message) == ["3"])
      query = LogQuery(group: "/g")
      query.streams = ["t"]
      #expect(try await stage.operators.records(query).map(\.record.message) == ["2"])
      query.streams = nil
      (query.from, query.until) = (Sample.start.after(2), Sample.start.after(3))
      #expect(try await stage.operators.records(query).map(\.record.message) == ["2"])
      #expect(try await stage.operators.logStreams("/g").map(\.name) == ["s", "t"])
    }
  }

  @Test(arguments: Adapter.all)
  func `lines go when their retention has passed, and with their group`(_ adapter: Adapter) async throws {
    try await adapter.run { stage in
      try await stage.operators.append([line("old", 0), line("new", 2 * 86_400)])
      #expect(try await stage.operators.keepLogGroup("/g", days: 1))
      #expect(try await !stage.operators.keepLogGroup("/none", days: 1))
      while try await stage.operators.expireLogs(at: Sample.start.after(2 * 86_400 + 60)) > 0 {}
      #expect(try await stage.operators.records(LogQuery(group: "/g")).map(\.record.message) == ["new"])
      #expect(try await stage.operators.deleteLogGroup("/g"))
      try stage.reopen()
      #expect(try await stage.operators.records(LogQuery(group: "/g")).isEmpty)
      #expect(try await !stage.operators.deleteLogGroup("/g"))
    }
  }

  @Test(arguments: Adapter.all)
  func `a line is kept whole, whatever is in it`(_ adapter: Adapter) async throws {
    try await adapter.run { stage in
      let texts = ["", "a\u{0}b", "\u{0}", "e\u{301} é 안녕 \u{1F600}\u{2028}\n"]
      try await stage.operators.append(texts.enumerated().map { line($0.element, $0.offset) })
      try stage.reopen()
      let found = try await stage.operators.records(LogQuery(group: "/g")).map { Array($0.record.message.utf8) }
      #expect(found == texts.map { Array($0.utf8) })
    }
  }

  @Test(arguments: Adapter.all)
  func `a group is told with what it was made with, and no later one of its name`(_ adapter: Adapter) async throws {
    try await adapter.run { stage in
      let traits = LogGroupTraits(groupClass: .infrequentAccess, tags: ["team": "data"])
      #expect(try await stage.operators.createLogGroup("/g", traits, at: Sample.start))
      #expect(try await !stage.operators.createLogGroup("/g", .plain, at: Sample.start))
      try stage.reopen()
      #expect(try await stage.operators.logGroups().map(\.traits) == [traits])
      #expect(try await stage.operators.deleteLogGroup("/g"))
      #expect(try await stage.operators.createLogGroup("/g", .plain, at: Sample.start))
      #expect(try await stage.operators.logGroups().map(\.traits) == [.plain])
    }
  }

  // MARK: Alarms

  @Test(arguments: Adapter.all)
  func `a history is read page by page in both directions`(_ adapter: Adapter) async throws {
    try await adapter.run { stage in
      let items = (0..<4).map { number in
        AlarmHistoryItem(
          alarm: "a", at: Sample.start.after(number), kind: .action, summary: String(number), data: [:])
      }
      try await stage.operators.save([], items, at: Sample.start)
      try stage.reopen()
      for (isAscending, wanted) in [(true, ["0", "1", "2", "3"]), (false, ["3", "2", "1", "0"])] {
        var found: [String] = []
        var after: Int64?
        for _ in 0..<4 {
          let page = AlarmHistoryPage(isAscending: isAscending, after: after, limit: 1)
          let lines = try await stage.operators.history(
            of: "a", kind: .action, in: Sample.start..<Sample.start.after(9), page)
          found += lines.map(\.item.summary)
          after = lines.last?.place
        }
        #expect(found == wanted)
      }
    }
  }

  // MARK: Metrics

  @Test(arguments: Adapter.all)
  func `what is added to a minute is merged, and each unit is its own`(_ adapter: Adapter) async throws {
    try await adapter.run { stage in
      let metric = MetricID("App", "x", ["City": "Seoul"])
      let minute = MetricMinute(metric: metric, unit: .count, at: Sample.start)
      let seconds = MetricMinute(metric: metric, unit: .seconds, at: Sample.start)
      let cursor = DocumentChange(.progress, "c", ["sequence": 7])
      try await stage.operators.add([minute: Rollup(1), seconds: Rollup(9)], saving: [cursor], at: Sample.start)
      try await stage.operators.add([minute: Rollup(3)], saving: [], at: Sample.start)
      try stage.reopen()
      let range = Sample.start..<Sample.start.after(60)
      let counts = try await stage.operators.rollups(of: metric, unit: .count, in: range).map(\.rollup)
      #expect(counts.map(\.sum) == [4] && counts.map(\.sampleCount) == [2])
      #expect(try await stage.operators.rollups(of: metric, unit: nil, in: range).count == 2)
      #expect(try await stage.operators.rollups(of: MetricID("App", "x"), unit: nil, in: range).isEmpty)
      #expect(try await stage.operators.metrics(namespace: "App", name: "x").map(\.metric) == [metric])
      #expect(try await stage.operators.document(.progress, "c")?.json["sequence"] == 7)
    }
  }

  // MARK: Letters

  private func send(_ ids: [String], _ stage: Stage) async throws {
    let messages = ids.map { OutgoingMessage(queue: Sample.letters, id: $0, body: "{}", visibleAt: Sample.start) }
    try await stage.store.send(messages, at: Sample.start)
  }

  @Test(arguments: Adapter.all)
  func `letters are looked at in their order, and each is moved or thrown away once`(_ adapter: Adapter) async throws {
    try await adapter.run { stage in
      try await send(["a", "b", "c"], stage)
      let letters = try await stage.operators.letters(Sample.letters, after: 0, limit: 10)
      #expect(letters.map(\.id) == ["a", "b", "c"])
      #expect(
        try await stage.operators.letters(Sample.letters, after: letters[0].sequence, limit: 1).map(\.id) == ["b"])
      #expect(try await stage.operators.move(letters[0], to: Sample.workQueue, at: Sample.start))
      #expect(try await !stage.operators.move(letters[0], to: Sample.workQueue, at: Sample.start))
      #expect(try await stage.operators.discard(letters[1], row: Sample.row))
      #expect(try await !stage.operators.discard(letters[1], row: Sample.row))
      try stage.reopen()
      #expect(try await stage.operators.letters(Sample.letters, after: 0, limit: 10).map(\.id) == ["c"])
      #expect(try await stage.store.depth(Sample.workQueue, at: Sample.start).visible == 1)
      #expect(try await stage.operators.letter("c")?.body == "{}")
      #expect(try await stage.store.entry(of: Sample.row.causeID) != nil)
    }
  }
}
