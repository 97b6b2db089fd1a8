import ArgumentParser
import Engine
import SystemPorts

/// Everything outside the process that a command may touch; tests hand in their own.
struct Surroundings: Sendable {
  let clock: any WallClock
  let zones: ZoneFiles
  /// The environment's variables.
  let variables: [String: String]
  let client: any ServerClient
  let printer: any Printer
}

/// A command that does its work in the surroundings it is handed.
protocol SurroundedCommand: AsyncParsableCommand {
  /// Does the work; data and talk go to the printer.
  func perform(in surroundings: Surroundings) async throws(CommandFailure) -> ExitStatus
}

extension SurroundedCommand {
  /// Performs in the real surroundings, says why it failed, and ends with the status as the exit code.
  func run() async throws {
    let surroundings = Surroundings.process
    let status: ExitStatus
    do throws(CommandFailure) {
      status = try await perform(in: surroundings)
    } catch {
      try surroundings.printer.talk("bellcrank: \(error.message)")
      throw ExitCode(error.status.rawValue)
    }
    if status != .done { throw ExitCode(status.rawValue) }
  }
}
