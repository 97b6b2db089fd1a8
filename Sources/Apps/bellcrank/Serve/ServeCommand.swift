import ClockPorts
import ArgumentParser
import AsyncHTTPClient
import ConfigFiles
import ConfigModel
import CryptoPorts
import Console
import Engine
import Events
import Foundation
import HTTPServer
import LocalObjects
import Logging
import Operations
import Rules
import SQLiteStore
import Schedules
import ServiceLifecycle
import SourceClients
import Webhooks
import SystemPorts
import UnixSignals

/// Where an environment's configuration comes from.
struct ConfigOptions: ParsableArguments {
  @Option(name: .long, help: "The environment: dev, staging or prod (default: $BELLCRANK_ENV, else dev).")
  var env: String?

  @Option(name: .long, help: "The configuration file (default: $BELLCRANK_CONFIG, else Config/ENV.yaml).")
  var config: String?

  @Option(
    name: .customLong("set"), parsing: .singleValue,
    help: "Overrides a setting; may be repeated. See Docs/Configuration.md.")
  var assignments: [String] = []

  /// Reads the file with `$BELLCRANK_*` and the flags laid over it.
  func read(_ variables: [String: String], more: [String: String] = [:]) throws -> EnvironmentConfig {
    let environment = env ?? variables["BELLCRANK_ENV"] ?? "dev"
    let path = config ?? variables["BELLCRANK_CONFIG"] ?? "Config/\(environment).yaml"
    var flags = more
    for assignment in assignments {
      let sides = assignment.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
      guard sides.count == 2 else { throw ValidationError("--set takes PATH=VALUE, not \(assignment)") }
      flags[sides[0]] = sides[1]
    }
    return try ConfigFile.read(path: path, ConfigOverrides(variables: variables, flags: flags))
  }
}

/// `bellcrank serve`: one environment, one data directory, in the foreground.
struct ServeCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "serve",
    abstract:
      "Serves an environment in the foreground: schedules, rules, queues, objects, AWS's protocols, the console.",
    discussion: Help.text(
      """
      Everything it knows lies in the data directory; kill it and start it again, and it
      goes on where it was. SIGINT and SIGTERM stop it after what it has begun. The banner
      goes to stdout, the log to stderr, one JSON object a line. On any other address
      than loopback it needs credentials: bellcrank credentials add.

      With --clock virtual time stands until bellcrank clock lets it pass, for trying a
      month in seconds. A directory keeps the clock that it began with, and where a
      virtual one stands; the other one is refused: CLOCK_IS_REAL, CLOCK_IS_VIRTUAL.
      """,
      examples: [
        "bellcrank serve", "bellcrank serve --env prod --data /var/lib/bellcrank --port 4600",
        "bellcrank serve --set sources.yahoo_finance.base_url=http://127.0.0.1:4580",
        "bellcrank serve --clock virtual --at 2026-11-01 --data month",
      ],
      exits: [
        .done: "stopped by a signal", .refused: "the data directory lives by the other clock",
        .unavailable: "the port or the data directory cannot be had",
        .invalidInput: "the configuration is wrong",
      ]))

  @OptionGroup var options: ConfigOptions

  @Option(name: .long, help: "The data directory (default: $BELLCRANK_DATA, else ./data).")
  var data: String?

  @Option(name: .long, help: "The port; 0 takes any free one (default: server.port of the configuration).")
  var port: Int?

  @Option(
    name: .long, help: "Where changes of alarms are posted, signed with $BELLCRANK_WEBHOOK_SECRET; may be repeated.")
  var webhook: [String] = []

  @Option(name: .long, help: "real, or virtual: time stands until bellcrank clock lets it pass.")
  var clock = ClockMark.Mode.real

  @Option(
    name: .long,
    help: ArgumentHelp("Where a virtual clock begins in a new directory (default: now).", valueName: "time"))
  var at: Timestamp?

  @Option(name: .long, help: "trace, debug, info, notice, warning, error or critical.")
  var logLevel: Logger.Level = .info

  func validate() throws {
    guard at == nil || clock == .virtual else { throw ValidationError("--at is for --clock virtual") }
    if let at, !(.epoch..<ClockMark.last).contains(at) {
      throw ValidationError("--at is from \(Timestamp.epoch) to \(ClockMark.last)")
    }
  }

  func run() async throws {
    let surroundings = Surroundings.process
    do {
      try await serve(surroundings)
    } catch let error as ConfigError {
      try surroundings.printer.talk("bellcrank: \(error.description)")
      throw ExitCode(ExitStatus.invalidInput.rawValue)
    } catch let error as CommandFailure {
      try surroundings.printer.talk("bellcrank: \(error.message)")
      throw ExitCode(error.status.rawValue)
    } catch let error as StoreError {
      try surroundings.printer.talk("bellcrank: \(error.reason)")
      throw ExitCode(ExitStatus.unavailable.rawValue)
    } catch let error as HTTPListenerError {
      try surroundings.printer.talk("bellcrank: \(error.description)")
      throw ExitCode(ExitStatus.unavailable.rawValue)
    }
  }

  /// A secret has no place in a file or on a command line, so it is a variable's.
  private func webhooks(_ variables: [String: String]) throws -> [WebhookSettings] {
    guard !webhook.isEmpty else { return [] }
    guard let secret = variables["BELLCRANK_WEBHOOK_SECRET"], !secret.isEmpty else {
      throw CommandFailure(
        .invalidInput, "--webhook needs the secret that messages are signed with in $BELLCRANK_WEBHOOK_SECRET")
    }
    return webhook.map { WebhookSettings(url: $0, secret: secret) }
  }

  private func serve(_ surroundings: Surroundings) async throws {
    let config = try options.read(surroundings.variables)
    let directory = data ?? surroundings.variables["BELLCRANK_DATA"] ?? "data"
    let credentials = CredentialFile(directory: directory)
    let isLoopback = ["localhost", "::1"].contains(config.server.host) || config.server.host.hasPrefix("127.")
    let needsCredentials = try !credentials.credentials().isEmpty
    guard isLoopback || needsCredentials else {
      throw CommandFailure(
        .invalidInput,
        "\(config.server.host) is more than this machine, and nobody would have to sign: add a credential first: "
          + "bellcrank credentials add --user NAME --data \(directory)")
    }
    let lock = try DirectoryLock(directory)
    let level = logLevel
    let settings = config.settings
    let store = try SQLiteStore(path: "\(directory)/bellcrank.db", settings)
    let time = try await ServedClock(clock, store, surroundings.clock, at: at, directory: directory)
    let logger = Logger(label: "bellcrank") { _ in JSONLinesLog(clock: time.clock, logLevel: level) }
    let blobs = try BlobFolder("\(directory)/objects")
    let client = HTTPClient(eventLoopGroupProvider: .singleton)
    let recorder = Recorder(time.clock, LoggerSink(logger: logger), environment: settings.environment)
    let permissions = try await Permissions(store, time.clock, names: settings.names)
    let ports = Ports(
      clock: time.clock, entropy: SystemEntropy(), digests: CryptoDigests(), log: recorder,
      observer: recorder, authority: permissions, zones: surroundings.zones, store: store, blobs: blobs,
      sources: time.held(SourceSet.make(settings, client)))
    let runtime = try await Runtime(settings, ports, deliveryWidth: time.deliveryWidth)
    let room = try await ControlRoom(
      runtime, recorder, store, AsyncHTTPWebhook(client: client), HMACSigner(), permissions,
      HostMachine(directory: directory), time.timekeeper,
      webhooks: try webhooks(surroundings.variables))
    let zone = try surroundings.zones.load("Asia/Seoul")
    let host = config.server.host
    let wanted = port ?? config.server.port
    let pages = try ConsolePages(
      zone: zone, endpoint: "http://\(host):\(wanted)", environment: settings.environment)
    let session = ConsoleSession(ports.entropy, HMACSigner(), ports.digests)
    let gatekeeper = Gatekeeper(
      credentials, HMACSigner(), ports.digests, permissions, ports.clock, signingClock: surroundings.clock, ports.log,
      isClosed: !isLoopback)
    let listener = HTTPListener(
      host: host, port: wanted, limits: .standard, responder: ServerResponder(room, pages, gatekeeper, session),
      logger: logger
    ) { bound in
      let banner = Banner(
        runtime, zone, host: host, port: bound, data: directory, needsCredentials: needsCredentials,
        token: session.token, time: time.timekeeper?.reading)
      do {
        try surroundings.printer.line(banner.text)
      } catch {
        logger.error("the banner cannot be written: \(error)")
      }
    }
    try await ServeCommand.run(room, listener, logger)
    try await client.shutdown()
    try store.close()
    withExtendedLifetime(lock) {}
  }
}

extension ServeCommand {
  /// Serves until a signal. Where time is virtual, the control room does what the loops do otherwise.
  private static func run(_ room: ControlRoom, _ listener: some Service, _ logger: Logger) async throws {
    // Stopped in reverse: the control room stores last what the others noted.
    var services = [ServiceGroupConfiguration.ServiceConfiguration(service: ControlRoomService(room: room))]
    if room.timekeeper == nil { services.append(.init(service: LoopsService(runtime: room.runtime))) }
    services.append(.init(service: listener, successTerminationBehavior: .gracefullyShutdownGroup))
    let group = ServiceGroup(
      configuration: .init(services: services, gracefulShutdownSignals: [.sigterm, .sigint], logger: logger))
    try await group.run()
  }
}

/// The control room as a service.
private struct ControlRoomService: Service {
  let room: ControlRoom

  func run() async throws {
    await cancelWhenGracefulShutdown { await room.run() }
  }
}

/// The engine's loops as a service: told to stop, they finish what they have begun.
private struct LoopsService: Service {
  let runtime: Runtime

  func run() async throws {
    await cancelWhenGracefulShutdown { await runtime.run() }
  }
}

/// The clients of the configured data sources.
enum SourceSet {
  static func make(_ settings: Settings, _ client: HTTPClient) -> [String: any Source] {
    settings.sources.mapValues { source in
      YahooFinanceClient(
        transport: AsyncHTTPTransport(client: client), baseURL: source.baseURL,
        userAgent: "bellcrank/\(Bellcrank.version)")
    }
  }
}

extension Ports {
  /// The ports of a runtime whose durable ones are all played by one store.
  init(
    clock: any WallClock, entropy: any Entropy, digests: any Digests, log: any LogSink, observer: any Observer,
    authority: any Authority = OpenAuthority(), zones: any Zones, store: any Store, blobs: any Blobs,
    sources: [String: any Source]
  ) {
    self.init(
      clock: clock, entropy: entropy, digests: digests, log: log, observer: observer, authority: authority,
      rules: store, events: store, slots: store, schedules: store, zones: zones,
      deliveries: store, desk: store, queues: store, runs: store,
      budget: store, universe: store, index: store,
      ledger: store, chain: store, housekeeping: store, history: store, blobs: blobs, sources: sources)
  }
}
