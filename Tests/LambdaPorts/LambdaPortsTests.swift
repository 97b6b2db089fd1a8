import ClockPorts
import Engine
import Events
import Foundation
import LambdaPorts
import Synchronization
import Testing

@Suite struct LambdaPortsTests {
  private struct StoppedClock: WallClock {
    func now() -> Timestamp { Timestamp(milliseconds: 1_757_455_200_001) }
    func sleep(for span: Span) async throws(CancellationError) {}
  }

  private func lines(_ threshold: LogLine.Level = .info, _ write: (StandardOutputLog) throws -> Void) throws -> [String]
  {
    let pipe = Pipe()
    let descriptor = pipe.fileHandleForWriting.fileDescriptor
    try write(StandardOutputLog(StoppedClock(), threshold: threshold, descriptor: descriptor))
    try pipe.fileHandleForWriting.close()
    let text = String(decoding: try pipe.fileHandleForReading.readToEnd() ?? Data(), as: UTF8.self)
    return text.split(separator: "\n").map(String.init)
  }

  @Test func `a line of the log is an object with its time, its level, its words and its invocation`() throws {
    let lines = try lines { log in
      log.write(LogLine(.info, "begun", ["run": "r-1", "correlation_id": "c", "level": "theirs"]))
      LogOrigin.$current.withValue(LogOrigin(function: "worker", requestID: "q")) {
        log.write(LogLine(.warning, "two\nlines"))
      }
      log.write(LogLine(.debug, "not told"))
      log.writeRaw(["_aws": ["Timestamp": 1]])
    }
    #expect(
      lines == [
        #"{"timestamp":"2025-09-09T22:00:00.001Z","level":"INFO","message":"begun","correlation_id":"c","run":"r-1"}"#,
        #"{"timestamp":"2025-09-09T22:00:00.001Z","level":"WARN","message":"two\nlines","requestId":"q","#
          + #""function":"worker"}"#,
        #"{"_aws":{"Timestamp":1}}"#,
      ])
  }

  @Test func `the threshold decides what is written`() throws {
    for (threshold, count) in [(LogLine.Level.debug, 4), (.info, 3), (.warning, 2), (.error, 1)] {
      let lines = try lines(threshold) { log in
        for level in [LogLine.Level.debug, .info, .warning, .error] { log.write(LogLine(level, "m")) }
      }
      #expect(lines.count == count)
    }
  }

  @Test func `the variables of the process are read as they are`() {
    ProcessVariables.set("BELLCRANK_TEST_VARIABLE", "a=b ü")
    #expect(ProcessVariables.all()["BELLCRANK_TEST_VARIABLE"] == "a=b ü")
    #expect(ProcessVariables.all()["PATH"] == ProcessInfo.processInfo.environment["PATH"])
  }

  @Test func `the clock shows the machine's time`() {
    let (before, now, after) = (Date(), SystemClock().now(), Date())
    #expect(now.milliseconds >= Int64(before.timeIntervalSince1970 * 1_000) - 1)
    #expect(now.milliseconds <= Int64(after.timeIntervalSince1970 * 1_000) + 1)
  }

  @Test func `dice differ from roll to roll`() {
    #expect(Set((0..<100).map { _ in SystemEntropy().word() }).count == 100)
  }

  @Test func `a small file is read whole, and what is none is nil`() throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { _ = Result { try FileManager.default.removeItem(at: folder) } }
    for count in [0, 1, SmallFile.bytesMax, SmallFile.bytesMax + 1] {
      let file = folder.appending(path: "f\(count)")
      let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0) }
      try Data(bytes).write(to: file)
      #expect(SmallFile.bytes(of: file.path()) == (count > SmallFile.bytesMax ? nil : bytes))
    }
    #expect(SmallFile.bytes(of: folder.path() + "none") == nil)
    #expect(SmallFile.bytes(of: folder.path()) == nil)
  }

  @Test func `a signal to end is heard instead of died of`() async throws {
    let (stream, continuation) = AsyncStream<Void>.makeStream()
    let signal = TerminationSignal { continuation.yield() }
    kill(getpid(), SIGTERM)
    for await _ in stream { break }
    withExtendedLifetime(signal) {}
  }
}
