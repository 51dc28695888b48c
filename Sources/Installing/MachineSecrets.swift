import FileTree
import Glibc

/// What each machine has to have for itself, and an image for all of them must not: keys, certificates,
/// passwords and identifiers that packages make while they are configured. The rule stands apart from
/// `Normalisation`, for a secret would have to go even if every build made the same one.
package struct MachineSecrets: Sendable {
  private let root: CInt
  private let modified: Timestamp

  /// `root` is the tree's root directory and stays the caller's.
  package init(root: CInt, modified: Timestamp) {
    self.root = root
    self.modified = modified
  }

  /// One kind of them.
  package struct Kind: Sendable {
    /// Files; `*` stands for any run of bytes in a component.
    package var files: [TreePath]
    /// The package whose script makes them, and why they must not be shared.
    package var reason: String
    package var renewal: Renewal
  }

  /// How a machine comes by its own.
  package enum Renewal: Sendable {
    /// capsem-init runs these commands in the guest, each when the program is there and the file is not.
    case firstBoot(program: TreePath, commands: [(file: TreePath, command: String)])
    /// The program that needs it makes it.
    case onDemand
  }

  package static let kinds: [Kind] = [
    Kind(
      files: ["etc/ssh/ssh_host_*"],
      reason: "openssh-server's host keys: whoever has the image could pose as every machine made of it",
      renewal: .firstBoot(
        program: "usr/sbin/sshd", commands: [("etc/ssh/ssh_host_rsa_key", "ssh-keygen -A")])),
    Kind(
      files: ["etc/ssl/certs/ssl-cert-snakeoil.pem", "etc/ssl/private/ssl-cert-snakeoil.key"],
      reason:
        "ssl-cert's key and certificate, which web, mail and database servers use until they have another",
      renewal: .firstBoot(
        program: "usr/sbin/make-ssl-cert",
        commands: [("etc/ssl/private/ssl-cert-snakeoil.key", "make-ssl-cert generate-default-snakeoil")])),
    Kind(
      files: ["var/lib/dbus/machine-id"],
      reason:
        "dbus's copy of the machine's identifier, by which the programs of a network tell machines apart",
      renewal: .firstBoot(
        program: "usr/bin/dbus-uuidgen", commands: [("var/lib/dbus/machine-id", "dbus-uuidgen --ensure")])),
    Kind(
      files: ["etc/bind/rndc.key"],
      reason: "bind9's key, with which a name server is told what to do",
      renewal: .firstBoot(
        program: "usr/sbin/rndc-confgen", commands: [("etc/bind/rndc.key", "rndc-confgen -a -u bind")])),
    Kind(
      files: ["etc/dropbear/dropbear_*_host_key"],
      reason: "dropbear's host keys, as those of openssh-server",
      renewal: .firstBoot(
        program: "usr/sbin/dropbear",
        commands: ["rsa", "ecdsa", "ed25519"].map { kind in
          let file = "etc/dropbear/dropbear_\(kind)_host_key"
          return (TreePath(stringLiteral: file), "dropbearkey -t \(kind) -f /\(file)")
        })),
    Kind(
      files: ["etc/munge/munge.key"],
      reason: "munge's key, by which the machines of a cluster believe each other who a user is",
      renewal: .firstBoot(
        program: "usr/sbin/mungekey",
        commands: [("etc/munge/munge.key", "runuser -u munge -- mungekey --create")])),
    Kind(
      files: ["etc/iscsi/initiatorname.iscsi"],
      reason: "open-iscsi's name for this machine: two machines with one name damage each other's disks",
      renewal: .firstBoot(
        program: "usr/sbin/iscsi-iname",
        commands: [
          (
            "etc/iscsi/initiatorname.iscsi",
            "sh -c 'echo \"InitiatorName=$(iscsi-iname)\" >/etc/iscsi/initiatorname.iscsi'"
          )
        ])),
    Kind(
      files: ["etc/nvme/hostid", "etc/nvme/hostnqn"],
      reason: "nvme-cli's names for this machine, as open-iscsi's",
      renewal: .firstBoot(
        program: "usr/sbin/nvme",
        commands: [
          ("etc/nvme/hostid", "sh -c 'cat /proc/sys/kernel/random/uuid >/etc/nvme/hostid'"),
          ("etc/nvme/hostnqn", "sh -c 'nvme gen-hostnqn >/etc/nvme/hostnqn'"),
        ])),
    Kind(
      files: ["etc/xrdp/rsakeys.ini"],
      reason: "xrdp's key, with which it proves to be this machine",
      renewal: .firstBoot(
        program: "usr/bin/xrdp-keygen",
        commands: [
          (
            "etc/xrdp/rsakeys.ini",
            "sh -c 'umask 077; xrdp-keygen xrdp auto; chown xrdp /etc/xrdp/rsakeys.ini'"
          )
        ]
      )),
    Kind(
      files: [
        "var/lib/systemd/credential.secret", "var/lib/systemd/random-seed", "var/lib/urandom/random-seed",
      ],
      reason: "systemd's key for credentials, and what the random number generator starts from",
      renewal: .onDemand),
  ]

  /// debconf's answers that are passwords, such as one that slapd draws for itself.
  private static let passwords: TreePath = "var/cache/debconf/passwords.dat"

  /// machine-id(5) has each machine make its own; an empty file is what asks for that.
  private static let identifier: TreePath = "etc/machine-id"

  /// Removes them, and the links beside a removed file that led to it.
  package func remove() throws {
    var writer = TreeWriter(root: root)
    for kind in MachineSecrets.kinds {
      let patterns = NamePatterns(kind.files)
      let removed = try patterns.remove(with: &writer, modified: modified)
      for directory in Set(removed.map(\.parent)).sorted() {
        let names = Set(removed.filter { $0.parent == directory }.map { Array($0.name) })
        try removeLinks(to: names, in: directory, &writer)
      }
    }
    try forgetPasswords(&writer)
    if try writer.exists(MachineSecrets.identifier) {
      try writer.replaceFile(MachineSecrets.identifier, with: [], modified: modified)
      try writer.setTime(modified, of: MachineSecrets.identifier.parent)
    }
  }

  /// `/etc/ssl/certs` names a certificate a second time, by the hash of its subject.
  private func removeLinks(to names: Set<[UInt8]>, in directory: TreePath, _ writer: inout TreeWriter) throws
  {
    for name in try writer.list(directory) {
      let path = directory.appending(name)
      guard let target = try writer.linkTarget(path), names.contains(target) else { continue }
      try writer.remove(path)
      try writer.setTime(modified, of: directory)
    }
  }

  private func forgetPasswords(_ writer: inout TreeWriter) throws {
    guard let bytes = try writer.read(MachineSecrets.passwords),
      let status = try writer.status(MachineSecrets.passwords)
    else { return }
    let lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
    let kept = lines.filter { !$0.starts(with: "Value:".utf8) }
    if kept.count == lines.count { return }
    try writer.replaceFile(
      MachineSecrets.passwords, with: Array(kept.joined(separator: CollectionOfOne(UInt8(ascii: "\n")))),
      mode: UInt16(status.st_mode & 0o7777), modified: modified)
    try writer.setTime(modified, of: MachineSecrets.passwords.parent)
  }
}
