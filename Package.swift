// swift-tools-version: 6.2
import PackageDescription

// Every arrow points down: see docs/architecture.md. A target declares each import it has, and CI
// builds with `--explicit-target-dependency-import-check error`.

/// `.ci/fuzz` sets it: every module is then instrumented, and the fuzz targets are there.
let fuzzes = Context.environment["CAPSEM_FUZZ"] != nil

let strict: [SwiftSetting] =
  [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .treatAllWarnings(as: .error),
  ] + (fuzzes ? [.unsafeFlags(["-sanitize=fuzzer,address"])] : [])

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
  products: [.executable(name: "capsem-native", targets: ["capsem-native"])],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.0")
  ],
  targets: [
    // Doors: the only places where a C name is written.
    .target(name: "CLinux", cSettings: [.define("_GNU_SOURCE")]),
    .target(name: "CSandbox", cSettings: [.define("_GNU_SOURCE")]),
    .target(name: "CApt", linkerSettings: [.linkedLibrary("apt-pkg")]),
    .target(name: "CExt2fs", linkerSettings: [.linkedLibrary("ext2fs"), .linkedLibrary("com_err")]),
    .target(name: "CToml"),
    .target(name: "CGuest"),
    .target(name: "CRunAgent", exclude: ["agent"]),
    door("CArchive", pkgConfig: "libarchive", apt: "libarchive-dev"),
    door("CCrypto", pkgConfig: "libcrypto", apt: "libssl-dev"),
    door("CCurl", pkgConfig: "libcurl", apt: "libcurl4-openssl-dev"),
    door("CInflate", pkgConfig: "libisal", apt: "libisal-dev"),
    door("CZstd", pkgConfig: "libzstd", apt: "libzstd-dev"),

    // Base.
    module("Diagnosis"),
    module("Threads"),
    module("FileTree", "CCrypto", "CLinux", "Diagnosis"),

    // Libraries: never one from another.
    module("Archive", "CArchive", "CInflate", "Diagnosis", "FileTree"),
    module("Compression", "CLinux", "CZstd", "Diagnosis", "FileTree"),
    module("Ext4", "CExt2fs", "CLinux", "Diagnosis", "FileTree"),
    module("HostTools", "CLinux", "Diagnosis", "FileTree", "Threads"),
    module("Json", "Diagnosis"),
    module("Layers", "CLinux", "Diagnosis", "FileTree"),
    module("Sandbox", "CLinux", "CSandbox", "Diagnosis", "FileTree"),
    module("Solver", "CApt", "Diagnosis", "FileTree"),
    module("Store", "CLinux", "Diagnosis", "FileTree"),
    module("Toml", "CToml", "Diagnosis"),
    module("Transfer", "CCurl", "Diagnosis", "FileTree", "Threads"),

    // Model: the values that stages share, without I/O.
    module("BuildModel", "Diagnosis", "FileTree"),

    // Stages: never one from another.
    module("GuestConfig", "BuildModel", "Diagnosis", "FileTree", "Toml"),
    module("Locking", "BuildModel", "Diagnosis", "FileTree", "Json", "Toml"),
    module(
      "Fetching", "BuildModel", "Diagnosis", "FileTree", "HostTools", "Store", "Threads", "Transfer"),
    module("Staging", "Archive", "BuildModel", "Diagnosis", "FileTree", "Sandbox", "Threads"),
    module("Configuring", "BuildModel", "Diagnosis", "FileTree", "Sandbox", "Threads"),
    module("Compiling", "Archive", "BuildModel", "Diagnosis", "FileTree", "Sandbox"),
    module("Installing", "Archive", "BuildModel", "Diagnosis", "FileTree", "Json", "Sandbox", "Threads"),
    module("Imaging", "Archive", "BuildModel", "Diagnosis", "Ext4", "FileTree"),
    module("Booting", "CLinux", "CRunAgent", "Diagnosis", "FileTree", "HostTools", "Threads"),
    module("Manifests", "Json"),

    // Beside the stages: commands that build nothing.
    module("Auditing", "Diagnosis", "Json"),
    module("Comparing", "FileTree"),
    module("HostChecks", "Diagnosis", "Json"),
    module("Inventory", "FileTree", "Json"),
    module("Ledger", "Diagnosis", "Json"),
    module("Linting", "BuildModel", "Diagnosis", "FileTree", "GuestConfig", "Json"),
    module("Mirroring", "Archive", "BuildModel", "Diagnosis", "FileTree", "Json"),
    module("Scaffolding", "BuildModel", "CGuest", "Diagnosis", "FileTree", "Toml"),
    module("Settings", "BuildModel", "Diagnosis", "Json"),
    module("ToolServer", "Diagnosis", "Json"),

    // The only module that knows the order.
    module(
      "Pipeline", "Archive", "Booting", "BuildModel", "CLinux", "Compiling", "Compression", "Configuring",
      "Diagnosis", "Ext4",
      "Fetching", "FileTree", "GuestConfig", "HostChecks", "HostTools", "Imaging", "Installing", "Json",
      "Layers", "Ledger", "Linting", "Locking", "Manifests", "Mirroring", "Sandbox", "Settings", "Solver",
      "Staging",
      "Store",
      "Threads", "Transfer"),

    // One file a command; the executable is ten lines.
    .target(
      name: "Commands",
      dependencies: [
        "Auditing", "Booting", "BuildModel", "CLinux", "Comparing", "Diagnosis", "Ext4", "FileTree",
        "GuestConfig",
        "HostChecks", "Inventory", "Json", "Ledger", "Linting", "Mirroring", "Pipeline", "Sandbox",
        "Scaffolding",
        "Settings", "Solver", "Store", "Threads", "ToolServer",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ], swiftSettings: strict),
    .executableTarget(
      name: "capsem-native", dependencies: ["Commands", "Pipeline", "Sandbox"],
      swiftSettings: strict),

    // Tests, and what several of them share.
    .target(
      name: "TestSupport",
      dependencies: ["BuildModel", "Diagnosis", "FileTree", "GuestConfig", "HostTools", "Threads"],
      path: "Tests/TestSupport", swiftSettings: strict),
    .executableTarget(
      name: "SolveProbe", dependencies: ["Solver"], path: "Tests/SolveProbe", swiftSettings: strict),
    .executableTarget(
      name: "SandboxProbe", dependencies: ["FileTree", "Sandbox", "TestSupport"], path: "Tests/SandboxProbe",
      swiftSettings: strict),
    tests(of: "Archive", "FileTree", "TestSupport"),
    tests(of: "Auditing", "Diagnosis", "Json"),
    tests(
      of: "Booting", "CLinux", "Diagnosis", "FileTree", "HostTools", "Imaging", "Manifests", "TestSupport",
      "Threads", "capsem-native"),
    tests(of: "BuildModel", "FileTree"),
    tests(of: "Commands", "FileTree", "GuestConfig", "Json", "TestSupport", "Threads", "capsem-native"),
    tests(of: "Comparing", "FileTree"),
    tests(of: "Compiling", "BuildModel"),
    tests(of: "Compression", "Diagnosis"),
    tests(of: "Configuring", "BuildModel", "FileTree", "Sandbox", "TestSupport"),
    .testTarget(
      name: "DifferentialTests",
      dependencies: [
        "BuildModel", "Diagnosis", "FileTree", "GuestConfig", "Locking", "Sandbox", "TestSupport",
        "capsem-native",
      ],
      swiftSettings: strict),
    tests(of: "Ext4", "Diagnosis", "FileTree"),
    tests(
      of: "Fetching", "BuildModel", "Diagnosis", "FileTree", "HostTools", "Store", "TestSupport", "Threads",
      "Transfer"),
    tests(of: "FileTree", "CLinux", "Diagnosis"),
    tests(of: "GuestConfig", "BuildModel", "Diagnosis", "FileTree"),
    tests(of: "HostChecks", "Diagnosis", "Json"),
    tests(of: "HostTools", "Diagnosis", "FileTree", "TestSupport", "Threads"),
    tests(of: "Imaging", "FileTree", "TestSupport"),
    tests(of: "Inventory", "FileTree"),
    tests(of: "Installing", "Archive", "BuildModel", "Diagnosis", "FileTree", "TestSupport"),
    tests(of: "Json", "Diagnosis"),
    tests(of: "Layers", "Diagnosis", "FileTree", "TestSupport"),
    tests(of: "Ledger", "Diagnosis", "TestSupport"),
    tests(of: "Linting", "BuildModel", "Diagnosis", "FileTree", "GuestConfig", "TestSupport"),
    tests(of: "Locking", "BuildModel", "Diagnosis", "FileTree"),
    tests(of: "Manifests"),
    tests(of: "Mirroring", "BuildModel", "Diagnosis", "FileTree", "TestSupport"),
    tests(
      of: "Pipeline", "BuildModel", "Diagnosis", "FileTree", "HostTools", "Json", "Sandbox", "TestSupport",
      "Threads",
      "capsem-native"),
    .testTarget(
      name: "ReproducibilityTests",
      dependencies: ["BuildModel", "FileTree", "Installing", "TestSupport", "capsem-native"],
      swiftSettings: strict),
    tests(of: "Sandbox", "Diagnosis", "FileTree", "SandboxProbe", "TestSupport"),
    tests(
      of: "Scaffolding", "BuildModel", "Diagnosis", "FileTree", "GuestConfig", "Installing", "TestSupport"),
    tests(of: "Settings", "BuildModel", "Diagnosis", "GuestConfig", "Json", "TestSupport"),
    tests(of: "Solver", "FileTree", "SolveProbe", "TestSupport"),
    tests(of: "Staging", "Archive", "BuildModel", "Diagnosis", "FileTree", "TestSupport"),
    tests(of: "Store", "Diagnosis", "FileTree", "TestSupport", "Threads"),
    tests(of: "Toml", "Diagnosis"),
    tests(of: "ToolServer", "Diagnosis", "Json"),
    tests(of: "Transfer", "Diagnosis", "FileTree", "TestSupport", "Threads"),
  ],
  cLanguageStandard: .gnu17,
  cxxLanguageStandard: .cxx20
)

if fuzzes {
  package.targets += [
    .target(name: "CFuzzer", path: "Fuzz/CFuzzer"),
    .executableTarget(
      name: "FuzzConfig",
      dependencies: ["CFuzzer", "Commands", "FileTree", "GuestConfig", "Json", "Linting"],
      path: "Fuzz/Config", exclude: ["dictionary.txt"], swiftSettings: strict,
      // gold fails over AddressSanitizer's symbols. libFuzzer without its `main` comes from .ci/fuzz.
      linkerSettings: [.unsafeFlags(["-sanitize=address", "-use-ld=lld"])]),
  ]
  package.targets.append(
    .executableTarget(
      name: "FuzzParsers",
      dependencies: [
        "Archive", "BuildModel", "CFuzzer", "Ext4", "Fetching", "FileTree", "Installing", "Locking",
        "Staging", "Toml",
      ],
      path: "Fuzz/Parsers", exclude: ["dictionary.txt"], swiftSettings: strict,
      linkerSettings: [.unsafeFlags(["-sanitize=address", "-use-ld=lld"])]))
  for target in package.targets where ["CToml"].contains(target.name) {
    target.cxxSettings = [.unsafeFlags(["-fsanitize=fuzzer-no-link,address"])]
  }
}
