import AWSModel
import AWSPorts
import Engine
import Events
import Foundation
import Simulation
import Testing

/// Digests that only tell texts apart.
struct NameDigests: Digests {
  func sha256(_ bytes: [UInt8]) -> String { md5(bytes) + md5(bytes.reversed()) }
  func md5(_ bytes: [UInt8]) -> String {
    DerivedID.uuid(of: String(decoding: bytes, as: UTF8.self)).filter { $0 != "-" }
  }
}

/// A model with a table `control` (key `id`), a table `ledger` (keys `pk`, `sk`), queues, a bucket and a bus.
struct ModelFixture {
  let clock = VirtualClock(Timestamp(seconds: 1_757_455_200))
  let cloud: ModelCloud

  init(seed: UInt64 = 1) {
    let layout = CloudLayout(
      tables: [
        CloudTable("control", hash: .init("id")),
        CloudTable(
          "ledger", hash: .init("pk"), range: .init("sk"),
          indexes: [CloudTable.Index("by-day", hash: .init("d"), range: .init("at_ms", .number))]),
        CloudTable("counts", hash: .init("id"), range: .init("n", .number)),
      ],
      queues: [
        CloudQueue("work", visibility: .seconds(30), redrive: .init(to: "work-dlq", after: 2)),
        CloudQueue("work-dlq", retention: .days(14)),
      ],
      buckets: ["raw"], parameters: ["/dev/symbols": "AAPL,MSFT"], buses: ["dev-bus"])
    cloud = ModelCloud(
      clock: clock, entropy: SeededEntropy(seed: seed), digests: NameDigests(), layout: layout)
  }

  func dynamo(_ operation: String, _ input: JSON) async throws(AWSError) -> JSON {
    try await cloud.call(.dynamoDB, operation, input)
  }

  func sqs(_ operation: String, _ input: JSON, queue: String = "work") async throws(AWSError) -> JSON {
    var full = input
    full.set("QueueUrl", .string("https://sqs.us-east-1.amazonaws.com/123456789012/\(queue)"))
    return try await cloud.call(.sqs, operation, full)
  }

  /// The error of a call; nil if it has none.
  func error(_ service: AWSService, _ operation: String, _ input: JSON) async -> AWSError? {
    do throws(AWSError) {
      _ = try await cloud.call(service, operation, input)
      return nil
    } catch {
      return error
    }
  }

  func error(_ operation: String, _ input: JSON) async -> AWSError? { await error(.dynamoDB, operation, input) }

  func queueError(_ operation: String, _ input: JSON) async -> AWSError? {
    var full = input
    full.set("QueueUrl", "https://sqs.us-east-1.amazonaws.com/123456789012/work")
    return await error(.sqs, operation, full)
  }
}

/// The tables of `Tests/Vectors`.
enum ModelVectors {
  struct Row: Sendable, CustomTestStringConvertible {
    let id: String
    let json: JSON

    var testDescription: String { id }
  }

  static func rows(_ name: String) throws -> [Row] {
    let url = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .appending(path: "Vectors/\(name).json")
    let rows = try #require(try JSON(parsing: Array(try Data(contentsOf: url))).elements)
    return try rows.map { row in
      _ = try #require(row["source"]?.string, "each row names its source")
      return Row(id: try #require(row["id"]?.string), json: row)
    }
  }
}
