import AWSWire
import Engine
import Events
import Operations
import Rules
import Schedules

/// EventBridge Scheduler on the wire: schedules, their groups, and the groups' tags.
struct SchedulerService: Sendable {
  /// Schedules and groups that one page lists.
  static let pageMax = 100

  let context: ServiceContext
  private let tokens: ClientTokens

  init(_ context: ServiceContext, _ tokens: ClientTokens) {
    self.context = context
    self.tokens = tokens
  }

  private var keeper: ScheduleKeeper { context.runtime.schedules }

  func answer(_ operation: SchedulerOperation) async throws -> WireTree {
    try await tokens.answer(operation) {
      switch operation {
      case .createSchedule(let input): try await create(input)
      case .updateSchedule(let input): try await update(input)
      case .getSchedule(let reference): shape(try await existing(name(of: reference)))
      case .deleteSchedule(let reference, _): try await delete(name(of: reference))
      case .listSchedules(let input): try await list(input)
      case .createScheduleGroup(let name, let tags, _): try await createGroup(name, tags)
      case .getScheduleGroup(let name): shape(try await group(name))
      case .deleteScheduleGroup(let name, _): try await deleteGroup(name)
      case .listScheduleGroups(let prefix, let page): try await listGroups(prefix, page)
      case .tagResource(let arn, let tags): try await tag(arn, tags)
      case .untagResource(let arn, let keys): try await untag(arn, keys)
      case .listTagsForResource(let arn):
        .members(["Tags": Tags(pairs: try await group(arn: arn).tags).shape])
      }
    }
  }

  // MARK: Schedules

  private func name(of reference: SchedulerOperation.Reference) -> ScheduleName {
    ScheduleName(group: reference.group ?? ScheduleName.defaultGroup, reference.name)
  }

  private func create(_ input: ScheduleInput) async throws -> WireTree {
    let name = ScheduleName(group: input.group ?? ScheduleName.defaultGroup, input.name)
    try await checkGroup(name.group)
    let schedule = try schedule(name, input, old: nil)
    let made = try await keeper.change(name, context.note("CreateSchedule")) { old throws(WireError) in
      guard old == nil else { throw WireError(.conflict, "Schedule \(name.name) already exists.") }
      return schedule
    }
    return .members(["ScheduleArn": .text(made.arn(context.names).description)])
  }

  /// All that the request does not say falls back to its default, as on AWS; what AWS does not know stays.
  private func update(_ input: ScheduleInput) async throws -> WireTree {
    let name = ScheduleName(group: input.group ?? ScheduleName.defaultGroup, input.name)
    let made = try await keeper.change(name, context.note("UpdateSchedule")) { old throws(WireError) in
      guard let old else { throw SchedulerService.noSchedule(name) }
      return try schedule(name, input, old: old)
    }
    return .members(["ScheduleArn": .text(made.arn(context.names).description)])
  }

  private func existing(_ name: ScheduleName) async throws -> Schedule {
    guard let schedule = try await keeper.schedule(name) else { throw SchedulerService.noSchedule(name) }
    return schedule
  }

  private static func noSchedule(_ name: ScheduleName) -> WireError {
    WireError(.resourceNotFound, "Schedule \(name.name) does not exist.")
  }

  private func delete(_ name: ScheduleName) async throws -> WireTree {
    guard try await keeper.remove(name, context.note("DeleteSchedule")) else {
      throw SchedulerService.noSchedule(name)
    }
    return .structure([])
  }

  private func list(_ input: SchedulerOperation.ListInput) async throws -> WireTree {
    if let group = input.group { try await checkGroup(group) }
    var query = ScheduleQuery()
    query.group = input.group
    query.namePrefix = input.namePrefix
    query.state = input.state.map { $0 == .enabled ? .enabled : .disabled }
    let filter = [input.group, input.namePrefix, input.state?.rawValue].map { $0 ?? "*" }.joined(separator: " ")
    let listing = Listing("ListSchedules \(filter)", refusal: .validation)
    query.after = try listing.place(input.page.nextToken).flatMap { ScheduleName($0) }
    let limit = input.page.limit ?? SchedulerService.pageMax
    query.limit = limit + 1
    let found = try await keeper.schedules(query)
    let page = found.prefix(limit)
    let next = found.count > limit ? page.last.map { listing.token(of: $0.name.description) } : nil
    return .members([
      "Schedules": .list(page.map(summary)), "NextToken": next.map { .text($0) },
    ])
  }

  // MARK: Groups

  private func checkGroup(_ name: String) async throws {
    guard name != ScheduleName.defaultGroup else { return }
    _ = try await group(name)
  }

  private func group(_ name: String) async throws -> ScheduleGroup {
    guard let group = try await keeper.groups().first(where: { $0.name == name }) else {
      throw WireError(.resourceNotFound, "Schedule group \(name) does not exist.")
    }
    return group
  }

  private func createGroup(_ name: String, _ tags: [AWSWire.Tag]) async throws -> WireTree {
    let checked = try SchedulerService.tags(tags)
    try await context.room.permissions.change {
      let groups = try await keeper.groups()
      guard !groups.contains(where: { $0.name == name }) else {
        throw WireError(.conflict, "Schedule group \(name) already exists.")
      }
      guard groups.count < ScheduleKeeper.groupsMax else {
        throw WireError(
          .serviceQuotaExceeded, "There are \(groups.count) schedule groups; \(ScheduleKeeper.groupsMax) may be.")
      }
      let now = context.now
      try await keeper.save(
        ScheduleGroup(name: name, tags: checked.pairs, createdAt: now, modifiedAt: now),
        context.note("CreateScheduleGroup"))
    }
    return .members(["ScheduleGroupArn": .text(context.names.scheduleGroup(name).description)])
  }

  /// Its schedules go with it, at once: no group is ever `DELETING`.
  private func deleteGroup(_ name: String) async throws -> WireTree {
    guard name != ScheduleName.defaultGroup else {
      throw WireError(.validation, "The schedule group default cannot be deleted.")
    }
    guard try await keeper.remove(group: name, context.note("DeleteScheduleGroup")) else {
      throw WireError(.resourceNotFound, "Schedule group \(name) does not exist.")
    }
    return .structure([])
  }

  private func listGroups(_ prefix: String?, _ page: SchedulerOperation.Page) async throws -> WireTree {
    let groups = try await keeper.groups().filter { $0.name.begins(with: prefix ?? "") }
    let listed = try ListPage(
      groups, Listing("ListScheduleGroups \(prefix ?? "")", refusal: .validation), limit: page.limit,
      after: page.nextToken, max: SchedulerService.pageMax, name: \.name)
    return .members([
      "ScheduleGroups": .list(listed.elements.map(shape)), "NextToken": listed.nextToken.map { .text($0) },
    ])
  }

  // MARK: Tags

  private static func tags(_ tags: [AWSWire.Tag]) throws(WireError) -> Tags {
    var pairs: [String: String] = [:]
    for tag in tags {
      guard pairs.updateValue(tag.value, forKey: tag.key) == nil else {
        throw WireError(.validation, "The tag key \(tag.key) comes more than once.")
      }
    }
    return try Tags(checked: pairs, refusal: .validation)
  }

  private func group(arn: String) async throws -> ScheduleGroup {
    let name = ResourceName(arn)?.name ?? ""
    guard context.names.scheduleGroup(name).description == arn else {
      throw WireError(.resourceNotFound, "Resource \(arn) does not exist.")
    }
    return try await group(name)
  }

  private func tag(_ arn: String, _ tags: [AWSWire.Tag]) async throws -> WireTree {
    let added = try SchedulerService.tags(tags)
    return try await change(arn, "TagResource") { known throws(WireError) in
      try known.check(with: added, [], refusal: .validation)
      known.change(adding: added, removing: [])
    }
  }

  private func untag(_ arn: String, _ keys: [String]) async throws -> WireTree {
    try await change(arn, "UntagResource") { known in known.change(adding: Tags(pairs: [:]), removing: keys) }
  }

  private func change(
    _ arn: String, _ operation: String, _ edit: @escaping @Sendable (inout Tags) throws(WireError) -> Void
  ) async throws -> WireTree {
    try await context.room.permissions.change {
      var group = try await group(arn: arn)
      var tags = Tags(pairs: group.tags)
      try edit(&tags)
      group.tags = tags.pairs
      group.modifiedAt = context.now
      try await keeper.save(group, context.note(operation))
    }
    return .structure([])
  }
}
