import AWSWire
import Engine
import Events
import Operations

/// The moving of messages out of dead-letter queues, as SQS has it (§7).
struct MoveService: Sendable {
  /// Tasks that one answer lists.
  static let pageMax = 10

  private let context: ServiceContext

  init(_ context: ServiceContext) {
    self.context = context
  }

  func answer(_ operation: MoveOperation, _ input: WireInput) async throws -> WireTree {
    switch operation {
    case .startMessageMoveTask: return try await start(input)
    case .listMessageMoveTasks:
      let queue = try await queue(try input.requiredText("SourceArn"))
      let limit = try input.integer("MaxResults", 1...MoveService.pageMax) ?? 1
      let tasks = try await context.room.mover.tasks(queue.name).prefix(limit)
      return .members(["Results": .list(tasks.map(shape))])
    case .cancelMessageMoveTask:
      let handle = try input.requiredText("TaskHandle")
      guard let task = try await context.room.mover.task(handle) else {
        throw WireError(.resourceNotFound, "Task does not exist.")
      }
      guard let cancelled = try await context.room.mover.cancel(task.handle) else {
        throw WireError(.unsupportedOperation, "Only active tasks can be cancelled.")
      }
      return .members(["ApproximateNumberOfMessagesMoved": .integer(cancelled.moved)])
    }
  }

  private func queue(_ arn: String) async throws -> QueueDefinition {
    guard let name = ResourceName(arn), name.service == "sqs" else {
      throw WireError(.invalidParameterValue, "Value \(printed(arn)) for parameter SourceArn is invalid.")
    }
    guard let queue = try await context.ports.queues.queue(name.name) else {
      throw WireError(.resourceNotFound, "The resource that you specified for the SourceArn parameter doesn't exist.")
    }
    return queue
  }

  private func printed(_ text: String) -> String { String(text.prefix(200)) }

  private func start(_ input: WireInput) async throws -> WireTree {
    let source = try await queue(try input.requiredText("SourceArn"))
    let rate = try input.integer("MaxNumberOfMessagesPerSecond", 1...Mover.perSecondMax)
    let destination = try await destination(of: source, try input.text("DestinationArn"))
    guard
      let task = try await context.room.mover.start(
        source: source.name, destination: destination, perSecond: rate, code: nil,
        context.note(MoveOperation.startMessageMoveTask.rawValue))
    else {
      throw WireError(.unsupportedOperation, "There is already a task running. Only one active task is allowed.")
    }
    return .members(["TaskHandle": .text(task.handle)])
  }

  /// Where messages go that the client gives no way: the environment's letters through the rules, others back where they came from.
  private func destination(of source: QueueDefinition, _ arn: String?) async throws -> String? {
    if let arn { return try await queue(arn).name }
    if context.room.shelf.queues.contains(source.name) { return nil }
    let sources = try await context.ports.queues.queues().filter { $0.redrive?.deadLetterQueue == source.name }
    guard let first = sources.first else {
      throw WireError(.invalidParameterValue, "Source queue must be configured as a Dead Letter Queue.")
    }
    guard sources.count == 1 else {
      let names = sources.map(\.name).sorted().joined(separator: ", ")
      throw WireError(
        .unsupportedOperation,
        "Messages of \(source.name) came from several queues (\(names)): DestinationArn must say which takes them.")
    }
    return first.name
  }

  private func shape(_ task: MoveTask) -> WireTree {
    .members([
      // Only a running task has a handle, as on SQS.
      "TaskHandle": task.status == .running ? .text(task.handle) : nil, "Status": .text(task.status.rawValue),
      "SourceArn": .text(context.names.queue(task.source).description),
      "DestinationArn": task.destination.map { .text(context.names.queue($0).description) },
      "MaxNumberOfMessagesPerSecond": .integer(task.perSecond),
      "ApproximateNumberOfMessagesMoved": .integer(task.moved),
      "ApproximateNumberOfMessagesToMove": .integer(task.total), "FailureReason": task.failure.map { .text($0) },
      "StartedTimestamp": .integer(Int(task.startedAt.milliseconds)),
    ])
  }
}
