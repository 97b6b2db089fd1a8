import Engine
import Events
import Operations
import Rules
import SQLiteStore
import Schedules
import Testing

/// What the doctor says of the targets of schedules.
@Suite struct DoctorScheduleTests {
  private let note = ChangeNote(operation: "CreateSchedule", who: "ana", why: nil)
  private let trust =
    #"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"scheduler.amazonaws.com"},"Action":"sts:AssumeRole"}]}"#

  private func schedule(
    _ room: Room, _ name: String, _ arn: ResourceName, state: Rule.State = .enabled, letters: String? = nil,
    role: String = "elsewhere", parameters: TargetParameters? = nil
  ) throws -> Schedule {
    let now = room.clock.now()
    return Schedule(
      name: ScheduleName(name), state: state, expression: try ScheduleExpression("rate(1 day)", dialect: .scheduler),
      target: Target(
        id: "schedule", arn: arn, input: .scheduled("{}"),
        deadLetter: letters.map { room.engine.settings.names.queue($0) },
        role: "arn:aws:iam::123456789012:role/\(role)", parameters: parameters),
      createdAt: now, modifiedAt: now, since: now)
  }

  private func checks(_ room: Room) async throws -> [Doctor.Check] {
    try await Doctor(room.room).examine(asksSources: false).filter { $0.name == "schedules" }
  }

  @Test func `without schedules, and with sound ones, all is well`() async throws {
    let room = try await Room()
    #expect(try await checks(room).map(\.health) == [.fine])
    let queue = room.engine.settings.names.queue(room.names.workQueue)
    try await room.engine.schedules.create(
      [try schedule(room, "a", queue, letters: room.names.triggerDeadLetters)], note)
    let check = try #require(try await checks(room).first)
    #expect(check.health == .fine && check.sentence.hasPrefix("1 enabled schedules have targets that are there"))
  }

  @Test func `a function, queue or bus that is not here, and lost dead letters, each have a line and what mends it`()
    async throws
  {
    let room = try await Room()
    let names = room.engine.settings.names
    let queue = names.queue(room.names.workQueue)
    try await room.engine.schedules.create(
      [
        try schedule(room, "bus", names.bus("gone"), parameters: .event(detailType: "d", source: "s")),
        try schedule(room, "function", names.function("gone")), try schedule(room, "letters", queue, letters: "lost"),
        try schedule(room, "queue", names.queue("gone")),
        try schedule(room, "resting", names.queue("gone"), state: .disabled), try schedule(room, "well", queue),
      ], note)
    let found = try await checks(room)
    #expect(
      found.map(\.sentence) == [
        "the schedule default/bus cannot reach its target: there is no event bus gone",
        "the schedule default/function cannot reach its target: there is no function gone",
        "the schedule default/queue cannot reach its target: there is no queue gone",
        "the schedule default/letters has a dead-letter queue that does not exist, so what its target does not take is "
          + "lost: lost",
      ])
    #expect(found.map(\.health) == [.failing, .failing, .failing, .warning])
    #expect(
      found.map(\.fix) == [
        "aws events create-event-bus --name gone", "bellcrank schedule show default/function",
        "aws sqs create-queue --queue-name gone", "aws sqs create-queue --queue-name lost",
      ])
  }

  @Test func `a role that nobody may assume, and one that may not, are named with the policy that mends it`()
    async throws
  {
    let room = try await Room()
    let queue = room.engine.settings.names.queue(room.names.workQueue)
    func save(_ trust: String, _ policies: [String: String]) async throws {
      try await room.room.permissions.save(
        Role(name: "r", id: "AROA", description: nil, trust: trust, policies: policies, createdAt: room.clock.now()))
    }
    try await room.engine.schedules.create([try schedule(room, "a", queue, role: "r")], note)
    try await save(trust.replacing("scheduler", with: "lambda"), [:])
    let barred = try #require(try await checks(room).first)
    #expect(barred.sentence.contains("scheduler.amazonaws.com may not assume arn:aws:iam::123456789012:role/r"))
    #expect(barred.fix == "aws iam update-assume-role-policy --role-name r --policy-document '\(trust)'")
    try await save(trust, [:])
    let poor = try #require(try await checks(room).first)
    #expect(poor.health == .failing && poor.sentence.contains("sqs:SendMessage"))
    let policy =
      #"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"sqs:SendMessage","Resource":"\#(queue)"}]}"#
    #expect(poor.fix == "aws iam put-role-policy --role-name r --policy-name schedules --policy-document '\(policy)'")
    try await save(trust, ["schedules": policy])
    #expect(try await checks(room).map(\.health) == [.fine])
  }

  @Test func `of many schedules so many are looked at, so many are named, and both is said`() async throws {
    let room = try await Room()
    let names = room.engine.settings.names
    let work = names.queue(room.names.workQueue)
    func make(_ letter: String, _ count: Int, _ arn: ResourceName) async throws {
      try await room.engine.schedules.create(
        try (0..<count).map { try schedule(room, "\(letter)\(10_000 + $0)", arn) }, note)
    }
    try await make("b", Doctor.schedulesMax - 12, work)
    try await make("a", 12, names.queue("gone"))
    let whole = try await checks(room)
    #expect(whole.count == Doctor.schedulesNamed + 1)
    #expect(whole.last?.sentence == "2 more of 5000 enabled schedules have such trouble")
    try await make("c", 1, work)
    #expect(
      try await checks(room).last?.sentence
        == "2 more of 5000 enabled schedules have such trouble; only the first 5000 schedules by name were looked at")
    _ = try await room.store.create(QueueDefinition(name: "gone"), at: room.clock.now())
    let check = try #require(try await checks(room).first)
    #expect(check.health == .fine && check.sentence.hasSuffix("; only the first 5000 schedules by name were looked at"))
    // Those that rest count as looked at, so that the work is bounded whatever they are.
    let resting = try await Room()
    try await resting.engine.schedules.create(
      try (0...Doctor.schedulesMax).map { try schedule(resting, "d\(10_000 + $0)", work, state: .disabled) }, note)
    #expect(
      try await checks(resting).map(\.sentence) == [
        "no schedule of EventBridge Scheduler is enabled; only the first 5000 schedules by name were looked at"
      ])
  }
}
