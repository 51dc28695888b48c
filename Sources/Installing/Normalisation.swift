import FileTree
import Glibc

/// Takes out of a configured tree what would differ between two builds of the same lock: logs, and
/// caches that hold inode numbers or times. What is left is a function of the inputs;
/// `--until configured` gets the same. Backups and locks stay: real dpkg leaves them, too, and sealing
/// removes them.
package struct Normalisation: Sendable {
  private let root: CInt
  private let modified: Timestamp

  /// `root` is the tree's root directory and stays the caller's.
  package init(root: CInt, modified: Timestamp) {
    self.root = root
    self.modified = modified
  }

  /// Files that are removed; `*` stands for any run of bytes in a component.
  package static let removed: [TreePath] = [
    // Logs of the installation. What else lies in /var/log is emptied and keeps owner and mode.
    "var/log/alternatives.log", "var/log/bootstrap.log", "var/log/dpkg.log", "var/log/fontconfig.log",
    "var/log/apt/history.log", "var/log/apt/term.log", "var/log/apt/eipp.log.xz",
    // What Emacs said while it compiled a package; gzip wrote the time into it.
    "usr/share/emacs/site-lisp/elpa/*/Install.log.gz",
    // Caches that hold inode numbers, times or the order of the work; each is made again on demand.
    "var/cache/ldconfig/aux-cache", "var/lib/systemd/catalog/database",
    "etc/apt/trustdb.gpg",
  ]

  /// Directories that lose their content and stay.
  package static let emptied: [TreePath] = [
    "tmp", "var/tmp", "var/cache/fontconfig", "var/cache/swcatalog",
  ]

  package func apply() throws {
    var writer = TreeWriter(root: root)
    try NamePatterns(Normalisation.removed).remove(with: &writer, modified: modified)
    for directory in Normalisation.emptied where try writer.kind(directory) == S_IFDIR {
      try writer.removeContent(of: directory)
      try writer.setTime(modified, of: directory)
    }
    for name in try writer.list("run") where !name.elementsEqual("lock".utf8) {
      // /var/lock leads to /run/lock (policy §9.1.4).
      try writer.removeTree(TreePath(stringLiteral: "run").appending(name))
      try writer.setTime(modified, of: "run")
    }
    try emptyLogs(in: "var/log", &writer)
    try dateKeyStore(&writer)
  }

  /// Java's copy of the certificate authorities.
  private static let keyStore: TreePath = "etc/ssl/certs/java/cacerts"

  private func dateKeyStore(_ writer: inout TreeWriter) throws {
    guard let status = try writer.status(Normalisation.keyStore), status.st_mode & S_IFMT == S_IFREG,
      let bytes = try writer.read(Normalisation.keyStore), let store = JavaKeyStore(bytes)
    else { return }
    try writer.replaceFile(
      Normalisation.keyStore, with: store.bytes(dated: modified), mode: UInt16(status.st_mode & 0o7777),
      modified: modified)
    try writer.setTime(modified, of: Normalisation.keyStore.parent)
  }

  private func emptyLogs(in directory: TreePath, _ writer: inout TreeWriter) throws {
    for name in try writer.list(directory) {
      let path = directory.appending(name)
      guard let status = try writer.status(path) else { continue }
      if status.st_mode & S_IFMT == S_IFDIR {
        try emptyLogs(in: path, &writer)
      } else if status.st_mode & S_IFMT == S_IFREG && status.st_size > 0 {
        try writer.emptyFile(path)
        try writer.setTime(modified, of: path)
      }
    }
  }
}
