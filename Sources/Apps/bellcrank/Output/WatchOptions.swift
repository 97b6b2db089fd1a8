import ArgumentParser
import Engine
import Events

/// The option of commands whose answer changes while one looks.
struct WatchOptions: ParsableArguments {
  @Option(help: ArgumentHelp("Look again every so many seconds, until interrupted.", valueName: "seconds"))
  var watch: Int?

  func validate() throws {
    if let watch, !(1...3_600).contains(watch) {
      throw ValidationError("--watch takes 1 to 3600 seconds, not \(watch)")
    }
  }
}

/// A command that looks once, or again and again.
protocol WatchedCommand: SurroundedCommand {
  var watching: WatchOptions { get }

  /// One look; data and talk go to the printer.
  func look(in surroundings: Surroundings) async throws(CommandFailure) -> ExitStatus
}

extension WatchedCommand {
  func perform(in surroundings: Surroundings) async throws(CommandFailure) -> ExitStatus {
    guard let seconds = watching.watch else { return try await look(in: surroundings) }
    while true {
      try surroundings.printer.talk("-- \(surroundings.clock.now())")
      let status = try await look(in: surroundings)
      do { try await surroundings.clock.sleep(for: .seconds(seconds)) } catch { return status }
    }
  }
}
