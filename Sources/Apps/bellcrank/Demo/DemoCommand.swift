import ConfigFiles
import ConfigModel
import ArgumentParser
import AsyncHTTPClient
import CryptoPorts
import Engine
import Events
import HTTPServer
import Logging
import ReplaySource
import SQLiteStore
import ServiceLifecycle
import Simulation
import SystemPorts

/// `bellcrank demo`: a day in the life of an environment, on virtual time and without a network.
struct DemoCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "demo",
    abstract: "Plays a day of an environment in seconds: real engine, virtual clock, bundled prices, nothing kept.",
    discussion: Help.text(
      """
      The engine, its store and its gates are those of `serve`; only the clock is virtual,
      the store lives in memory, and the prices come from the bundled replay on a loopback
      socket. What is printed was computed.
      """,
      examples: ["bellcrank demo"],
      exits: [.done: "told to the end", .invalidInput: "the configuration is wrong"]))

  @OptionGroup var options: ConfigOptions

  func run() async throws {
    let surroundings = Surroundings.process
    let clock = VirtualClock(DemoStory.opening)
    let logger = Logger(label: "bellcrank.demo") { _ in JSONLinesLog(clock: clock, logLevel: .critical) }
    try await DemoSource.serving(clock, logger) { port in
      let source = "http://\(HTTPListener.loopback):\(port)"
      let config = try options.read(
        surroundings.variables, more: ["sources.yahoo_finance.base_url": source])
      let client = HTTPClient(eventLoopGroupProvider: .singleton)
      let ports = Ports(
        clock: clock, entropy: SeededEntropy(seed: 20_250_909), digests: CryptoDigests(), log: MemoryLog(),
        observer: NoObserver(), zones: surroundings.zones, store: try SQLiteStore(inMemory: config.settings),
        blobs: MemoryBlobs(),
        sources: SourceSet.make(config.settings, client))
      let runtime = try await Runtime(config.settings, ports, deliveryWidth: 1)
      do {
        try await DemoStory(runtime, clock, surroundings.printer).tell()
      } catch {
        try await client.shutdown()
        throw error
      }
      try await client.shutdown()
    }
  }
}

/// The bundled prices on a loopback socket, for as long as the body runs.
private enum DemoSource {
  static func serving(
    _ clock: VirtualClock, _ logger: Logger, _ body: @escaping @Sendable (Int) async throws -> Void
  ) async throws {
    let (ports, bound) = AsyncStream.makeStream(of: Int.self)
    let listener = HTTPListener(
      host: HTTPListener.loopback, port: 0, limits: .standard, responder: ReplayResponder(ReplayMarket(), clock),
      logger: logger
    ) { port in
      bound.yield(port)
      bound.finish()
    }
    let group = ServiceGroup(configuration: .init(services: [.init(service: listener)], logger: logger))
    try await withThrowingTaskGroup(of: Void.self) { tasks in
      tasks.addTask { try await group.run() }
      for await port in ports { try await body(port) }
      await group.triggerGracefulShutdown()
      try await tasks.waitForAll()
    }
  }
}
