import Deliveries
import Engine
import Events
import Patterns
import Rules
import Schedules
import Telemetry
import Testing

/// What `RuleStore` promises.
@Suite struct RuleContract {
  @Test(arguments: Adapter.all)
  func `an environment is seeded once: its rules, its queues and its bucket`(_ adapter: Adapter) async throws {
    try await adapter.run { stage in
      let names = EnvironmentNames(stage.settings)
      #expect(try await stage.store.rules().count == 6)
      #expect(try await stage.store.queues().count == 4)
      #expect(try await stage.store.buckets().map(\.name) == [names.rawBucket])
      #expect(try await stage.store.remove(names.objectRule, row: Sample.row, at: Sample.start))
      let seed = try EnvironmentSeed(stage.settings, at: Sample.start)
      try stage.reopen()
      #expect(try await !stage.store.seed(seed, at: Sample.start))
      #expect(try await stage.store.rules().count == 5)
      let other = EnvironmentSeed(environment: "staging", rules: [], queues: [], buckets: ["staging-bucket"])
      #expect(try await stage.store.seed(other, at: Sample.start))
      #expect(try await stage.store.buckets().count == 2)
    }
  }

  @Test(arguments: Adapter.all)
  func `a rule comes back as it went in`(_ adapter: Adapter) async throws {
    try await adapter.run { stage in
      let rules = try EnvironmentSeed(stage.settings, at: Sample.start).rules + [try rule(version: 1)]
      try await stage.store.save(try rule(version: 1), row: Sample.row, at: Sample.start)
      try stage.reopen()
      #expect(try await stage.store.rules() == rules.sorted { $0.name < $1.name })
    }
  }

  @Test(arguments: Adapter.all)
  func `a rule that is replaced or removed stays readable by its version`(_ adapter: Adapter) async throws {
    try await adapter.run { stage in
      var rule = try rule(version: 1)
      try await stage.store.save(rule, row: Sample.row, at: Sample.start)
      rule.version = 2
      rule.state = .disabled
      try await stage.store.save(rule, row: Sample.row, at: Sample.start.after(1))
      #expect(try await stage.store.rules().filter { $0.name == rule.name } == [rule])
      #expect(try await stage.store.remove(rule.name, row: Sample.row, at: Sample.start.after(2)))
      try stage.reopen()
      #expect(try await !stage.store.remove(rule.name, row: Sample.row, at: Sample.start.after(3)))
      #expect(try await stage.store.rules().contains { $0.name == rule.name } == false)
      #expect(try await stage.store.rule(rule.name, version: 1) == (try self.rule(version: 1)))
      #expect(try await stage.store.rule(rule.name, version: 2) == rule)
      #expect(try await stage.store.rule(rule.name, version: 3) == nil)
      #expect(try await stage.store.rule("unknown", version: 1) == nil)
    }
  }

  @Test(arguments: Adapter.all)
  func `a removed rule takes its cursor with it`(_ adapter: Adapter) async throws {
    try await adapter.run { stage in
      let rule = try rule(version: 1)
      try await stage.store.save(rule, row: Sample.row, at: Sample.start)
      try await stage.store.record([
        SlotRecord(rule: rule.name, slot: Sample.start, outcome: .passes(Sample.entry("slot", .skipped)))
      ])
      #expect(try await stage.store.remove(rule.name, row: Sample.row, at: Sample.start))
      #expect(try await stage.store.cursors().isEmpty)
    }
  }

  /// A rule that has everything a rule may have.
  private func rule(version: Int) throws -> Rule {
    let transformer = try InputTransformer(paths: [("time", "$.time")], template: #"{"at":<time>}"#)
    return Rule(
      name: "every-thing", arn: Sample.names.rule("every-thing"), description: "모든 것", state: .enabled,
      pattern: try EventPattern(#"{"source":["ops.manual"],"detail":{"a":[{"exists":false}]}}"#),
      schedule: try ScheduleExpression("rate(5 minutes)", dialect: .rules),
      misfire: MisfirePolicy(kind: .all, window: .minutes(90)),
      targets: [
        Target(
          id: "a", arn: Sample.names.function("f"), input: .transformer(transformer), retry: .none,
          deadLetter: Sample.names.queue("dlq"), role: "arn:aws:iam::1:role/r"),
        Target(id: "b", arn: Sample.names.queue("q"), input: .constant(#"{"b": 1.0}"#), deadLetter: nil),
        Target(id: "c", arn: Sample.names.queue("q"), input: .path(try EventPath("$.detail")), deadLetter: nil),
      ], version: version, anchor: Timestamp(milliseconds: Sample.start.milliseconds + 7))
  }
}
