// swift-tools-version: 6.2
import PackageDescription

// Every arrow points down: see docs/architecture.md. A target declares each import it has, and CI
// builds with `--explicit-target-dependency-import-check error`.

let strict: [SwiftSetting] = [
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("MemberImportVisibility"),
  .treatAllWarnings(as: .error),
]

/// A system library with its Debian package, reached through one module map and one shim header.
func door(_ name: String, pkgConfig: String, apt: String) -> Target {
  .systemLibrary(name: name, pkgConfig: pkgConfig, providers: [.apt([apt])])
}

func module(_ name: String, _ dependencies: Target.Dependency...) -> Target {
  .target(name: name, dependencies: dependencies, swiftSettings: strict)
}

func tests(of name: String, _ dependencies: Target.Dependency...) -> Target {
  .testTarget(
    name: "\(name)Tests", dependencies: [.byName(name: name)] + dependencies, swiftSettings: strict)
}

let package = Package(
  name: "capsem-native",
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.0")
  ],
  targets: [
    // Doors: the only places where a C name is written.
    .target(name: "CLinux", cSettings: [.define("_GNU_SOURCE")]),
    door("CCrypto", pkgConfig: "libcrypto", apt: "libssl-dev"),

    // Base.
    module("Diagnosis"),
    module("Threads"),
    module("FileTree", "CCrypto", "CLinux", "Diagnosis"),

    // Tests, and what several of them share.
    tests(of: "FileTree", "CLinux", "Diagnosis"),
  ],
  cLanguageStandard: .gnu17,
  cxxLanguageStandard: .cxx20
)
