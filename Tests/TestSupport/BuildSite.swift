import FileTree
import Foundation
import Glibc
import HostTools
import Threads

/// A place where the program is run as a user runs it: a guest directory, a cache and an output
/// directory of one test's own, and the program under a name of its own, by which its processes are
/// known.
package final class BuildSite: Sendable {
  package let directory: String
  package let user: TestUser
  private let scratch: ScratchDirectory

  package var cache: String { "\(directory)/cache" }
  package var assets: String { "\(directory)/assets" }
  package var guest: String { "\(directory)/guest" }
  package var program: String { "\(directory)/bin/capsem-native" }
  /// Of the architecture that is built.
  package var image: String { image(of: .host) }
  package func image(of target: Target) -> String { "\(assets)/\(target.name)/rootfs.ext4" }

  /// An architecture, by the config's word and by Debian's.
  package struct Target: Sendable {
    package var name: String
    package var debian: String

    package static let host = Target(name: BuildSite.architecture, debian: BuildSite.debian)
    /// The other one: this host runs its programs by an emulator only.
    package static let foreign =
      host.debian == "arm64"
      ? Target(name: "x86_64", debian: "amd64") : Target(name: "arm64", debian: "arm64")
  }

  #if arch(arm64)
    package static let architecture = "arm64"
    package static let debian = "arm64"
  #else
    package static let architecture = "x86_64"
    package static let debian = "amd64"
  #endif

  package init(_ user: TestUser = .ordinary) throws {
    self.user = user
    scratch = try ScratchDirectory()
    directory = scratch.path
    let manager = FileManager.default
    for name in ["bin", "guest/config/packages", "cache", "assets", "home", "runs"] {
      try manager.createDirectory(atPath: "\(directory)/\(name)", withIntermediateDirectories: true)
    }
    chmod(directory, 0o755)
    // A link costs nothing, but does not cross file systems.
    if link(BuildSite.built, program) != 0 { try runTool("cp", [BuildSite.built, program]) }
    try runTool("cp", ["-r", "\(BuildSite.repository)/guest/artifacts", guest])
    try user.own(directory)
  }

  /// The program, built beside the tests.
  package static let built: String = {
    let tests = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? ""
    return tests.prefix(upTo: tests.lastIndex(of: "/") ?? tests.startIndex) + "/capsem-native"
  }()

  package static let repository: String = {
    URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().path
  }()

  // MARK: The guest

  /// Writes the config: `packages` of `sources`, or of the host's own archives when there are none.
  package func configure(
    _ packages: [String], base: String = "debian:bookworm-slim", from sources: [SourceStanza] = [],
    extra: String = "", target: Target = .host
  ) throws {
    var text = """
      [build]

      [build.architectures.\(target.name)]
      base_image = "\(base)"
      docker_platform = "linux/\(target.debian)"
      rust_target = "x86_64-unknown-linux-musl"
      kernel_image = "arch/x86_64/boot/bzImage"
      defconfig = "kernel/defconfig.x86_64"

      """
    for source in sources { text += BuildSite.text(of: source) }
    try write(text + extra, to: "guest/config/build.toml")
    try write(
      """
      [apt]
      name = "Packages"
      manager = "apt"
      install_cmd = "apt-get install -y"
      packages = [
      \(packages.map { "  \"\($0)\",\n" }.joined())]
      network = { name = "Archive", domains = [] }

      """, to: "guest/config/packages/apt.toml")
    // Nothing that a linter has to say shall be among what a build says.
    try write(GuestFiles.web(), to: "guest/config/security/web.toml")
    try write(GuestFiles.kernel(), to: "guest/config/kernel/defconfig.x86_64")
  }

  /// A source's part of build.toml.
  package static func text(of source: SourceStanza) -> String {
    let keyring = source.keyring.map { "signed_by = \"\($0)\"\n" } ?? ""
    return "\n[[build.apt.sources]]\nuris = [\"\(source.uri)\"]\nsuites = [\"\(source.suite)\"]\n"
      + "components = [\"main\"]\n" + keyring
  }

  package struct SourceStanza: Sendable {
    package var uri: String
    package var suite: String
    package var keyring: String?
    package init(uri: String, suite: String, keyring: String?) {
      (self.uri, self.suite, self.keyring) = (uri, suite, keyring)
    }
  }

  /// The address of a suite in the host's own apt sources.
  package static func hostArchive(of suite: String) throws -> String {
    let parts = try FileManager.default.contentsOfDirectory(atPath: "/etc/apt/sources.list.d").sorted().map {
      ($0, try String(contentsOfFile: "/etc/apt/sources.list.d/\($0)", encoding: .utf8))
    }
    let list = (try? String(contentsOfFile: "/etc/apt/sources.list", encoding: .utf8)).map {
      [("sources.list", $0)]
    }
    guard let found = HostAptSources(parts + (list ?? [])).uri(of: suite) else {
      throw ToolFailure(description: "the host's apt has no source of \(suite)")
    }
    return found.uri
  }

  package func write(_ text: String, to name: String) throws {
    try scratch.write(Array(text.utf8), to: name)
    try user.own("\(directory)/\(name)")
  }

  /// Puts assets there that no build must touch without success.
  package func placeEarlierAssets() throws {
    try write("an earlier image", to: "assets/\(BuildSite.architecture)/rootfs.ext4")
    try write("{}\n", to: "assets/manifest.json")
    try user.own(assets)
  }

  // MARK: Running

  /// Starts the program. `inside` are words that come before it, such as `unshare --net`.
  package func start(
    _ arguments: [String], inside: [String] = [], cache: String? = nil, input: String? = nil,
    environment: [String: String] = [:]
  ) throws -> ProgramRun {
    // `env` looks up what `inside` begins with.
    try ProgramRun(
      ["/usr/bin/env"] + inside + user.prefix + [program] + arguments, in: directory,
      environment: [
        "PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "\(directory)/home",
        "CAPSEM_CACHE_DIR": cache ?? self.cache,
      ].merging(BuildSite.network) { $1 }.merging(environment) { $1 }, input: input)
  }

  package func run(
    _ arguments: [String], inside: [String] = [], cache: String? = nil, input: String? = nil,
    environment: [String: String] = [:]
  ) throws -> ProgramResult {
    try start(arguments, inside: inside, cache: cache, input: input, environment: environment).finish()
  }

  /// What a host may need to reach its mirrors and its Python index.
  private static let network = ProcessInfo.processInfo.environment.filter {
    ["http_proxy", "https_proxy", "no_proxy", "SSL_CERT_FILE", "PIP_INDEX_URL", "UV_DEFAULT_INDEX"].contains(
      $0.key)
  }

  // MARK: What is left

  /// What a build left that has ended: processes, mounts, workspaces, partial assets; one line each.
  package func leftovers(kept: Int = 0) throws -> [String] {
    var found: [String] = []
    // The kernel ends a killed tree of processes in its own time.
    for _ in 0..<100 {
      found = processes()
      if found.isEmpty { break }
      Stopwatch.pause(milliseconds: 20)
    }
    let mounts = try String(contentsOfFile: "/proc/self/mountinfo", encoding: .utf8)
    found += mounts.split(separator: "\n").map(String.init).filter { $0.contains(directory) }
    found += names(in: "\(cache)/work").dropFirst(kept).map { "workspace \($0)" }
    found += names(in: "\(cache)/scratch").map { "scratch \($0)" }
    let manager = FileManager.default
    for case let name as String in manager.enumerator(atPath: assets) ?? .init()
    where name.contains(".capsem-") { found.append("partial \(name)") }
    return found
  }

  package func names(in directory: String) -> [String] {
    ((try? FileManager.default.contentsOfDirectory(atPath: directory)) ?? []).sorted()
  }

  private func processes() -> [String] {
    names(in: "/proc").filter { $0.allSatisfy(\.isNumber) }.compactMap { process in
      let links = ["exe", "cwd", "root"].compactMap {
        try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/\(process)/\($0)")
      }
      return links.contains { $0.hasPrefix(directory + "/") } ? "process \(process) \(links)" : nil
    }
  }

  /// SHA-256 of a file; nil if there is none.
  package func digest(_ path: String) throws -> String? {
    try contents(ofFile: path).map { Digest(of: $0).hex }
  }
}
