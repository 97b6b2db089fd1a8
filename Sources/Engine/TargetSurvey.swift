import Deliveries
import Events
import Rules

/// What a delivery to a schedule's target would meet with now, as the deliverer would find it; asked of many, it remembers answers.
public struct TargetSurvey {
  /// What stands in the way.
  public enum Obstacle: Sendable, Hashable {
    /// The input can never be sent.
    case input(DeliveryError)
    /// There is no such queue, function or bus here.
    case missing(ResourceName)
    /// The role does not let the schedule do it.
    case refused(RoleUse, reason: String)

    public var error: DeliveryError {
      switch self {
      case .input(let error): error
      case .missing(let resource):
        DeliveryError(.targetMissing, "there is no \(Obstacle.noun(resource)) \(resource.name)")
      case .refused(_, let reason): DeliveryError(.notPermitted, reason)
      }
    }

    private static func noun(_ resource: ResourceName) -> String {
      switch resource.service {
      case "sqs": "queue"
      case "lambda": "function"
      case "events": "event bus"
      case let service: "resource of \(service)"
      }
    }
  }

  private struct Use: Hashable {
    let role: String
    let action: String
    let resource: ResourceName
    let group: String
  }

  private let engine: Runtime
  private let queues: Set<String>
  private var buses: [String: Bool] = [:]
  private var refusals: [Use: String?] = [:]

  public init(_ engine: Runtime) async throws(StoreError) {
    self.engine = engine
    queues = Set(try await engine.ports.queues.queues().map(\.name))
  }

  /// nil if nothing does.
  public mutating func obstacle(
    _ target: Target, of schedule: ScheduleName
  ) async throws(StoreError) -> Obstacle? {
    let names = engine.settings.names
    let now = engine.ports.clock.now()
    let invocation = ScheduleInvocation(
      schedule: names.schedule(schedule), scheduledTime: now, causeID: schedule.description, attempt: 1)
    let errand: Errand
    do throws(DeliveryError) {
      errand = try ScheduledErrand(target: target, invocation: invocation, names: names, now: now).errand()
    } catch {
      return .input(error)
    }
    switch errand {
    case .message(let queue, _, _, _):
      guard queues.contains(queue.name), queue == names.queue(queue.name) else { return .missing(queue) }
    case .invocation(let function, _, _):
      guard engine.functions[function.name] != nil, function == names.function(function.name) else {
        return .missing(function)
      }
    case .events(let events):
      for (bus, _) in events {
        guard bus == names.bus(bus.name), try await isThere(bus: bus.name) else { return .missing(bus) }
      }
    }
    for (action, resource) in errand.demands {
      if let obstacle = refusal(target.role ?? "", action, resource, schedule) { return obstacle }
    }
    return nil
  }

  /// The queue for its dead letters, if that is not there; nil if it is, or if none was asked for.
  public func missingDeadLetters(_ target: Target) -> ResourceName? {
    guard let letters = target.deadLetter, !queues.contains(letters.name) else { return nil }
    return letters
  }

  private mutating func isThere(bus: String) async throws(StoreError) -> Bool {
    if let known = buses[bus] { return known }
    let answer = try await engine.ports.authority.hasBus(bus)
    buses[bus] = answer
    return answer
  }

  /// Trust is asked of the group, so schedules of one group have one answer.
  private mutating func refusal(
    _ role: String, _ action: String, _ resource: ResourceName, _ schedule: ScheduleName
  ) -> Obstacle? {
    let use = RoleUse(
      role: role, action: action, resource: resource, schedule: engine.settings.names.schedule(schedule))
    let key = Use(role: role, action: action, resource: resource, group: schedule.group)
    if let known = refusals[key] { return known.map { .refused(use, reason: $0) } }
    let answer = engine.ports.authority.refusal(use)
    refusals[key] = .some(answer)
    return answer.map { .refused(use, reason: $0) }
  }
}
