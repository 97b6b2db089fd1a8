import Deliveries
import Engine
import Events
import Ingestion
import Rules

extension Shelf {
  /// What a schedule had for its target goes there again, as it was last sent and in the name of the same role: a function, a
  /// queue, a bus, or an operation.
  ///
  /// A letter that does not say what the target needs besides, for it is older or somebody else's, is completed by the schedule
  /// of now, if that still has the target.
  func invocation(
    _ letter: Letter, of schedule: ScheduleName
  ) async throws(StoreError) -> Result<NewDelivery, Refusal> {
    guard let arn = letter.target else {
      return .failure(Refusal(code: "TARGET_MISSING", reason: "the letter names no target"))
    }
    let now = engine.ports.clock.now()
    var (role, parameters): (String?, TargetParameters?) = (nil, nil)
    var cause = Cause(id: "redrive/\(letter.id)", trigger: .replay, arrivedAt: now)
    cause.rule = schedule.description
    let moment = letter.attributes["SCHEDULED_TIME"].flatMap { Timestamp($0) }
    let slotID = moment.map { Cause.slotID(rule: schedule.description, at: $0) }
    if let invocation = Shelf.said(letter) {
      role = invocation["RoleArn"]?.string
      parameters = TargetParameters(target: invocation)
      cause.parentID = invocation["cause"]?.string
      cause.ruleVersion = invocation["version"]?.int
    } else {
      let there = try await engine.schedules.schedule(schedule)
      if let there, there.target.arn == arn { (role, parameters) = (there.target.role, there.target.parameters) }
      cause.ruleVersion = there?.version
      cause.parentID = slotID
    }
    // What was run by hand belongs to no slot.
    if cause.parentID == slotID { cause.slot = moment }
    let target = Target(
      id: "redrive", arn: arn, input: .scheduled(letter.body),
      deadLetter: engine.settings.names.queue(EnvironmentNames(engine.settings).triggerDeadLetters), role: role,
      parameters: parameters)
    var survey = try await TargetSurvey(engine)
    if let obstacle = try await survey.obstacle(target, of: schedule) {
      return .failure(Refusal(code: Shelf.code(obstacle), reason: obstacle.error.reason))
    }
    return .success(NewDelivery(cause: cause, target: target, body: nil, due: now))
  }

  /// What the letter says of its invocation besides Scheduler's attributes; nil if it says nothing.
  private static func said(_ letter: Letter) -> JSON? {
    guard let text = letter.attributes[DeadLetter.invocationAttribute] else { return nil }
    do { return try JSON(parsing: text) } catch { return nil }  // Somebody else's: then the schedule of now tells.
  }

  private static func code(_ obstacle: TargetSurvey.Obstacle) -> String {
    switch obstacle {
    case .input: "INPUT_NOT_SHAPED"
    case .missing: "TARGET_MISSING"
    case .refused: "NOT_PERMITTED"
    }
  }
}
