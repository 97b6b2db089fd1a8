// swift-tools-version: 6.2
import PackageDescription

/// Every module is watched: libFuzzer by its branches, the address sanitizer by its memory.
let watched: [SwiftSetting] = [
  .unsafeFlags(["-sanitize=fuzzer,address"]),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("MemberImportVisibility"),
]

/// The modules of the repository that are fuzzed; links in `Sources` lead to them.
func ours(_ name: String, uses: [Target.Dependency] = []) -> Target {
  .target(name: name, dependencies: uses, swiftSettings: watched)
}

/// Makes up patterns and events that nobody would write. See `run`.
let package = Package(
  name: "fuzz",
  platforms: [.macOS(.v15)],
  targets: [
    ours("Events"),
    ours("Patterns", uses: ["Events"]),
    .systemLibrary(name: "CBlocks"),
    ours("Matchers", uses: ["Events", "Patterns", "CBlocks"]),
    .target(name: "Driver"),
    .executableTarget(
      name: "Fuzz", dependencies: ["Driver", "Events", "Patterns", "Matchers"],
      swiftSettings: watched + [.unsafeFlags(["-parse-as-library"])],
      linkerSettings: [.unsafeFlags(["-sanitize=fuzzer,address"])]),
  ]
)
