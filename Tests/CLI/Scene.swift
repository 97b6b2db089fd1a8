import ArgumentParser
import Engine
import Events
import Synchronization
import SystemPorts

@testable import bellcrank

/// Surroundings without a network, a clock that moves, or a terminal.
struct Scene {
  static let now = Timestamp(milliseconds: 1_757_455_200_000)

  let printer = RecordedPrinter()
  let client: ScriptedClient
  let variables: [String: String]

  init(_ answers: [ServerAnswer] = [], silence: ServerSilence? = nil, variables: [String: String] = [:]) {
    client = ScriptedClient(answers, silence: silence)
    self.variables = variables
  }

  /// Parses the arguments as the root command does, and performs what they mean.
  func perform(_ arguments: String...) async throws -> ExitStatus {
    try await perform(arguments)
  }

  func perform(_ arguments: [String]) async throws -> ExitStatus {
    let parsed = try Bellcrank.parseAsRoot(arguments)
    guard let command = parsed as? any SurroundedCommand else {
      throw CommandFailure(.usage, "\(type(of: parsed)) is no command of ours")
    }
    return try await command.perform(
      in: Surroundings(
        clock: StoppedClock(), zones: ZoneFiles(), variables: variables, client: client, printer: printer))
  }
}

/// A clock that stands still.
struct StoppedClock: WallClock {
  func now() -> Timestamp { Scene.now }
  func sleep(for span: Span) async throws(CancellationError) {}
}

/// Keeps what was printed.
final class RecordedPrinter: Printer {
  private let printed = Mutex((data: [UInt8](), talk: [String](), progress: [String?]()))

  var text: String { String(decoding: printed.withLock { $0.data }, as: UTF8.self) }
  var lines: [String] { text.split(separator: "\n", omittingEmptySubsequences: false).dropLast().map(String.init) }
  var talk: [String] { printed.withLock { $0.talk } }
  /// What was shown of progress, nil where it was taken away.
  var progress: [String?] { printed.withLock { $0.progress } }

  func data(_ bytes: [UInt8]) throws(CommandFailure) {
    printed.withLock { $0.data += bytes }
  }

  func talk(_ line: String) throws(CommandFailure) {
    printed.withLock { $0.talk.append(line) }
  }

  func progress(_ line: String?) throws(CommandFailure) {
    printed.withLock { $0.progress.append(line) }
  }
}

/// Gives prepared answers in turn and keeps the questions.
final class ScriptedClient: ServerClient {
  private let state: Mutex<(answers: [ServerAnswer], requests: [ServerRequest], endpoints: [String])>
  private let silence: ServerSilence?

  /// - Parameter silence: what comes when the answers are used up; nobody is there if nil.
  init(_ answers: [ServerAnswer], silence: ServerSilence?) {
    state = Mutex((answers, [], []))
    self.silence = silence
  }

  var requests: [ServerRequest] { state.withLock { $0.requests } }
  var endpoints: [String] { state.withLock { $0.endpoints } }

  func send(_ request: ServerRequest, to endpoint: String) async throws(ServerSilence) -> ServerAnswer {
    let answer = state.withLock { state in
      state.requests.append(request)
      state.endpoints.append(endpoint)
      return state.answers.isEmpty ? nil : state.answers.removeFirst()
    }
    guard let answer else { throw silence ?? .nobodyThere }
    return answer
  }
}

extension ServerAnswer {
  static func json(_ json: JSON, status: Int = 200, headers: [ServerRequest.Header] = []) -> ServerAnswer {
    ServerAnswer(status: status, headers: headers, body: json.bytes)
  }
}
