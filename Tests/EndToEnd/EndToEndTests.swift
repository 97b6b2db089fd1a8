import Foundation
import Testing

/// The built program as its users meet it: the AWS CLI and boto3 talk to it, and SIGKILL ends it.
///
/// What is checked stands in the scripts beside this file; they can be run by hand as well. The time limit is for what
/// hangs: how fast the machine is, is no matter.
@Suite(.serialized, .timeLimit(.minutes(120)))
struct EndToEndTests {
  @Test func `boto3 and the AWS CLI are here`() async throws {
    let look =
      "import boto3, selenium, shutil, sys; sys.exit(not all(map(shutil.which, ('aws', 'chromium', 'chromedriver'))))"
    let python = try await Script.run(["-c", look])
    #expect(
      python.status == 0,
      "python3 with boto3, selenium, the AWS CLI and Chromium are needed: make clients\n\(python.output)")
  }

  @Test func `the specification's commands, shapes and errors hold`() async throws {
    let script = try await Script.run(Script.named("specification.py"))
    #expect(script.status == 0, "\(script.output)")
  }

  @Test func `every screen of the console holds in a real browser, and every action works`() async throws {
    let script = try await Script.run(Script.named("console.py"))
    #expect(script.status == 0, "\(script.output)")
  }

  @Test func `nothing promised is lost when the server is killed again and again`() async throws {
    let script = try await Script.run(Script.named("kill9.py") + ["--kills", "6"])
    #expect(script.status == 0, "\(script.output)")
  }

  @Test func `a month of three environments plays on virtual clocks, also when they are killed`() async throws {
    let script = try await Script.run(Script.named("clock.py"))
    #expect(script.status == 0, "\(script.output)")
  }

  @Test func `the deployed stack drives the whole chain on a local AWS, within its permissions`() async throws {
    let chain = ["--bootstrap", try Script.bootstrap(), "--bellcrank", try Script.binary().path]
    let script = try await Script.run("chain.py", inInfrastructure: chain)
    #expect(script.status == 0, "\(script.output)")
  }

  @Test func `a loss would be noticed`() async throws {
    let script = try await Script.run(Script.named("kill9.py") + ["--self-test"])
    #expect(script.status == 0, "\(script.output)")
  }
}

/// One script, run to its end.
struct Script {
  let status: Int32
  /// Standard output and standard error, as they came.
  let output: String

  struct Failure: Error, CustomStringConvertible {
    let description: String
  }

  private static let folder = URL(filePath: #filePath).resolvingSymlinksInPath().deletingLastPathComponent()

  /// The arguments that run that script against the built program. It picks free ports and folders for itself.
  static func named(_ name: String) throws -> [String] {
    [folder.appending(path: name).path, "--binary", try binary().path]
  }

  /// The functions' binary: the one that `CHAIN_BOOTSTRAP` names, else this build's.
  static func bootstrap() throws -> String {
    try ProcessInfo.processInfo.environment["CHAIN_BOOTSTRAP"]
      ?? binary().deletingLastPathComponent().appending(path: "bootstrap").path
  }

  /// Runs that script with the Python of `Scripts/install-infrastructure`, which has CDK and a local AWS.
  static func run(_ name: String, inInfrastructure arguments: [String]) async throws -> Script {
    let root = folder.deletingLastPathComponent().deletingLastPathComponent()
    let line = #"exec "$("$0/Scripts/install-infrastructure")/python3" "$@""#
    return try await run(
      "bash", ["-c", line, root.path, folder.appending(path: name).path] + arguments)
  }

  /// Runs python3; cancelled, as by the time limit, it ends the script as well.
  static func run(_ arguments: [String]) async throws -> Script {
    try await run("python3", arguments)
  }

  private static func run(_ program: String, _ arguments: [String]) async throws -> Script {
    let process = Process()
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments = [program] + arguments
    let pipe = Pipe()
    process.standardOutput = pipe
    process.standardError = pipe
    do {
      try process.run()
    } catch {
      throw Failure(description: "python3 with boto3 and the AWS CLI are needed: make clients (\(error))")
    }
    let running = process.processIdentifier
    return try await withTaskCancellationHandler {
      var bytes = Data()
      for try await piece in pieces(of: pipe.fileHandleForReading) { bytes += piece }
      process.waitUntilExit()
      try Task.checkCancellation()
      return Script(status: process.terminationStatus, output: String(decoding: bytes, as: UTF8.self))
    } onCancel: {
      kill(running, SIGINT)
    }
  }

  /// What is written into the pipe until its other end closes.
  private static func pieces(of handle: FileHandle) -> AsyncStream<Data> {
    AsyncStream { stream in
      handle.readabilityHandler = { handle in
        let piece = handle.availableData
        guard !piece.isEmpty else {
          handle.readabilityHandler = nil
          stream.finish()
          return
        }
        stream.yield(piece)
      }
    }
  }

  /// The program beside the test bundle, where SwiftPM puts both; or the one of the last debug build.
  static func binary() throws -> URL {
    let root = folder.deletingLastPathComponent().deletingLastPathComponent()
    let besides = CommandLine.arguments.first.map { URL(filePath: $0).deletingLastPathComponent() }
    let places = [besides, root.appending(path: ".build/debug")].compactMap { $0?.appending(path: "bellcrank") }
    guard let found = places.first(where: { FileManager.default.isExecutableFile(atPath: $0.path) }) else {
      throw Failure(description: "there is no built bellcrank at \(places.map(\.path)): swift build")
    }
    return found
  }
}
