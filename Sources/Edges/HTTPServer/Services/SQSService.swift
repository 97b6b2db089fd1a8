import AWSWire
import Engine
import Events
import Operations
import Policies
import ServiceLifecycle

/// SQS on the wire: the queues of the store.
struct SQSService: Sendable {
  /// Queues that one page lists.
  static let pageMax = 1_000
  /// How often a waiting request looks again where time is virtual.
  static let lookAgain = Span.seconds(1)

  private let context: ServiceContext

  init(_ context: ServiceContext) {
    self.context = context
  }

  func answer(_ operation: SQSOperation) async throws -> SQSAnswer {
    switch operation {
    case .createQueue(let input): return try await create(input)
    case .getQueueUrl(let name, let owner):
      guard owner ?? context.names.account == context.names.account, try await context.ports.queues.queue(name) != nil
      else { throw WireError.noSuchQueue }
      return .queueUrl(url(name))
    case .listQueues(let input): return try await list(input)
    case .sendMessage(let url, let message):
      let queue = try await queue(url)
      let sent = try await send([message], to: queue)
      return .sendMessage(sent[0])
    case .sendMessageBatch(let url, let entries): return try await sendBatch(entries, to: try await queue(url))
    case .receiveMessage(let input): return try await cancelWhenGracefulShutdown { try await receive(input) }
    case .deleteMessage(let url, let receipt):
      try await delete(receipt, from: try await queue(url))
      return .done
    case .deleteMessageBatch(let url, let entries): return try await deleteBatch(entries, from: try await queue(url))
    case .changeMessageVisibility(let input): return try await changeVisibility(input)
    case .getQueueAttributes(let url, let wanted): return try await attributes(wanted, of: try await queue(url))
    case .setQueueAttributes(let url, let settings):
      var queue = try await queue(url)
      try queue.set(settings, context.names)
      let policy = try policy(settings[.policy])
      try await context.ports.queues.update(queue)
      if let policy {
        try await context.room.permissions.setPolicy(policy.document, of: context.names.queue(queue.name))
      }
      return .done
    case .purgeQueue(let url):
      try await context.ports.queues.purge(try await queue(url).name)
      return .done
    case .deleteQueue(let url):
      let name = try await queue(url).name
      guard try await context.ports.queues.remove(queue: name) else { throw WireError.noSuchQueue }
      // A queue of that name that is made anew is open to nobody.
      try await context.room.permissions.change {
        try await context.room.permissions.setPolicy(nil, of: context.names.queue(name))
      }
      return .done
    }
  }

  private func url(_ name: String) -> String { "\(context.origin)/\(context.names.account)/\(name)" }

  /// Whatever leads to a queue's name: a URL of ours under any host, or the bare name.
  private func queue(_ url: String) async throws -> QueueDefinition {
    let parts = url.split(separator: "/").suffix(2)
    let name = parts.last.map(String.init) ?? ""
    let owner = parts.first { $0 != parts.last && $0.wholeMatch(of: /\d{12}/) != nil }
    guard owner.map({ $0 == context.names.account }) ?? true, let queue = try await context.ports.queues.queue(name)
    else { throw WireError.noSuchQueue }
    return queue
  }

  private func create(_ input: SQSOperation.CreateQueueInput) async throws -> SQSAnswer {
    var queue = QueueDefinition(name: input.queueName)
    try queue.set(input.attributes, context.names)
    let policy = try policy(input.attributes[.policy])
    if try await context.ports.queues.create(queue, at: context.now) {
      if let policy {
        try await context.room.permissions.setPolicy(policy.document, of: context.names.queue(queue.name))
      }
      return .queueUrl(url(queue.name))
    }
    guard let existing = try await context.ports.queues.queue(queue.name) else { throw WireError.noSuchQueue }
    var same = existing
    try same.set(input.attributes, context.names)
    guard same == existing else {
      throw WireError(
        .queueNameExists, "A queue already exists with the same name and a different value for an attribute")
    }
    return .queueUrl(url(queue.name))
  }

  /// The policy that a request sets; an empty text takes it away, nil leaves it as it is.
  private func policy(_ text: String?) throws(WireError) -> (document: PolicyDocument?, Void)? {
    guard let text else { return nil }
    guard !text.isEmpty else { return (nil, ()) }
    do {
      return (try PolicyDocument(text, as: .resource), ())
    } catch {
      throw WireError(.invalidAttributeValue, "Invalid value for the parameter Policy: \(error.message)")
    }
  }

  private func list(_ input: SQSOperation.ListQueuesInput) async throws -> SQSAnswer {
    let names = try await context.ports.queues.queues().map(\.name)
      .filter { $0.hasPrefix(input.queueNamePrefix ?? "") }
    let listing = Listing("ListQueues \(input.queueNamePrefix ?? "")", refusal: .invalidParameterValue)
    let page = try ListPage(
      names, listing, limit: input.maxResults, after: input.nextToken, max: SQSService.pageMax
    ) { $0 }
    return .listQueues(page.elements.map(url), nextToken: input.maxResults == nil ? nil : page.nextToken)
  }

  private func send(_ messages: [MessageInput], to queue: QueueDefinition) async throws -> [SQSAnswer.SentMessage] {
    let now = context.now
    let outgoing = messages.map { message in
      OutgoingMessage(
        queue: queue.name, id: context.ports.entropy.uuid(), body: message.body,
        attributes: message.attributes.mapValues(\.stored),
        visibleAt: now + .seconds(message.delaySeconds ?? queue.delaySeconds))
    }
    try await context.ports.queues.send(outgoing, at: now)
    context.runtime.queueBells[queue.name].ring()
    return zip(outgoing, messages).map { SQSAnswer.SentMessage(messageId: $0.id, $1, md5: context.md5) }
  }

  private func sendBatch(
    _ entries: [SQSOperation.BatchEntry<MessageInput>], to queue: QueueDefinition
  ) async throws -> SQSAnswer {
    var good: [(id: String, message: MessageInput)] = []
    var failed: [SQSAnswer.BatchFailure] = []
    for entry in entries {
      switch entry.value {
      case .success(let message): good.append((entry.id, message))
      case .failure(let refusal): failed.append(.init(id: entry.id, refusal))
      }
    }
    let sent = good.isEmpty ? [] : try await send(good.map(\.message), to: queue)
    return .sendMessageBatch(
      sent: zip(good, sent).map { SQSAnswer.BatchSuccess(id: $0.id, $1) }, failed: failed)
  }

  /// Waits up to the asked time for a first message; woken by whatever shows one, never by a tick. On a virtual clock clients
  /// still wait in real time, and nothing rings when time brings a message to light: there it looks again.
  private func receive(_ input: SQSOperation.ReceiveMessageInput) async throws -> SQSAnswer {
    let queue = try await queue(input.queueUrl)
    let bell = context.runtime.queueBells[queue.name]
    let visibility = Span.seconds(input.visibilityTimeout ?? queue.visibilityTimeout)
    let clock = context.room.waitingClock
    let isVirtual = context.room.timekeeper != nil
    let deadline = clock.now() + .seconds(input.waitTimeSeconds ?? queue.receiveWait)
    while true {
      let mark = bell.mark
      let received = try await context.ports.queues.receive(
        queue.name, limit: input.maxNumberOfMessages, visibility: visibility, at: context.now)
      let now = clock.now()
      guard received.isEmpty, now < deadline else {
        return .receiveMessage(received.map { shape($0, input) })
      }
      let next =
        isVirtual
        ? now + SQSService.lookAgain : try await context.ports.queues.depth(queue.name, at: now).nextVisible
      await bell.wait(since: mark, atMost: min(deadline, next ?? deadline) - now, clock)
      if Task.isCancelled { return .receiveMessage([]) }
    }
  }

  private func shape(
    _ message: Engine.ReceivedMessage, _ input: SQSOperation.ReceiveMessageInput
  ) -> SQSAnswer.ReceivedMessage {
    let system = [
      "SenderId": context.names.account, "SentTimestamp": String(message.sentAt.milliseconds),
      "ApproximateReceiveCount": String(message.receiveCount),
      "ApproximateFirstReceiveTimestamp": String(message.firstReceivedAt.milliseconds),
    ]
    return .init(
      messageId: message.id, receiptHandle: message.receipt, body: message.body,
      attributes: system.filter { input.wants(systemAttribute: $0.key) },
      messageAttributes: message.attributes.filter { input.wants(messageAttribute: $0.key) }.mapValues(\.wire),
      md5: context.md5)
  }

  private func delete(_ receipt: String, from queue: QueueDefinition) async throws {
    // A stale receipt is no error: SQS deletes what it can and says yes.
    _ = try await context.ports.queues.delete(queue.name, receipt: receipt)
  }

  private func deleteBatch(
    _ entries: [SQSOperation.DeleteEntry], from queue: QueueDefinition
  ) async throws -> SQSAnswer {
    for entry in entries { try await delete(entry.receiptHandle, from: queue) }
    return .deleteMessageBatch(deleted: entries.map(\.id), failed: [])
  }

  private func changeVisibility(_ input: SQSOperation.ChangeMessageVisibilityInput) async throws -> SQSAnswer {
    let queue = try await queue(input.queueUrl)
    let known = try await context.ports.queues.release(
      queue.name, receipt: input.receiptHandle, until: context.now + .seconds(input.visibilityTimeout),
      uncounted: false)
    guard known else {
      throw WireError(
        .messageNotInflight,
        "Value \(input.receiptHandle) for parameter ReceiptHandle is invalid. "
          + "Reason: Message does not exist or is not available for visibility timeout change.")
    }
    context.runtime.queueBells[queue.name].ring()
    return .done
  }

  private func attributes(_ wanted: [QueueAttribute], of queue: QueueDefinition) async throws -> SQSAnswer {
    let depth = try await context.ports.queues.depth(queue.name, at: context.now)
    var all: [QueueAttribute: String] = [
      .queueArn: context.names.queue(queue.name).description,
      .approximateNumberOfMessages: String(depth.visible),
      .approximateNumberOfMessagesNotVisible: String(depth.inFlight),
      .approximateNumberOfMessagesDelayed: String(depth.delayed),
      .visibilityTimeout: String(queue.visibilityTimeout), .delaySeconds: String(queue.delaySeconds),
      .messageRetentionPeriod: String(queue.messageRetentionPeriod),
      .receiveMessageWaitTimeSeconds: String(queue.receiveWait),
      .maximumMessageSize: String(WireLimits.messageBytesMax),
    ]
    all[.policy] = context.room.permissions.policy(of: context.names.queue(queue.name))?.document.text
    if let redrive = queue.redrive {
      all[.redrivePolicy] =
        RedrivePolicy(
          deadLetterTargetArn: context.names.queue(redrive.deadLetterQueue), maxReceiveCount: redrive.maxReceiveCount
        ).text
    }
    return .getQueueAttributes(wanted.contains(.all) ? all : all.filter { wanted.contains($0.key) })
  }
}

extension QueueDefinition {
  /// Takes over the attributes that the engine keeps; refuses what it cannot do rather than pretend.
  mutating func set(_ attributes: [QueueAttribute: String], _ names: ResourceNames) throws(WireError) {
    for (attribute, text) in attributes.sorted(by: { $0.key.rawValue < $1.key.rawValue }) {
      switch attribute {
      case .visibilityTimeout: visibilityTimeout = Int(text) ?? visibilityTimeout
      case .delaySeconds: delaySeconds = Int(text) ?? delaySeconds
      case .messageRetentionPeriod: messageRetentionPeriod = Int(text) ?? messageRetentionPeriod
      case .receiveMessageWaitTimeSeconds: receiveWait = Int(text) ?? receiveWait
      case .redrivePolicy:
        redrive = try RedrivePolicy(text).map { policy throws(WireError) in
          guard let queue = names.queueName(policy.deadLetterTargetArn) else {
            throw WireError(
              .invalidParameterValue,
              "Value \(text.prefix(200)) for parameter RedrivePolicy is invalid. "
                + "Reason: Dead letter target does not exist.")
          }
          return Redrive(deadLetterQueue: queue, maxReceiveCount: policy.maxReceiveCount)
        }
      case .fifoQueue where text == "true", .contentBasedDeduplication where text == "true":
        throw WireError(.unsupportedOperation, "FIFO queues are not served: every queue here is a standard queue.")
      case .all, .policy, .maximumMessageSize, .approximateNumberOfMessages, .approximateNumberOfMessagesNotVisible,
        .createdTimestamp, .lastModifiedTimestamp, .queueArn, .approximateNumberOfMessagesDelayed, .fifoQueue,
        .contentBasedDeduplication, .kmsMasterKeyId, .kmsDataKeyReusePeriodSeconds, .deduplicationScope,
        .fifoThroughputLimit, .redriveAllowPolicy, .sqsManagedSseEnabled:
        continue
      }
    }
  }
}

extension AWSWire.MessageAttribute {
  /// As the store keeps it.
  var stored: Engine.MessageAttribute {
    switch value {
    case .text(let text): .init(dataType: dataType, value: .text(text))
    case .binary(let bytes): .init(dataType: dataType, value: .binary(bytes))
    }
  }
}

extension Engine.MessageAttribute {
  /// As the wire shows it.
  var wire: AWSWire.MessageAttribute {
    switch value {
    case .text(let text): .init(dataType: dataType, value: .text(text))
    case .binary(let bytes): .init(dataType: dataType, value: .binary(bytes))
    }
  }
}
