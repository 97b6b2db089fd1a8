// swift-tools-version: 6.2
import PackageDescription

let strict: [SwiftSetting] = [
  .treatAllWarnings(as: .error),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("MemberImportVisibility"),
]

/// The modules of the repository that are measured; links in `Sources` lead to them.
func ours(_ name: String, uses: [Target.Dependency] = [], exclude: [String] = []) -> Target {
  .target(name: name, dependencies: uses, exclude: exclude, swiftSettings: strict)
}

let crypto = Target.Dependency.product(name: "Crypto", package: "swift-crypto")
let grdb = Target.Dependency.product(name: "GRDB", package: "GRDB.swift")
let sqlite = Target.Dependency.product(name: "GRDBSQLite", package: "GRDB.swift")

let domain: [Target.Dependency] = [
  "Events", "Patterns", "Matchers", "Schedules", "Timers", "Rules", "Deliveries", "Ingestion", "Extraction",
  "Telemetry",
]
let monitoring: [Target.Dependency] = ["Measures", "Alarms", "Logs", "Policies"]

/// What a million schedules cost: memory, storing, cancelling, lateness, a start. See `run`.
let package = Package(
  name: "scheduler",
  platforms: [.macOS(.v15)],
  dependencies: [
    .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
    .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
  ],
  targets: [
    ours("Events"),
    ours("Patterns", uses: ["Events"]),
    .systemLibrary(name: "CBlocks"),
    ours("Matchers", uses: ["Events", "Patterns", "CBlocks"]),
    ours("Schedules", uses: ["Events"]),
    ours("Timers"),
    ours("Deliveries", uses: ["Events"]),
    ours("Rules", uses: ["Events", "Patterns", "Matchers", "Schedules", "Deliveries"]),
    ours("Ingestion", uses: ["Events"]),
    ours("Extraction", uses: ["Events"]),
    ours("Telemetry", uses: ["Events"]),
    ours("Measures", uses: ["Events", "Telemetry"]),
    ours("Alarms", uses: ["Events", "Measures"]),
    ours("Logs", uses: ["Events"]),
    ours("Policies", uses: ["Events"]),
    ours("Templates", uses: ["Events", "Patterns", "Schedules", "Rules", "Deliveries", "Policies"]),
    ours("Engine", uses: domain),
    ours("Operations", uses: domain + monitoring + ["Templates", "Engine"]),
    ours("SQLiteStore", uses: domain + monitoring + ["Engine", "Operations", grdb, sqlite, crypto]),
    ours("CryptoPorts", uses: ["Engine", crypto]),
    ours("SystemPorts", uses: ["Events", "Schedules", "Engine", "Operations", "CryptoPorts"]),
    ours("ClockPorts", uses: ["Events", "Engine"]),
    .executableTarget(
      name: "Measure", dependencies: domain + ["Engine", "SQLiteStore", "CryptoPorts", "SystemPorts", "ClockPorts"],
      exclude: ["cron20.txt"],
      swiftSettings: strict),
  ]
)
