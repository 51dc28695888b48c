import FileTree
import Foundation
import Glibc

/// A small archive that a throw-away key signs, for builds that go as far as the staged tree: none of
/// its packages has a script that would have to run.
package final class SignedArchive: Sendable {
  package let root: String
  package let keyring: String
  private let scratch: ScratchDirectory
  private let key: SigningKey

  /// Without `signs`, Release stays unsigned. The key is a new one, or that of another archive.
  package init(
    keyOf other: SignedArchive? = nil, release: [String: String] = [:], date: Int64 = 1_700_000_000,
    signs: Bool = true, packages: [FixturePackage] = SignedArchive.packages
  ) throws {
    scratch = try ScratchDirectory()
    chmod(scratch.path, 0o755)
    root = scratch.file("archive")
    keyring = scratch.file("keyring.gpg")
    let key = try other?.key ?? SigningKey()
    self.key = key
    try scratch.write(try contents(ofFile: key.keyring) ?? [], to: "keyring.gpg")
    _ = try FixtureArchive(
      in: root, architecture: BuildSite.debian, date: date, release: release,
      sign: { release in
        let text = try String(contentsOfFile: release, encoding: .utf8)
        let target = String(release.dropLast("Release".count)) + "InRelease"
        let bytes = signs ? try key.sign(text) : Array(text.utf8)
        try Data(bytes).write(to: URL(filePath: target))
      }, packages: { packages })
    try runTool("chmod", ["-R", "u+rwX,go=rX", scratch.path])
  }

  package static let shared = Result { try SignedArchive() }

  package static let packages: [FixturePackage] = [
    FixturePackage("base", "1", essential: true, priority: "required") {
      file("/usr/lib/os-release", "ID=fixture\n")
      file("/usr/bin/tool", mode: 0o755, "#!/bin/sh\n")
      directory("/var/lib/base", mode: 0o1777)
      symbolicLink("/etc/os-release", to: "../usr/lib/os-release")
    },
    FixturePackage("greeting", "2.0", depends: "libgreeting (>= 1.0)") {
      file("/usr/bin/greeting", mode: 0o4755, "#!/bin/sh\necho hello\n")
    },
    FixturePackage("libgreeting", "1.0") { file("/usr/lib/libgreeting.so", "library") },
  ]

  package var stanza: BuildSite.SourceStanza { stanza(at: "file://\(root)") }

  /// For the same archive behind a server.
  package func stanza(at uri: String) -> BuildSite.SourceStanza {
    BuildSite.SourceStanza(uri: uri, suite: "stable", keyring: keyring)
  }

  /// Puts all of it on a server, below `base`.
  package func serve(
    on server: LoopbackServer, at base: String = "",
    as behaviour: ([UInt8]) -> LoopbackServer.Behaviour = { .serve($0) }
  ) throws {
    for name in try files(below: root) {
      server.on("\(base)/\(name)", behaviour(try contents(ofFile: "\(root)/\(name)") ?? []))
    }
  }

  /// Paths of packages, relative to the root.
  package var pool: [String] { get throws { try files(below: root).filter { $0.hasSuffix(".deb") } } }
}
