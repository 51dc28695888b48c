import BuildModel
import FileTree
import Foundation
import Glibc
import TestSupport
import Testing

@testable import Installing

@Suite(.asRoot) struct MachineSecretsTests {
  @Test func `takes out what each machine has to have for itself`() throws {
    let scratch = try Scratch()
    let secrets = [
      "etc/ssh/ssh_host_rsa_key", "etc/ssh/ssh_host_rsa_key.pub", "etc/ssl/certs/ssl-cert-snakeoil.pem",
      "etc/ssl/private/ssl-cert-snakeoil.key", "var/lib/dbus/machine-id", "var/lib/systemd/random-seed",
    ]
    let others = ["etc/ssh/ssh_config", "etc/ssl/certs/Authority.pem", "etc/ssl/private/mine.key"]
    for name in secrets + others { try scratch.put(name, "content") }
    try scratch.put("etc/machine-id", "0123\n", mode: 0o444)
    symlink("ssl-cert-snakeoil.pem", "\(scratch.path)/tree/etc/ssl/certs/ce275665.0")
    symlink("Authority.pem", "\(scratch.path)/tree/etc/ssl/certs/0a775a30.0")
    try MachineSecrets(root: scratch.root.raw, modified: SealingTests.modified).remove()
    let lines = try scratch.listing()
    for name in secrets { #expect(!lines.contains("/\(name) "), "\(name)") }
    for name in others { #expect(lines.contains("/\(name) file"), "\(name)") }
    #expect(!lines.contains("/ce275665.0"))
    #expect(lines.contains("/etc/ssl/certs/0a775a30.0 link"))
    #expect(try scratch.text("etc/machine-id") == "")
  }

  @Test func `keeps debconf's questions and none of the passwords`() throws {
    let scratch = try Scratch()
    let questions = "Name: slapd/internal/adminpw\nTemplate: slapd/internal/adminpw\n"
    try scratch.put(
      "var/cache/debconf/passwords.dat", "\(questions)Value: {SSHA}hqF\nOwners: slapd\n\n", mode: 0o600)
    try MachineSecrets(root: scratch.root.raw, modified: SealingTests.modified).remove()
    #expect(try scratch.text("var/cache/debconf/passwords.dat") == "\(questions)Owners: slapd\n\n")
    #expect(try scratch.listing(of: "/var/cache/debconf").contains("/passwords.dat file 0600"))
  }

  /// The guest's script and the list must say the same: the script is run with a `guest` that only says
  /// what it was asked for, in a root that has every program and none of the files.
  @Test func `what the first boot makes is what the guest's init makes`() throws {
    let scratch = try Scratch()
    var listed: [String] = []
    for kind in MachineSecrets.kinds {
      #expect(!kind.files.isEmpty && !kind.reason.isEmpty)
      guard case .firstBoot(let program, let commands) = kind.renewal else { continue }
      try scratch.put(String(program.description.dropFirst()), mode: 0o755)
      listed += commands.map { $0.command.replacing("'", with: "") }
    }
    try scratch.put("etc/machine-id", "0123\n")
    func run() throws -> [String] {
      try runTool(
        "busybox",
        [
          "sh", "-euc",
          """
          root=$1
          take() { sed -n "/^$1() {/,/^}/p" "$script"; }
          script=$2
          guest() { echo "$*"; }
          eval "$(take unless_there; take make_secrets)"
          make_secrets
          """, "sh", "\(scratch.path)/tree", "\(BuildSite.repository)/guest/artifacts/capsem-init",
        ]
      ).split(separator: "\n").map(String.init)
    }
    #expect(try run().sorted() == listed.sorted())
    #expect(listed.count > 5)
    // What is there stays.
    for kind in MachineSecrets.kinds {
      guard case .firstBoot(_, let commands) = kind.renewal else { continue }
      for (file, _) in commands { try scratch.put(String(file.description.dropFirst()), "mine") }
    }
    #expect(try run() == [])
  }
}
