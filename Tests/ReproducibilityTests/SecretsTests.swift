import BuildModel
import Foundation
import Installing
import TestSupport
import Testing

/// Debian's own packages that make secrets or databases while they are configured, through the program.
@Suite(
  .serialized, .enabled("needs bookworm's archives", { Requirement.bookworm }),
  .enabled("needs root", { Requirement.root }))
struct SecretsTests {
  private func build(_ packages: [String], on site: BuildSite) throws {
    try site.configure(packages)
    let result = try site.run(["build", "guest", "--progress", "none"])
    try #require(result.status == 0, "\(result.errors)")
  }

  @Test func `no image has a host's keys, and each machine makes its own at its first boot`() throws {
    let site = try BuildSite()
    try build(["openssh-server", "ssl-cert", "dbus"], on: site)
    func names(_ directory: String) throws -> [String] {
      try runTool("debugfs", ["-R", "ls -p \(directory)", site.image]).split(separator: "\n").compactMap {
        $0.split(separator: "/").dropFirst(4).first.map(String.init)
      }.sorted()
    }
    #expect(try names("/etc/ssh").contains("sshd_config"))
    #expect(try names("/etc/ssh").filter { $0.hasPrefix("ssh_host_") } == [])
    #expect(try names("/etc/ssl/private") == [".", ".."])
    #expect(try names("/etc/ssl/certs").filter { $0.contains("snakeoil") || $0.hasSuffix(".0") } == [])
    #expect(try names("/var/lib/dbus").filter { $0 == "machine-id" } == [])
    #expect(try runTool("debugfs", ["-R", "cat /etc/machine-id", site.image]) == "")

    let first = try Machine(image: site.image, directory: "\(site.directory)/first")
    let second = try Machine(image: site.image, directory: "\(site.directory)/second")
    try first.makeSecrets()
    try second.makeSecrets()
    let secrets = [
      "/etc/machine-id", "/etc/ssh/ssh_host_ed25519_key", "/etc/ssh/ssh_host_rsa_key",
      "/etc/ssl/private/ssl-cert-snakeoil.key", "/etc/ssl/certs/ssl-cert-snakeoil.pem",
    ]
    let made = try secrets.map { try #require(try contents(ofFile: first.root + $0), "\($0)") }
    for (name, content) in zip(secrets, made) {
      #expect(try contents(ofFile: second.root + name) != content, "\(name)")
    }
    #expect(made[0].count == 33)
    #expect(try contents(ofFile: "\(first.root)/var/lib/dbus/machine-id") == made[0])
    try runTool("mkdir", ["-p", "\(first.root)/run/sshd"])
    try runTool("chroot", [first.root, "/usr/sbin/sshd", "-t"])
    try runTool("openssl", ["x509", "-noout", "-in", "\(first.root)\(secrets[4])"])
    // A machine whose overlay lies on a disk keeps them.
    try first.makeSecrets()
    #expect(try secrets.map { try contents(ofFile: first.root + $0) } == made)
  }

  /// Two builds differ, and in nothing that the table does not name.
  @Test(
    .enabled("takes its time", { ReproducibilityTests.asksForAll }),
    arguments: ["postgresql-15", "mariadb-server", "slapd"])
  func `a database differs where the table says so, and nowhere else`(package: String) throws {
    let kinds = IrreproducibleData.inImage(with: ["less", package])
    #expect(kinds.count == 1)
    let site = try BuildSite()
    var trees: [Set<Substring>] = []
    for _ in 0..<2 {
      try build([package], on: site)
      trees.append(
        Set(try runTool(BuildSite.built, ["inspect", "--tree", site.image]).split(separator: "\n")))
    }
    let differing = Set(trees[0].symmetricDifference(trees[1]).map { String($0.prefix { $0 != " " }) })
    #expect(!differing.isEmpty)
    #expect(differing.filter { path in !kinds.contains { $0.holds(path) } } == [])
  }
}

/// An image as capsem-init has it: mounted read-only, with a writable overlay.
private final class Machine {
  let root: String
  private let directory: String

  init(image: String, directory: String) throws {
    self.directory = directory
    root = "\(directory)/root"
    for name in ["lower", "layer", "root"] {
      try FileManager.default.createDirectory(
        atPath: "\(directory)/\(name)", withIntermediateDirectories: true)
    }
    try runTool("mount", ["-o", "loop,ro,noload", image, "\(directory)/lower"])
    try runTool("mount", ["-t", "tmpfs", "tmpfs", "\(directory)/layer"])
    try runTool("mkdir", ["\(directory)/layer/upper", "\(directory)/layer/work"])
    let layers =
      "lowerdir=\(directory)/lower,upperdir=\(directory)/layer/upper,workdir=\(directory)/layer/work"
    try runTool("mount", ["-t", "overlay", "-o", layers, "overlay", root])
    try runTool("mount", ["-t", "proc", "proc", "\(root)/proc"])
    try runTool("mount", ["--rbind", "/dev", "\(root)/dev"])
    try runTool("mount", ["--make-rslave", "\(root)/dev"])
  }

  deinit {
    for name in ["root/dev", "root/proc", "root", "layer", "lower"] {
      _ = try? runTool("umount", ["--recursive", "\(directory)/\(name)"])
    }
  }

  /// Runs what capsem-init runs, with the shell that it has.
  func makeSecrets() throws {
    let script = """
      root=\(root)
      system_path=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
      take() { sed -n "/^$1() {/,/^}/p" "\(BuildSite.repository)/guest/artifacts/capsem-init"; }
      say() { echo "$*"; }
      eval "$(take guest; take if_there; take make_secrets)"
      make_secrets
      """
    let said = try runTool("busybox", ["sh", "-euc", script])
    #expect(!said.contains("failed"), "\(said)")
  }
}
