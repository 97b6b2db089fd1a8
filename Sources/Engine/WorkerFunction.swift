import Events

/// The worker as a function: a batch of SQS records, answered with the ones that failed.
///
/// Source: AWS, "Reporting batch item failures for Lambda functions with an Amazon SQS trigger".
public struct WorkerFunction: Function {
  private let worker: Worker
  private let queues: any WorkQueues
  private let clock: any WallClock
  private let names: EnvironmentNames

  init(_ worker: Worker, _ queues: any WorkQueues, _ clock: any WallClock, _ names: EnvironmentNames) {
    self.worker = worker
    self.queues = queues
    self.clock = clock
    self.names = names
  }

  /// Puts each record's body into the work queue, where it is worked on by the same rules as any other, and lends a hand:
  /// one chunk a record. A record is done with once it is durably in the queue.
  public func invoke(_ payload: [UInt8], _ context: InvocationContext) async -> FunctionOutcome {
    let records: [JSON]
    do {
      guard let elements = try JSON(parsing: payload)["Records"]?.elements else {
        return .failed(type: "MALFORMED_EVENT", message: "the payload has no Records")
      }
      records = elements
    } catch {
      return .failed(type: "MALFORMED_EVENT", message: "the payload is not JSON: \(error.message)")
    }
    var failures: [JSON] = []
    for (index, record) in records.enumerated() {
      let id = record["messageId"]?.string ?? "\(context.requestID)-\(index)"
      guard let body = record["body"]?.string else {
        failures.append(["itemIdentifier": .string(id)])
        continue
      }
      do {
        let now = clock.now()
        let message = OutgoingMessage(
          queue: names.workQueue, id: "\(context.requestID)-\(id)", body: body, visibleAt: now)
        try await queues.send([message], at: now)
        _ = try await worker.workOnce()
      } catch {
        failures.append(["itemIdentifier": .string(id)])
      }
    }
    return .answered(["batchItemFailures": .array(failures)])
  }
}
