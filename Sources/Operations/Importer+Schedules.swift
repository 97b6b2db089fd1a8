import Deliveries
import Engine
import Events
import Rules
import Schedules
import Templates

/// Schedules of EventBridge Scheduler and their groups, handed out and taken over.
extension Importer {
  /// Schedules that one template moves: CloudFormation takes 500 resources, and a template must fit into a request.
  public static let schedulesMax = 2_000
  private static let pageMax = 500

  // MARK: Out

  /// The first schedules by name, and whether these are all.
  func schedules() async throws(StoreError) -> (some: [Schedule], isAll: Bool) {
    var found: [Schedule] = []
    var query = ScheduleQuery()
    query.limit = Importer.pageMax
    while true {
      let page = try await runtime.schedules.schedules(query)
      found += page
      if found.count > Importer.schedulesMax { return (Array(found.prefix(Importer.schedulesMax)), false) }
      if page.count < query.limit { return (found, true) }
      query.after = page.last?.name
    }
  }

  /// All but the default one, which is always there.
  func groups() async throws(StoreError) -> [StackScheduleGroup] {
    var groups: [StackScheduleGroup] = []
    for group in try await runtime.schedules.groups() where group.name != ScheduleName.defaultGroup {
      do throws(StackError) {
        groups.append(try StackScheduleGroup(name: group.name, tags: group.tags))
      } catch {
        throw StoreError(.corrupt, "the schedule group \(group.name) is none: \(error.reason)")
      }
    }
    return groups
  }

  // MARK: In

  /// What is there, with every schedule that is wanted, however many there are besides.
  func current(for wanted: StackDefinitions) async throws(StoreError) -> StackDefinitions {
    guard wanted.schedules.count <= Importer.schedulesMax else {
      throw StoreError(
        .refused, "the template has \(wanted.schedules.count) schedules, and \(Importer.schedulesMax) is the most")
    }
    var current = try await definitions()
    let known = Set(current.schedules.map(\.name))
    for schedule in wanted.schedules where !known.contains(schedule.name) {
      guard let there = try await runtime.schedules.schedule(schedule.name) else { continue }
      current.schedules.append(StackSchedule(there))
    }
    return current
  }

  /// Refuses schedules that `CreateSchedule` would refuse.
  func checkSchedules(_ wanted: StackDefinitions, _ current: StackDefinitions) throws(StoreError) {
    let groups = Set((current.groups + wanted.groups).map(\.name)).union([ScheduleName.defaultGroup])
    guard groups.count <= ScheduleKeeper.groupsMax else {
      throw StoreError(.refused, "there would be \(groups.count) schedule groups; \(ScheduleKeeper.groupsMax) may be")
    }
    for schedule in wanted.schedules {
      let name = schedule.name
      guard groups.contains(name.group) else {
        throw StoreError(.refused, "\(name) is in the group \(name.group), which is neither here nor in the template")
      }
      do {
        try schedule.expression.validate(in: try runtime.schedules.zone(schedule.timezone))
      } catch let error as ScheduleError {
        throw StoreError(.refused, "\(name): \(error.message) \(error.reason)")
      } catch {
        throw StoreError(.refused, "\(name): Invalid Schedule Expression Timezone \(schedule.timezone).")
      }
      do throws(DeliveryError) {
        try ScheduledErrand.check(schedule.target, of: name, runtime.settings.names)
      } catch {
        throw StoreError(.refused, "the target of \(name) is not valid: \(error.reason)")
      }
    }
  }

  func make(_ wanted: StackScheduleGroup, _ note: ChangeNote) async throws {
    try await room.permissions.change {
      let now = runtime.ports.clock.now()
      let old = try await runtime.schedules.groups().first { $0.name == wanted.name }
      try await runtime.schedules.save(
        ScheduleGroup(name: wanted.name, tags: wanted.tags, createdAt: old?.createdAt ?? now, modifiedAt: now), note)
    }
  }

  /// What a template has no place for stays as it is: policies, and what becomes of it after its last slot.
  func make(_ wanted: StackSchedule, _ note: ChangeNote) async throws {
    let now = runtime.ports.clock.now()
    _ = try await runtime.schedules.change(wanted.name, note) { old in
      Schedule(
        name: wanted.name, description: wanted.description, state: wanted.state, expression: wanted.expression,
        timezone: wanted.timezone, start: wanted.start, end: wanted.end, window: wanted.window, target: wanted.target,
        completion: wanted.completion ?? old?.completion ?? .keep, kmsKey: wanted.kmsKey,
        createdAt: old?.createdAt ?? now, modifiedAt: now, since: now, changes: old?.changes ?? .standard,
        misfire: old?.misfire ?? runtime.settings.misfire, overlap: old?.overlap ?? .allowAll,
        pause: wanted.state == .disabled ? old?.pause : nil)
    }
  }
}
