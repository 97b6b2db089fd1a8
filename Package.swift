// swift-tools-version: 6.2
import PackageDescription

let strict: [SwiftSetting] = [
  .treatAllWarnings(as: .error),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("MemberImportVisibility"),
]

/// A module of ours: its folder says its tier, `uses` says which modules below it may be imported.
func module(_ folder: String, uses: [Target.Dependency] = []) -> Target {
  let name = String(folder.split(separator: "/").last ?? "")
  return .target(name: name, dependencies: uses, path: "Sources/\(folder)", swiftSettings: strict)
}

/// A test target; `covers` are the modules it looks at.
func tests(_ name: String, covers: [Target.Dependency], exclude: [String] = []) -> Target {
  .testTarget(
    name: "\(name)Tests", dependencies: covers, path: "Tests/\(name)", exclude: exclude,
    swiftSettings: strict)
}

let argumentParser = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")
let asyncHTTPClient = Target.Dependency.product(name: "AsyncHTTPClient", package: "async-http-client")
let crypto = Target.Dependency.product(name: "Crypto", package: "swift-crypto")
let grdb = Target.Dependency.product(name: "GRDB", package: "GRDB.swift")
let sqlite = Target.Dependency.product(name: "GRDBSQLite", package: "GRDB.swift")
let httpTypes = Target.Dependency.product(name: "HTTPTypes", package: "swift-http-types")
let hummingbird = Target.Dependency.product(name: "HummingbirdCore", package: "hummingbird")
let lifecycle = Target.Dependency.product(name: "ServiceLifecycle", package: "swift-service-lifecycle")
let logging = Target.Dependency.product(name: "Logging", package: "swift-log")
let mustache = Target.Dependency.product(name: "Mustache", package: "swift-mustache")
let nioCore = Target.Dependency.product(name: "NIOCore", package: "swift-nio")
let nioEmbedded = Target.Dependency.product(name: "NIOEmbedded", package: "swift-nio")
let nioHTTP1 = Target.Dependency.product(name: "NIOHTTP1", package: "swift-nio")
let nioHTTPTypes = Target.Dependency.product(name: "NIOHTTPTypes", package: "swift-nio-extras")
let nioPosix = Target.Dependency.product(name: "NIOPosix", package: "swift-nio")
let unixSignals = Target.Dependency.product(name: "UnixSignals", package: "swift-service-lifecycle")
let yams = Target.Dependency.product(name: "Yams", package: "Yams")

let domain: [Target.Dependency] = [
  "Events", "Patterns", "Matchers", "Schedules", "Timers", "Rules", "Deliveries", "Ingestion", "Extraction",
  "Telemetry",
]
/// What operators see and define: the domain of `Operations`.
let monitoring: [Target.Dependency] = ["Measures", "Alarms", "Logs", "Policies"]

let package = Package(
  name: "bellcrank",
  platforms: [.macOS(.v15)],
  products: [
    .executable(name: "bellcrank", targets: ["bellcrank"]), .executable(name: "bootstrap", targets: ["bootstrap"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
    .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0"),
    .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
    .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
    .package(url: "https://github.com/apple/swift-nio-extras", from: "1.35.2"),
    .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
    .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1", traits: []),
    .package(url: "https://github.com/hummingbird-project/swift-mustache", from: "2.1.1"),
    .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
    .package(url: "https://github.com/swift-server/async-http-client", from: "1.37.0"),
    .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
  ],
  targets: [
    // Domain: values and decisions.
    module("Domain/Events"),
    module("Domain/Patterns", uses: ["Events"]),
    .systemLibrary(name: "CBlocks", path: "Libraries/CBlocks"),
    module("Domain/Matchers", uses: ["Events", "Patterns", "CBlocks"]),
    module("Domain/Schedules", uses: ["Events"]),
    module("Domain/Timers"),
    module("Domain/Rules", uses: ["Events", "Patterns", "Matchers", "Schedules", "Deliveries"]),
    module("Domain/Deliveries", uses: ["Events"]),
    module("Domain/Ingestion", uses: ["Events"]),
    module("Domain/Extraction", uses: ["Events"]),
    module("Domain/Telemetry", uses: ["Events"]),
    module("Domain/Measures", uses: ["Events", "Telemetry"]),
    module("Domain/Alarms", uses: ["Events", "Measures"]),
    module("Domain/Logs", uses: ["Events"]),
    module("Domain/Policies", uses: ["Events"]),
    module("Domain/Templates", uses: ["Events", "Patterns", "Schedules", "Rules", "Deliveries", "Policies"]),
    // Engine: ports and loops.
    module("Engine", uses: domain),
    // Operations: what an operator sees and does, beside the engine.
    module("Operations", uses: domain + monitoring + ["Templates", "Engine"]),
    // Adapters: the ports, embedded.
    module("Adapters/SQLiteStore", uses: domain + monitoring + ["Engine", "Operations", grdb, sqlite, crypto]),
    module("Adapters/LocalObjects", uses: ["Events", "Engine"]),
    module(
      "Adapters/SourceClients",
      uses: ["Events", "Extraction", "Engine", asyncHTTPClient, nioCore, nioHTTP1]),
    module("Adapters/Webhooks", uses: ["Operations", asyncHTTPClient, nioCore, nioHTTP1]),
    module("Adapters/CryptoPorts", uses: ["Engine", crypto]),
    module("Adapters/SystemPorts", uses: ["Events", "Schedules", "Engine", "Operations", "CryptoPorts"]),
    module("Adapters/ConfigModel", uses: ["Events", "Schedules", "Ingestion", "Engine"]),
    module("Adapters/ConfigFiles", uses: ["Events", "ConfigModel", yams]),
    // Adapters: the ports on AWS, and the machine of a Lambda function.
    module(
      "Adapters/AWSPorts",
      uses: ["Events", "Extraction", "Ingestion", "Schedules", "Telemetry", "Measures", "Engine"]),
    module(
      "Adapters/AWSClients",
      uses: ["Events", "Engine", "AWSPorts", "AWSWire", "CryptoPorts", asyncHTTPClient, nioCore, nioHTTP1, nioPosix]),
    module("Adapters/ClockPorts", uses: ["Events", "Engine"]),
    module("Adapters/LambdaPorts", uses: ["Events", "Engine"]),
    // Edges: the wires.
    .systemLibrary(name: "CZlib", path: "Libraries/CZlib", providers: [.apt(["zlib1g-dev"])]),
    module("Edges/AWSWire", uses: ["Events"]),
    module(
      "Edges/HTTPServer",
      uses: domain + monitoring + [
        "Templates", "Engine", "Operations", "AWSWire", "Console", "CZlib", "ReplaySource", hummingbird, httpTypes,
        nioCore,
        nioHTTPTypes, nioPosix, logging, lifecycle, crypto,
      ]),
    module("Edges/LambdaRuntime", uses: ["Events", "Engine", asyncHTTPClient, nioCore, nioHTTP1, nioPosix]),
    module("Edges/ReplaySource", uses: ["Events"]),
    module("Edges/Console", uses: ["Events", "Schedules", "Telemetry", "Engine", mustache]),
    // Apps.
    .executableTarget(
      name: "bellcrank",
      dependencies: domain + monitoring + [
        "Templates", "Engine", "Operations", "SQLiteStore", "LocalObjects", "SourceClients", "Webhooks", "SystemPorts",
        "CryptoPorts", "ClockPorts", "ConfigModel", "ConfigFiles", "AWSWire",
        "HTTPServer", "Console", "ReplaySource", "Simulation", argumentParser, asyncHTTPClient, nioCore, nioPosix,
        nioHTTP1, logging, lifecycle, unixSignals,
      ],
      path: "Sources/Apps/bellcrank", swiftSettings: strict),
    .executableTarget(
      name: "bootstrap",
      dependencies: [
        "Events", "Ingestion", "Engine", "ConfigModel", "AWSPorts", "AWSClients", "CryptoPorts", "ClockPorts",
        "LambdaPorts", "LambdaRuntime", "SourceClients", asyncHTTPClient, nioPosix,
      ],
      path: "Sources/Apps/bootstrap", swiftSettings: strict),
    // The seeded world, and the model of AWS.
    module("Simulation", uses: domain + ["Engine"]),
    module("AWSModel", uses: ["Events", "Engine", "AWSPorts"]),
    // Tests.
    tests("Patterns", covers: ["Events", "Patterns", "Matchers"]),
    tests("Matchers", covers: ["Events", "Patterns", "Matchers"]),
    tests("Schedules", covers: ["Events", "Schedules"]),
    tests("Timers", covers: ["Events", "Timers"]),
    tests(
      "SystemPorts",
      covers: ["Events", "Schedules", "Engine", "Operations", "AWSWire", "SystemPorts", "CryptoPorts"]),
    tests("AWSWire", covers: ["AWSWire", "Events"]),
    tests(
      "HTTPServer",
      covers: [
        "HTTPServer", "Events", "Patterns", "Rules", "Engine", httpTypes, nioCore, nioEmbedded, nioHTTPTypes, nioPosix,
        logging, lifecycle,
      ]),
    tests("ConfigFiles", covers: ["ConfigFiles", "ConfigModel", "Events", "Schedules", "Ingestion", "Engine"]),
    tests("Ingestion", covers: ["Events", "Ingestion"]),
    tests("Rules", covers: ["Events", "Patterns", "Matchers", "Schedules", "Deliveries", "Rules"]),
    tests("Extraction", covers: ["Events", "Extraction"]),
    tests("Deliveries", covers: ["Events", "Deliveries"]),
    tests("Telemetry", covers: ["Events", "Telemetry"]),
    tests("Measures", covers: ["Events", "Telemetry", "Measures"]),
    tests("Alarms", covers: ["Events", "Measures", "Alarms"]),
    tests("Logs", covers: ["Events", "Logs"]),
    tests("Policies", covers: ["Events", "Policies"]),
    tests("Templates", covers: domain + ["Templates", "Engine", "ConfigFiles", "ConfigModel"]),
    tests("Engine", covers: domain + ["Engine", "SQLiteStore", "Simulation", "SystemPorts", "CryptoPorts"]),
    tests(
      "PortContracts",
      covers: domain + monitoring + [
        "Engine", "Operations", "SQLiteStore", "LocalObjects", "Simulation", "AWSModel", "AWSPorts", "AWSClients",
        "CryptoPorts", "ClockPorts", asyncHTTPClient, nioCore, nioHTTP1, grdb,
      ]),
    tests("Console", covers: domain + ["Console", "Engine"]),
    tests(
      "CLI",
      covers: domain + ["bellcrank", "Engine", "Operations", "AWSWire", "HTTPServer", "SystemPorts", argumentParser]),
    tests(
      "Operations",
      covers: domain + monitoring + [
        "Templates", "Engine", "Operations", "SQLiteStore", "Simulation", "SystemPorts", "CryptoPorts", "Console",
        "HTTPServer", "AWSWire",
      ]),
    tests(
      "EndToEnd", covers: ["bellcrank", "bootstrap"],
      exclude: [
        "browser", "chain", "chain.py", "chaos", "clock.py", "console.py", "harness", "sections", "kill9.py",
        "specification.py",
      ]),
    tests("Tidy", covers: []),
    tests(
      "AWSClients",
      covers: [
        "Events", "Engine", "AWSPorts", "AWSClients", "AWSWire", "CryptoPorts", asyncHTTPClient, nioCore, nioHTTP1,
        nioPosix,
      ]),
    tests("LambdaPorts", covers: ["Events", "Engine", "ClockPorts", "LambdaPorts"]),
    tests(
      "LambdaRuntime", covers: ["Events", "Engine", "LambdaRuntime", asyncHTTPClient, nioCore, nioHTTP1, nioPosix]),
    tests(
      "AWSPorts",
      covers: domain + ["Measures", "Engine", "AWSPorts", "AWSModel", "CryptoPorts", "Simulation"]),
    tests("AWSModel", covers: ["Events", "Engine", "AWSPorts", "AWSModel", "CryptoPorts", "Simulation"]),
    tests("ReplaySource", covers: ["Events", "ReplaySource"]),
    tests("SourceClients", covers: ["Events", "Extraction", "SourceClients", "ReplaySource"]),
    tests(
      "Simulations",
      covers: domain + [
        "Engine", "Simulation", "SQLiteStore", "SystemPorts", "CryptoPorts", "AWSModel", "AWSPorts",
      ]),
  ]
)
