import AWSModel
import AWSPorts
import Engine
import Events
import Synchronization

/// A clock that moves when it is told to, and lets nobody wait.
final class StillClock: WallClock {
  private let shown: Mutex<Timestamp>

  init(_ now: Timestamp) { shown = Mutex(now) }

  func now() -> Timestamp { shown.withLock { $0 } }
  func pass(_ span: Span) { shown.withLock { $0 = $0 + span } }
  func sleep(for span: Span) async throws(CancellationError) { pass(min(span, Span(milliseconds: 5))) }
}

/// The calls of one process, which may be killed after so many of them: from then on nothing it does has any effect.
final class MortalAPI: AWSAPI {
  private let inner: ModelCloud
  private let left: Mutex<Int>
  private let planted: AWSWorld.Planted?

  init(_ inner: ModelCloud, callsMax: Int, planted: AWSWorld.Planted?) {
    self.inner = inner
    self.planted = planted
    left = Mutex(callsMax)
  }

  var isDead: Bool { left.withLock { $0 <= 0 } }

  private func live() throws(AWSError) {
    let isAlive = left.withLock { left in
      left = left == .max ? left : left - 1
      return left > 0
    }
    guard isAlive else {
      throw AWSError(code: AWSError.noAnswer, message: "the process is dead", status: 0, isDoubtful: true)
    }
  }

  func call(_ service: AWSService, _ operation: String, _ input: JSON) async throws(AWSError) -> JSON {
    try live()
    return try await inner.call(service, operation, planted.map { $0.spoil(operation, input) } ?? input)
  }

  func put(_ object: ObjectDraft) async throws(AWSError) {
    try live()
    try await inner.put(object)
  }

  func head(bucket: String, key: String) async throws(AWSError) -> ObjectHead? {
    try live()
    return try await inner.head(bucket: bucket, key: key)
  }
}

extension AWSWorld.Planted {
  /// The input as a store would send it that has that fault.
  func spoil(_ operation: String, _ input: JSON) -> JSON {
    var input = input
    switch (self, operation) {
    case (.conditions, "TransactWriteItems"):
      input.set(
        "TransactItems", .array((input["TransactItems"]?.elements ?? []).compactMap { AWSWorld.Planted.bare($0) }))
    case (.outbox, "TransactWriteItems"):
      input.set(
        "TransactItems",
        .array(
          (input["TransactItems"]?.elements ?? []).filter { $0["Put"]?["Item"]?["id"]?["S"] != "outbox" }))
    case (.lostMessages, "SendMessageBatch"):
      input.set("Entries", .array(Array((input["Entries"]?.elements ?? []).prefix(1))))
    case (.tornTransactions, "TransactWriteItems"):
      let items = (input["TransactItems"]?.elements ?? []).enumerated().filter { $0.offset % 4 != 3 }.map(\.element)
      input.set("TransactItems", .array(items))
    case (.conditions, _), (.outbox, _), (.lostMessages, _), (.tornTransactions, _): break
    }
    return input
  }

  /// A write of a transaction without its condition; nil for a check.
  private static func bare(_ item: JSON) -> JSON? {
    guard let member = item.members?.first, member.key != "ConditionCheck" else { return nil }
    var write = member.value
    write.remove("ConditionExpression")
    if member.key == "Put" || member.key == "Delete" {
      write.remove("ExpressionAttributeNames")
      write.remove("ExpressionAttributeValues")
    }
    return member.key == "Update" ? item : .object([.init(member.key, write)])
  }
}
