import Diagnosis
import FileTree
import Glibc

/// The end state of an image's tree, reached after everything is installed: what the guest's init
/// counts on is there, what the guest must not have is gone. `AptLists`, `CertificateBundle` and
/// `Normalisation` do their parts before or after; the order among them does not matter.
package struct Sealing: Sendable {
  private let root: CInt
  private let modified: Timestamp

  /// `root` is the tree's root directory and stays the caller's. Nothing may be mounted in it.
  package init(root: CInt, modified: Timestamp) {
    self.root = root
    self.modified = modified
  }

  /// Directories with their modes, whatever they were. Init mounts onto the first ones or writes there.
  package static let directories: [(path: TreePath, mode: UInt16)] = [
    ("dev", 0o755), ("etc", 0o755), ("etc/profile.d", 0o755), ("proc", 0o755), ("root", 0o755),
    ("run", 0o755), ("sys", 0o755), ("tmp", 0o1777), ("var/tmp", 0o1777), (.root, 0o755),
  ]

  /// Front ends of the old packet filter, which the guest's kernel does not have.
  private static let legacyFilters = ["iptables", "ip6tables"].flatMap { program in
    ["", "-restore", "-save"].map { TreePath(stringLiteral: "usr/sbin/\(program)-legacy\($0)") }
  }

  /// What only served the build.
  private static let leftovers = NamePatterns([
    // Backups of what the last change replaced.
    "etc/group-", "etc/gshadow-", "etc/passwd-", "etc/shadow-", "etc/subgid-", "etc/subuid-",
    "var/lib/dpkg/*-old", "var/cache/debconf/*-old",
    // Locks.
    "etc/.pwd.lock", "var/lib/dpkg/lock", "var/lib/dpkg/lock-frontend", "var/lib/dpkg/triggers/Lock",
    "var/cache/apt/archives/lock", "var/lib/apt/lists/lock",
    // Caches that are made again on demand.
    "var/cache/apt/*.bin", "var/cache/apt/archives/*.deb",
    // man-db's databases, one a language, whose blocks are as large as those of the file system that
    // they were made on. `man` finds pages without them; `mandb` makes them again for `apropos`.
    "var/cache/man/index.db", "var/cache/man/*/index.db",
  ])

  private static let hosts = """
    127.0.0.1 localhost
    ::1 localhost ip6-localhost ip6-loopback

    """

  /// Returns the files that lost a set-user-id or set-group-id bit, sorted.
  @discardableResult
  package func apply(hostname: String) throws -> [TreePath] {
    var writer = TreeWriter(root: root)
    for name in try writer.list("usr/lib") where name.starts(with: "python3".utf8) {
      try remove(
        TreePath(stringLiteral: "usr/lib").appending(name).appending("EXTERNALLY-MANAGED".utf8), &writer)
    }
    for path in Sealing.legacyFilters { try remove(path, &writer) }
    try linkVim(&writer)
    try Sealing.leftovers.remove(with: &writer, modified: modified)
    for (path, _) in Sealing.directories { try writer.makeDirectories(path, modified: modified) }
    try writer.removeContent(of: "root")
    // Init mounts a file over each of these: a link, systemd-resolved's for one, would lead elsewhere.
    try writer.replaceFile("etc/resolv.conf", with: [], modified: modified)
    // Present, for init may have to mount a file over it.
    try writer.replaceFile("etc/machine-id", with: [], modified: modified)
    try writer.replaceFile("etc/hostname", with: Array("\(hostname)\n".utf8), modified: modified)
    try writer.replaceFile("etc/hosts", with: Array(Sealing.hosts.utf8), modified: modified)
    let stripped = try stripSetId(&writer)
    // Last, for each change above set their times.
    writer.forgetDirectories()
    for (path, mode) in Sealing.directories {
      try writer.setDirectory(FileEntry(path: path, kind: .directory, mode: mode, modified: modified))
    }
    return stripped
  }

  private func remove(_ path: TreePath, _ writer: inout TreeWriter) throws {
    guard try writer.exists(path) else { return }
    try writer.remove(path)
    try writer.setTime(modified, of: path.parent)
  }

  private func linkVim(_ writer: inout TreeWriter) throws {
    let link: TreePath = "usr/bin/vim"
    guard try writer.exists("usr/bin/vim.tiny"), try !writer.exists(link) else { return }
    let target = Array("vim.tiny".utf8)
    try writer.makeSymbolicLink(
      FileEntry(path: link, kind: .symbolicLink(target: target), mode: 0o777, modified: modified),
      target: target)
    try writer.setTime(modified, of: link.parent)
  }

  /// Everything in the guest runs as root, so the bits are of no use to it. File capabilities stay:
  /// they never give more than root has. A second walk believes nothing of the first.
  private func stripSetId(_ writer: inout TreeWriter) throws -> [TreePath] {
    var found: [(path: TreePath, mode: UInt16)] = []
    try setIdFiles(below: .root, &writer, into: &found)
    for file in found { try writer.setMode(file.mode & 0o1777, of: file.path) }
    writer.forgetDirectories()
    var left: [(path: TreePath, mode: UInt16)] = []
    try setIdFiles(below: .root, &writer, into: &left)
    if let first = left.first {
      throw Report("cannot seal the tree: \(first.path) keeps its set-id bits")
    }
    return found.map(\.path).sorted()
  }

  private func setIdFiles(
    below directory: TreePath, _ writer: inout TreeWriter, into found: inout [(path: TreePath, mode: UInt16)]
  ) throws {
    for name in try writer.list(directory) {
      let path = directory.appending(name)
      guard let status = try writer.status(path) else { continue }
      if status.st_mode & S_IFMT == S_IFDIR {
        try setIdFiles(below: path, &writer, into: &found)
      } else if status.st_mode & S_IFMT == S_IFREG && status.st_mode & 0o6000 != 0 {
        found.append((path, UInt16(status.st_mode & 0o7777)))
      }
    }
  }
}
