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
      let queue = try await queue(try required(input, "SourceArn"), "SourceArn")
      let limit = try number(input, "MaxResults", 1...MoveService.pageMax) ?? 1
      let tasks = try await context.room.mover.tasks(queue.name).prefix(limit)
      return .members(["Results": .list(tasks.map(shape))])
    case .cancelMessageMoveTask: return try await cancel(try required(input, "TaskHandle"))
    }
  }

  // MARK: Members, in SQS's words

  private func required(_ input: WireInput, _ name: String) throws -> String {
    guard let text = try input.text(name), !text.isEmpty else {
      throw WireError(.missingParameter, "The request must contain the parameter \(name).")
    }
    return text
  }

  private func number(_ input: WireInput, _ name: String, _ range: ClosedRange<Int>) throws -> Int? {
    guard let number = try input.integer(name, Int.min...Int.max) else { return nil }
    guard range.contains(number) else {
      throw MoveService.invalid(
        "\(number)", name, "Must be between \(range.lowerBound) and \(range.upperBound), if provided.")
    }
    return number
  }

  private static func invalid(_ value: String, _ name: String, _ reason: String) -> WireError {
    WireError(
      .invalidParameterValue, "Value \(value.prefix(200)) for parameter \(name) is invalid. Reason: \(reason)")
  }

  /// The queue of an ARN: one of another account or region is not here.
  private func queue(_ text: String, _ member: String) async throws -> QueueDefinition {
    let name = try name(text, member)
    return try MoveService.found(try await context.ports.queues.queue(name), member)
  }

  // Out of line, these two: the optimizer of Swift 6.3.1 crashes on the coroutine that they are inlined into.
  @inline(never)
  private func name(_ text: String, _ member: String) throws(WireError) -> String {
    guard let arn = ResourceName(text), arn.service == "sqs" else {
      throw MoveService.invalid(text, member, "It must be the ARN of a queue.")
    }
    return try MoveService.found(context.names.queueName(arn), member)
  }

  @inline(never)
  private static func found<Thing>(_ thing: Thing?, _ member: String) throws(WireError) -> Thing {
    guard let thing else {
      throw WireError(.resourceNotFound, "The resource that you specified for the \(member) parameter doesn't exist.")
    }
    return thing
  }

  // MARK: Tasks

  private func start(_ input: WireInput) async throws -> WireTree {
    let source = try await queue(try required(input, "SourceArn"), "SourceArn")
    let rate = try number(input, "MaxNumberOfMessagesPerSecond", 1...Mover.perSecondMax)
    let destination = try await destination(of: source, try input.text("DestinationArn"))
    guard
      let task = try await context.room.mover.start(
        source: source.name, destination: destination, perSecond: rate, code: nil,
        context.note(MoveOperation.startMessageMoveTask.rawValue))
    else {
      throw WireError(.unsupportedOperation, "There is already a task running. Only one active task is allowed.")
    }
    return .members(["TaskHandle": .text(handle(task).text)])
  }

  /// A handle names its queue, by which it was judged who may use it; so both must be right.
  private func cancel(_ text: String) async throws -> WireTree {
    guard let given = MoveHandle(text), let task = try await context.room.mover.task(given.task), handle(task) == given
    else { throw WireError(.resourceNotFound, "Task does not exist.") }
    guard
      let cancelled = try await context.room.mover.cancel(
        task.handle, context.note(MoveOperation.cancelMessageMoveTask.rawValue))
    else {
      throw WireError(.unsupportedOperation, "Only active tasks can be cancelled.")
    }
    return .members(["ApproximateNumberOfMessagesMoved": .integer(cancelled.moved)])
  }

  private func handle(_ task: MoveTask) -> MoveHandle {
    MoveHandle(task: task.handle, source: context.names.queue(task.source))
  }

  /// Where messages go that the client gives no way: the environment's letters through the rules, others back where they came from.
  private func destination(of source: QueueDefinition, _ arn: String?) async throws -> String? {
    let all = try await context.ports.queues.queues()
    let sources = all.filter { $0.redrive?.deadLetterQueue == source.name }
    let isOurs = context.room.shelf.queues.contains(source.name)
    guard isOurs || !sources.isEmpty else {
      throw WireError(.invalidParameterValue, "Source queue must be configured as a Dead Letter Queue.")
    }
    if let arn {
      let queue = try await queue(arn, "DestinationArn")
      guard queue.name != source.name else {
        throw MoveService.invalid(arn, "DestinationArn", "It must not be the source.")
      }
      return queue.name
    }
    if isOurs { return nil }
    guard sources.count == 1 else {
      let names = sources.map(\.name).sorted().joined(separator: ", ")
      throw WireError(
        .unsupportedOperation,
        "Messages of \(source.name) came from several queues (\(names)): DestinationArn must say which takes them.")
    }
    // The request did not name it, so nobody has asked yet whether the caller may send there.
    try Judge(context.room.permissions, context.ports.clock).permit(
      context.caller, Demand("sqs:SendMessage", context.names.queue(sources[0].name)))
    return sources[0].name
  }

  private func shape(_ task: MoveTask) -> WireTree {
    .members([
      // Only a running task has a handle, as on SQS.
      "TaskHandle": task.status == .running ? .text(handle(task).text) : nil, "Status": .text(task.status.rawValue),
      "SourceArn": .text(context.names.queue(task.source).description),
      "DestinationArn": task.destination.map { .text(context.names.queue($0).description) },
      "MaxNumberOfMessagesPerSecond": .integer(task.perSecond),
      "ApproximateNumberOfMessagesMoved": .integer(task.moved),
      "ApproximateNumberOfMessagesToMove": .integer(task.total), "FailureReason": task.failure.map { .text($0) },
      "StartedTimestamp": .integer(Int(task.startedAt.milliseconds)),
    ])
  }
}
