import ClockPorts
import AWSClients
import AWSPorts
import AsyncHTTPClient
import Events
import Foundation
import NIOCore
import NIOHTTP1
import Synchronization
import Testing

/// One ministack for all tests of a run: a process of its own that ends with this one, however this one ends.
///
/// `infrastructure/tools/local_aws.py --attached` starts it on a free port, in a temporary folder that it deletes.
final class Ministack: Sendable {
  /// Why there is none, for the report of a test that is left out.
  static let absence: Comment = "ministack is not installed; Scripts/install-infrastructure does it"

  static var isInstalled: Bool { python != nil }

  /// `http://127.0.0.1:PORT`
  let url: String
  let client: AWSClient
  private let http: HTTPClient
  /// The child reads from it, and ends when it is closed: at the latest by the kernel.
  private let leash: Pipe
  private let counter = Mutex(0)

  private init(url: String, leash: Pipe) throws {
    self.url = url
    self.leash = leash
    // Never shut down: it lives as long as the process.
    var configuration = AsyncHTTPTransport.configuration
    configuration.timeout.connect = .minutes(2)
    http = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
    let transport = AsyncHTTPTransport(client: http)
    let variables = [
      "AWS_REGION": "us-east-1", "AWS_ENDPOINT_URL": url, "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test",
    ]
    client = AWSClient(
      transport, CredentialProvider(variables, transport, SystemClock()) { _ in nil }, try Endpoints(variables),
      Ministack.patient, SystemClock(), SystemEntropy())
  }

  /// However busy the machine is, an attempt is not given up, for a second one may find done what the first has done.
  private static func patient(_ service: AWSService) -> RetryPolicy {
    let usual = RetryPolicy.standard(service)
    return RetryPolicy(
      attemptsMax: usual.attemptsMax, transientBase: usual.transientBase, throttleBase: usual.throttleBase,
      attemptTimeout: .minutes(2))
  }

  /// A task of its own, for it is nobody's alone: all who want it wait for the same start.
  private static let shared = Task { try await start() }

  /// The one of this run; the first who asks starts it.
  static func running() async throws -> Ministack { try await shared.value }

  /// A name that no other test of this run has.
  func unique(_ name: String) -> String {
    let number = counter.withLock { count in
      count += 1
      return count
    }
    return "\(name)-\(number)"
  }

  func createBucket(_ name: String) async throws {
    var request = HTTPClientRequest(url: "\(url)/\(name)")
    request.method = .PUT
    let answer = try await http.execute(request, timeout: .minutes(2))
    try #require(answer.status == .ok)
  }

  // MARK: The process

  private static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent()

  /// A Python that can import ministack: `MINISTACK_PYTHON`, else that of `Scripts/install-infrastructure`.
  private static let python: URL? = {
    let variables = ProcessInfo.processInfo.environment
    if let path = variables["MINISTACK_PYTHON"], !path.isEmpty { return URL(filePath: path) }
    let cache = variables["BELLCRANK_CACHE"].map { URL(filePath: $0) } ?? root.appending(path: ".build/infrastructure")
    let files = FileManager.default
    let folders = files.enumerator(at: cache, includingPropertiesForKeys: nil, options: .skipsSubdirectoryDescendants)
    while let folder = folders?.nextObject() as? URL {
      // The mark is the last thing that the script makes.
      guard files.fileExists(atPath: folder.appending(path: "complete").path) else { continue }
      return folder.appending(path: "bin/python")
    }
    return nil
  }()

  private static func start() async throws -> Ministack {
    let python = try #require(python, absence)
    let (process, input, output) = (Process(), Pipe(), Pipe())
    process.executableURL = python
    process.arguments = [root.appending(path: "infrastructure/tools/local_aws.py").path, "--attached"]
    process.standardInput = input
    process.standardOutput = output
    try process.run()
    let text = try await withCheckedThrowingContinuation { (done: CheckedContinuation<String, any Error>) in
      DispatchQueue.global().async {
        var said = ""
        // The log's name is said last; nothing more is said at the end of the file: it did not start.
        while !said.contains("# log:") {
          let data = output.fileHandleForReading.availableData
          if data.isEmpty { break }
          said += String(decoding: data, as: UTF8.self)
        }
        done.resume(returning: said)
      }
    }
    let prefix = "export AWS_ENDPOINT_URL="
    let line = try #require(text.split(separator: "\n").first { $0.hasPrefix(prefix) }, "ministack did not start")
    return try Ministack(url: String(line.dropFirst(prefix.count)), leash: input)
  }
}
