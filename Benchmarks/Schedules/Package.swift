// swift-tools-version: 6.2
import PackageDescription

let strict: [SwiftSetting] = [
  .treatAllWarnings(as: .error),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("MemberImportVisibility"),
]

/// The modules of the repository that are measured; links in `Sources` lead to them.
func ours(_ name: String, uses: [Target.Dependency] = []) -> Target {
  .target(name: name, dependencies: uses, swiftSettings: strict)
}

/// What schedule expressions cost. See `run`.
let package = Package(
  name: "schedules",
  platforms: [.macOS(.v15)],
  targets: [
    ours("Events"),
    ours("Schedules", uses: ["Events"]),
    .executableTarget(name: "Measure", dependencies: ["Events", "Schedules"], swiftSettings: strict),
  ]
)
