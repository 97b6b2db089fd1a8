import ArgumentParser
import Events
import HTTPServer
import Logging
import ReplaySource
import ServiceLifecycle
import UnixSignals

/// `bellcrank source replay`: the bundled prices on a socket, for work without a network.
struct SourceReplayCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "replay",
    abstract: "Serves the bundled daily prices in the shape of the real source's answers, for work without a network.",
    discussion: Help.text(
      """
      Symbols: \(ReplayMarket.symbols.joined(separator: " ")).
      FAIL429, FAIL500, SLOW and GARBLED answer as a source in trouble does.
      """,
      examples: [
        "bellcrank source replay --port 4580",
        "bellcrank serve --set sources.yahoo_finance.base_url=http://127.0.0.1:4580",
      ],
      exits: [.done: "stopped by a signal", .unavailable: "the port cannot be had"]))

  @Option(name: .long, help: "The port on 127.0.0.1; 0 takes any free one.")
  var port = 4_580

  func run() async throws {
    let surroundings = Surroundings.process
    let logger = Logger(label: "bellcrank.replay") { _ in
      JSONLinesLog(clock: surroundings.clock, logLevel: .warning)
    }
    let listener = HTTPListener(
      host: HTTPListener.loopback, port: port, limits: .standard,
      responder: ReplayResponder(ReplayMarket(), surroundings.clock), logger: logger
    ) { bound in
      do {
        try surroundings.printer.line("replaying prices at http://\(HTTPListener.loopback):\(bound)")
      } catch {
        logger.error("the address cannot be written: \(error)")
      }
    }
    let group = ServiceGroup(
      configuration: .init(
        services: [.init(service: listener)], gracefulShutdownSignals: [.sigterm, .sigint], logger: logger))
    do {
      try await group.run()
    } catch let error as HTTPListenerError {
      try surroundings.printer.talk("bellcrank: \(error.description)")
      throw ExitCode(ExitStatus.unavailable.rawValue)
    }
  }
}
