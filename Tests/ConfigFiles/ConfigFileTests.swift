import ConfigFiles
import ConfigModel
import Engine
import Events
import Foundation
import Ingestion
import Schedules
import Testing

@Suite struct ConfigFileTests {
  /// §1: the expression and the symbols of each environment.
  static let shipped: [(name: String, schedule: String, symbols: [String])] = [
    ("dev", "cron(0 22 * * ? *)", ["AAPL", "MSFT", "GOOGL"]),
    ("staging", "cron(0 21 * * ? *)", ["AAPL", "MSFT", "GOOGL"]),
    ("prod", "cron(0 20 * * ? *)", []),
  ]

  private static func read(_ name: String) throws -> EnvironmentConfig {
    try ConfigFile.read(path: Vectors.root.appending(path: "Config/\(name).yaml").path, .none)
  }

  @Test(arguments: shipped)
  func `the shipped files say what the specification says`(
    _ row: (name: String, schedule: String, symbols: [String])
  ) throws {
    let config = try ConfigFileTests.read(row.name)
    let settings = config.settings
    #expect(settings.environment == row.name)
    #expect(settings.schedule == (try ScheduleExpression(row.schedule, dialect: .rules)))
    #expect(
      settings.defaults
        == IngestionDefaults(
          environment: row.name, dataSource: "yahoo_finance", dataType: "prices", domain: "market",
          tableName: "prices", symbols: row.symbols, period: "1mo", interval: "1d", fileFormat: "json"))
    #expect(settings.names == ResourceNames(account: "123456789012", region: "us-east-1"))
    #expect(settings.limits == Admission.Limits(), "D9, D11, D12, D14")
    #expect(settings.misfire == .standard, "D23")
    #expect(settings.catalog.dataSources == ["yahoo_finance": .init(chunkSizeMax: 5)], "D12")
    #expect(settings.catalog.tables == [.init(domain: "market", name: "prices")])
    #expect(
      settings.sources == [
        "yahoo_finance": .init(
          baseURL: "https://query1.finance.yahoo.com", requestsPerMinute: 100, timeoutSeconds: 10)
      ], "D12")
    #expect(settings.chunks == .init(size: 5, sendBatchSize: 10, workerTimeoutSeconds: 300), "D12, D17")
    #expect(settings.transform == .init(prefix: "market/prices/", suffix: ".json"), "D30")
    #expect((config.server.host, config.server.port) == ("127.0.0.1", 4566))
    #expect(config.values.map(\.path) == (try ConfigFileTests.read("dev")).values.map(\.path))
  }

  @Test func `every value reaches its own setting`() throws {
    let changed = [
      "account_id": "000000000001", "region": "ap-northeast-2", "server.host": "::1", "server.port": "0",
      "schedule.expression": "rate(1 hour)", "schedule.misfire": "all", "schedule.misfire_window_seconds": "11",
      "ingestion.data_type": "a", "ingestion.domain": "b", "ingestion.table_name": "c",
      "ingestion.symbols": "brk-b, ^gspc", "ingestion.period": "5y",
      "ingestion.interval": "1wk", "tables": "b.c,market.prices",
      "sources.yahoo_finance.base_url": "http://[::1]:8080/v8", "sources.yahoo_finance.requests_per_minute": "12",
      "sources.yahoo_finance.timeout_seconds": "13", "sources.yahoo_finance.chunk_size_max": "9", "chunks.size": "8",
      "chunks.send_batch_size": "7", "chunks.worker_timeout_seconds": "14", "transform.prefix": "",
      "transform.suffix": ".x", "workers": "3", "limits.manual_per_hour": "15", "limits.events_per_minute": "16",
      "limits.key_expiry_days": "17", "limits.hops": "18", "limits.reingestions_per_day": "19",
      "limits.breaker_failures": "20", "limits.breaker_window_seconds": "21", "limits.breaker_rest_seconds": "22",
      "retention.days": "23", "retention.ledger_mib": "24",
    ]
    let config = try Base.read(flags: changed)
    let expected = Settings(
      environment: "dev", names: ResourceNames(account: "000000000001", region: "ap-northeast-2"),
      defaults: IngestionDefaults(
        environment: "dev", dataSource: "yahoo_finance", dataType: "a", domain: "b", tableName: "c",
        symbols: ["BRK-B", "^GSPC"], period: "5y", interval: "1wk", fileFormat: "json"),
      catalog: IngestionCatalog(
        dataSources: ["yahoo_finance": .init(chunkSizeMax: 9)],
        tables: [.init(domain: "b", name: "c"), .init(domain: "market", name: "prices")]),
      schedule: try ScheduleExpression("rate(1 hour)", dialect: .rules),
      misfire: MisfirePolicy(kind: .all, window: .seconds(11)),
      limits: Admission.Limits(
        manualMax: 15, eventMax: 16,
        breaker: CircuitBreaker.Settings(failuresMax: 20, window: .seconds(21), rest: .seconds(22)),
        claimLife: .days(17), hopsMax: 18, reingestionsMax: 19),
      chunks: .init(size: 8, sendBatchSize: 7, workerTimeoutSeconds: 14),
      sources: [
        "yahoo_finance": .init(baseURL: "http://[::1]:8080/v8", requestsPerMinute: 12, timeoutSeconds: 13)
      ],
      transform: .init(prefix: "", suffix: ".x"), workers: 3,
      retention: Retention(days: 23, ledgerMiB: 24))
    #expect(config.settings == expected)
    #expect((config.server.host, config.server.port) == ("::1", 0))
    let untouched = Set(config.values.map(\.path)).subtracting(changed.keys)
    #expect(untouched == ["environment", "ingestion.data_source", "ingestion.file_format"])
  }

  @Test func `a flag comes before a variable and a variable before the file`() throws {
    let variable = ["BELLCRANK_LIMITS_HOPS": "5"]
    let flag = ["limits.hops": "6"]
    let variables = try Base.read(variables: variable)
    let flags = try Base.read(variables: variable, flags: flag)
    #expect(try Base.read().settings.limits.hopsMax == 3)
    #expect(variables.settings.limits.hopsMax == 5)
    #expect(flags.settings.limits.hopsMax == 6)
    let path = "limits.hops"
    #expect(variables.values.first { $0.path == path }?.place == .variable(name: "BELLCRANK_LIMITS_HOPS"))
    #expect(flags.values.first { $0.path == path }?.place == .flag(path: path))
    #expect(try Base.read().values.first { $0.path == path }?.place == .line(file: "base.yaml", line: 39, column: 3))
  }

  @Test func `every key but the environment has a variable that sets the same`() throws {
    for entry in try Base.read().values where entry.path != "environment" {
      let name = "BELLCRANK_" + entry.path.uppercased().replacing(".", with: "_")
      let config = try Base.read(variables: [name: entry.text])
      let overridden = try #require(config.values.first { $0.path == entry.path })
      #expect(overridden.text == entry.text)
      #expect(overridden.place == .variable(name: name))
    }
  }

  @Test func `lists in variables are separated by commas`() throws {
    let name = "BELLCRANK_INGESTION_SYMBOLS"
    #expect(try Base.read(variables: [name: " tsla ,BRK-B,TSLA"]).settings.defaults.symbols == ["TSLA", "BRK-B"])
    #expect(try Base.read(variables: [name: ""]).settings.defaults.symbols.isEmpty)
  }

  @Test func `a second source is read, and overridden by its own name`() throws {
    let source = """
        replay_market:
          base_url: http://localhost:1
          requests_per_minute: 5
          timeout_seconds: 1
          chunk_size_max: 5
      """
    let changes = [("sources:", "sources:\n\(source)")]
    let config = try Base.read(
      changes, variables: ["BELLCRANK_SOURCES_REPLAY_MARKET_TIMEOUT_SECONDS": "2"],
      flags: ["ingestion.data_source": "replay_market"])
    #expect(config.settings.sources["replay_market"]?.timeoutSeconds == 2)
    #expect(config.settings.sources["yahoo_finance"]?.timeoutSeconds == 10)
    #expect(config.settings.defaults.dataSource == "replay_market")
  }
}
