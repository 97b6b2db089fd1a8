import AWSModel
import AWSPorts
import Engine
import Events
import Ingestion
import Telemetry
import Testing

/// One transaction a decision, whatever AWS does to it (D10).
@Suite struct DecisionTests {
  @Test(arguments: CallFault.allCases)
  func `a decision is made once, and told as made now, whatever happens to its transaction`(
    _ fault: CallFault
  ) async throws {
    let cloud = try Cloud()
    cloud.model.plan(fault, on: .dynamoDB, "TransactWriteItems")
    let application = try cloud.application("one")
    let result = try await cloud.admit(application)
    #expect(result.isDecidedNow && result.decision == .dispatched)
    #expect(cloud.items("cause#one").count == 1)
    #expect(try cloud.sentChunks() == [0, 1])
    #expect(cloud.metrics.all.count == 1)
    #expect(try await !cloud.admit(application).isDecidedNow)
  }

  @Test(arguments: CallFault.allCases)
  func `a refusal is written once, and told as the first, whatever happens to its transaction`(
    _ fault: CallFault
  ) async throws {
    let cloud = try Cloud()
    cloud.model.plan(fault, on: .dynamoDB, "TransactWriteItems")
    let row = DecisionTests.row("one")
    #expect(try await cloud.store().close(row, deadLetter: nil))
    #expect(try await !cloud.store().close(row, deadLetter: nil))
    #expect(cloud.metrics.all.count == 1)
  }

  @Test func `a lost answer is not taken for ours when another has decided the cause meanwhile`() async throws {
    let cloud = try Cloud()
    let application = try cloud.application("one")
    // What is lost was never written; the other is in between.
    cloud.model.plan(.lostBefore, on: .dynamoDB, "TransactWriteItems")
    let other = cloud.store()
    let raced = Answering(cloud.model) { _, _, _, _ in nil }
    cloud.model.onCall { _, operation, _ in
      guard operation == "BatchGetItem", cloud.items("cause#one").isEmpty,
        cloud.model.callCounts["dynamodb:TransactWriteItems"] == 1
      else { return }
      do {
        _ = try await other.close(DecisionTests.row("one"), deadLetter: nil)
      } catch {
        Issue.record(error)
      }
    }
    let result = try await cloud.admit(application, raced)
    #expect(!result.isDecidedNow)
    #expect(result.decision == .rejected)
    #expect(try cloud.sentChunks().isEmpty)
  }

  /// Source: DynamoDB API, `TransactWriteItems`, `CancellationReasons`.
  @Test(arguments: [
    ("TransactionConflict", true), ("ConditionalCheckFailed", true), ("ThrottlingError", true),
    ("ProvisionedThroughputExceeded", true), ("ValidationError", false), ("ItemCollectionSizeLimitExceeded", false),
  ])
  func `a cancelled transaction is decided anew, unless it would be cancelled for ever`(
    code: String, passes: Bool
  ) async throws {
    let cloud = try Cloud()
    let api = Answering(cloud.model) { _, operation, _, before in
      guard operation == "TransactWriteItems", before < 2 else { return nil }
      return .failure(
        AWSError(
          code: "TransactionCanceledException", message: "Transaction cancelled", status: 400,
          body: ["CancellationReasons": [["Code": "None"], ["Code": .string(code)]]], isDoubtful: false))
    }
    if passes {
      #expect(try await cloud.admit(try cloud.application("one"), api).decision == .dispatched)
      // The facts were read again each time; the second transaction marks the claim.
      #expect(cloud.model.callCounts["dynamodb:TransactWriteItems"] == 2)
      #expect(try #require(cloud.model.callCounts["dynamodb:BatchGetItem"]) >= 3)
    } else {
      let error = await #expect(throws: StoreError.self) { try await cloud.admit(try cloud.application("one"), api) }
      #expect(error?.code == .refused)
    }
  }

  @Test func `facts that change between reading and writing are decided anew`() async throws {
    let cloud = try Cloud()
    let other = cloud.store()
    cloud.model.onCall { _, operation, _ in
      guard operation == "TransactWriteItems", cloud.items("lock#market.prices").isEmpty else { return }
      do {
        _ = try await other.hold(
          domain: "market", table: "prices", owner: "ops", until: Cloud.start + .minutes(5), at: Cloud.start)
      } catch {
        Issue.record(error)
      }
    }
    #expect(try await cloud.admit(try cloud.application("one")).decision == .deferred)
    #expect(try cloud.sentChunks().isEmpty)
  }

  @Test func `a key that another takes between reading and writing is a duplicate`() async throws {
    let cloud = try Cloud()
    let (first, second) = (
      try cloud.application("one", .schedule, key: "k"), try cloud.application("two", .schedule, key: "k")
    )
    cloud.model.onCall { _, operation, _ in
      guard operation == "TransactWriteItems", cloud.items("cause#two").isEmpty else { return }
      do {
        _ = try await cloud.admit(second)
      } catch {
        Issue.record(error)
      }
    }
    #expect(try await cloud.admit(first).decision == .duplicate)
    #expect(try await cloud.store().runs(limit: 10).map(\.causeID) == ["two"])
  }

  @Test func `a write that never gets through is unavailable, and has written nothing`() async throws {
    let cloud = try Cloud()
    let api = Answering(cloud.model) { _, operation, _, _ in
      guard operation == "TransactWriteItems" else { return nil }
      return .failure(AWSError(code: "ThrottlingException", message: "slow down", status: 400, isDoubtful: false))
    }
    let error = await #expect(throws: StoreError.self) { try await cloud.admit(try cloud.application("one"), api) }
    #expect(error?.code == .unavailable)
    #expect(cloud.model.items(in: cloud.names.controlTable).isEmpty)
  }

  @Test func `an item whose time is over is free while DynamoDB still shows it`() async throws {
    let cloud = try Cloud(.init(claimLife: .hours(2)))
    #expect(try await cloud.admit(try cloud.application("one", key: "k")).decision == .dispatched)
    cloud.clock.pass(.hours(2))
    #expect(cloud.items("cause#one").count == 1)
    #expect(try await cloud.admit(try cloud.application("two", key: "k")).decision == .dispatched)
    _ = try await cloud.store().hold(
      domain: "market", table: "prices", owner: "ops", until: cloud.clock.now() + .minutes(5), at: cloud.clock.now())
    cloud.clock.pass(.minutes(5))
    #expect(cloud.item("lock#market.prices") != nil)
    #expect(try await cloud.admit(try cloud.application("three")).decision == .dispatched)
  }

  @Test func `what holds is never swept before its time`() async throws {
    let cloud = try Cloud(.init(manualMax: 1, claimLife: .hours(2)))
    #expect(try await cloud.admit(try cloud.application("one", key: "k")).decision == .dispatched)
    cloud.clock.pass(.minutes(59))
    cloud.model.sweep(cloud.names.controlTable, timeToLive: "expires_at")
    #expect(try await cloud.admit(try cloud.application("two")).decision == .rateLimited)
    cloud.clock.pass(Span(milliseconds: 3_659_999))
    cloud.model.sweep(cloud.names.controlTable, timeToLive: "expires_at")
    #expect(try await cloud.admit(try cloud.application("three", key: "k")).decision == .duplicate)
  }

  @Test func `a claim whose messages never went out is taken over after its lease, and not a moment earlier`()
    async throws
  {
    let cloud = try Cloud()
    let first = try cloud.application("one", key: "k")
    let deaf = Answering(cloud.model) { service, _, _, _ in service == .sqs ? .failure(Cloud.silence) : nil }
    #expect(try await cloud.admit(first, deaf).decision == .dispatched)
    cloud.clock.pass(Span(milliseconds: AWSStore.claimLease.milliseconds - 1))
    #expect(try await cloud.admit(try cloud.application("two", key: "k")).decision == .duplicate)
    cloud.clock.pass(Span(milliseconds: 1))
    let third = try cloud.application("three", key: "k")
    #expect(try await cloud.admit(third).decision == .dispatched)
    // The first run's messages are never sent now: the key is another's.
    _ = try await cloud.store().sendDue(at: cloud.clock.now())
    #expect(cloud.items("outbox").isEmpty)
    let bodies = cloud.model.bodies(in: cloud.names.workQueue)
    #expect(bodies.count == 2 && bodies.allSatisfy { $0.contains(third.cause.runID) })
  }

  @Test func `a lease that was let go is let go, and who waited is woken, though the answer was lost`() async throws {
    for fault in CallFault.allCases {
      let cloud = try Cloud()
      let store = cloud.store()
      _ = try await store.hold(
        domain: "market", table: "prices", owner: "ops", until: Cloud.start + .hours(1), at: Cloud.start)
      #expect(try await cloud.admit(try cloud.application("one")).decision == .deferred)
      cloud.model.plan(fault, on: .dynamoDB, "DeleteItem")
      #expect(
        try await store.letGo(domain: "market", table: "prices", owner: "ops", at: Cloud.start), "\(fault)")
      #expect(try await store.deferred(.others, at: Cloud.start, limit: 10).map(\.cause.id) == ["one"], "\(fault)")
      #expect(try await !store.letGo(domain: "market", table: "prices", owner: "ops", at: Cloud.start), "\(fault)")
    }
  }

  @Test(arguments: CallFault.allCases)
  func `a budget is charged once for a request whose answer was lost`(_ fault: CallFault) async throws {
    let cloud = try Cloud()
    cloud.model.plan(fault, on: .dynamoDB, "PutItem")
    #expect(try await cloud.store().take(60, of: "yahoo", perMinute: 100, at: Cloud.start) == nil)
    #expect(try await cloud.store().take(40, of: "yahoo", perMinute: 100, at: Cloud.start) == nil)
    #expect(try await cloud.store().take(1, of: "yahoo", perMinute: 100, at: Cloud.start) != nil)
  }

  static func row(_ cause: String) -> LedgerEntry {
    LedgerEntry(
      causeID: cause, decision: .rejected, gate: .structure, code: .malformedEvent, summary: "no JSON", at: Cloud.start,
      took: Span(milliseconds: 3), about: LedgerEntry.Subject(triggerType: "manual"))
  }
}

extension Cloud {
  static let silence = AWSError(code: AWSError.noAnswer, message: "no answer", status: 0, isDoubtful: true)
}
