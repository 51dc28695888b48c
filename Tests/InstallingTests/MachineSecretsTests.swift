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

  /// The script of the guest and the list must say the same.
  @Test func `what the first boot makes is what the guest's init makes`() throws {
    let script = try #require(try contents(ofFile: "\(BuildSite.repository)/guest/artifacts/capsem-init"))
    let lines = String(decoding: script, as: UTF8.self).split(separator: "\n")
    let made = lines.filter { $0.hasPrefix("\tif_there ") }.map { $0.dropFirst("\tif_there ".count) }
    let listed = MachineSecrets.kinds.compactMap { kind -> String? in
      if case .firstBoot(let program, let command) = kind.renewal {
        "\(program.description.dropFirst()) \(command)"
      } else {
        nil
      }
    }
    #expect(made.sorted() == listed.map { $0[...] }.sorted())
    #expect(!listed.isEmpty)
    #expect(MachineSecrets.kinds.allSatisfy { !$0.files.isEmpty && !$0.reason.isEmpty })
  }
}
