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

/// What matching patterns costs, next to the limits of the machine; and the long comparison with the oracle. See `run`.
let package = Package(
  name: "patterns",
  platforms: [.macOS(.v15)],
  targets: [
    ours("Events"),
    ours("Patterns", uses: ["Events"]),
    .systemLibrary(name: "CBlocks"),
    ours("Matchers", uses: ["Events", "Patterns", "CBlocks"]),
    // simdjson and a sum over bytes: Debian's libsimdjson-dev, here and nowhere else.
    .target(
      name: "Limits", cxxSettings: [.unsafeFlags(["-O3", "-march=native"])],
      linkerSettings: [.linkedLibrary("simdjson")]),
    .executableTarget(
      name: "Measure", dependencies: ["Events", "Patterns", "Matchers", "Limits"], swiftSettings: strict),
    .executableTarget(name: "Compare", dependencies: ["Events", "Patterns", "Matchers"], swiftSettings: strict),
  ],
  cxxLanguageStandard: .cxx17
)
