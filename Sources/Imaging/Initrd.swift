import Archive
import Diagnosis
import FileTree

/// The initial file system: what the kernel unpacks into memory, and whose `/init` it runs. A list of entries
/// that is written as `initrd.img`; equal entries give equal bytes.
package struct Initrd {
  package enum Content: Sendable {
    case bytes([UInt8])
    /// An open file, all of it, lent until the initrd is written.
    case file(CInt)
  }

  /// What this program's initrd always has.
  package struct Base: Sendable {
    /// Statically linked, and with its applets in its own shell, as Debian's `busybox-static` is.
    package var busybox: Content
    /// capsem-init.
    package var script: Content
    /// RunAgent, compiled: what `run` needs; without it the image boots none the less.
    package var runAgent: Content?

    package init(busybox: Content, script: Content, runAgent: Content?) {
      self.busybox = busybox
      self.script = script
      self.runAgent = runAgent
    }
  }

  /// The host's programs, which capsem-init prefers to the image's copies when the initrd has them.
  package static let hostPrograms = [
    "capsem-bench", "capsem-dns-proxy", "capsem-doctor", "capsem-mcp-server", "capsem-net-proxy",
    "capsem-pty-agent", "capsem-sysutil", "snapshots",
  ]
  /// The same for directories.
  package static let hostDirectories = ["capsem_bench", "diagnostics"]

  private static let directories = [
    "bin", "conf", "dev", "dev/pts", "newroot", "proc", "sbin", "sys", "tmp", "var", "var/log", "var/tmp",
  ]

  /// capsem-init needs none of them with Debian's busybox; whoever enters a shell there does.
  private static let applets = [
    "awk", "cat", "chmod", "chroot", "cp", "echo", "find", "grep", "ln", "ls", "mkdir", "mknod", "mount",
    "mv", "rm", "rmdir", "sed", "sh", "sleep", "umount",
  ]

  private var entries: [TreePath: (entry: FileEntry, content: Content?)] = [:]
  private let date: Timestamp

  /// Every entry gets the time `date`.
  package init(_ base: Base, date: Timestamp) throws {
    self.date = Timestamp(seconds: date.seconds)
    for name in Initrd.directories { add(directory: name) }
    add(directory: "tmp", mode: 0o1777)
    add(directory: "var/tmp", mode: 0o1777)
    for name in Initrd.applets { add(link: "bin/\(name)", to: "busybox") }
    add(link: "sbin/modprobe", to: "../bin/busybox")
    try add("bin/busybox", mode: 0o755, base.busybox)
    try add("init", mode: 0o755, base.script)
    if let agent = base.runAgent { try add("capsem-run-agent", mode: 0o555, agent) }
  }

  /// Modules to load before anything else, in this order, by name: `lib/modules` has to hold them and their
  /// `modules.dep`. Only kernels that do not have the devices built in need any.
  package mutating func load(modules: [String]) throws {
    try add("conf/modules", mode: 0o644, .bytes(Array(modules.map { "\($0)\n" }.joined().utf8)))
  }

  /// Adds a file, and the directories above it, in place of one of that name.
  package mutating func add(_ name: String, mode: UInt16, _ content: Content) throws {
    let size: Int64 =
      switch content {
      case .bytes(let bytes): Int64(bytes.count)
      case .file(let descriptor): try fileSize(descriptor, named: name)
      }
    let path = Initrd.path(name)
    addParents(of: path)
    entries[path] = (
      FileEntry(path: path, kind: .file, mode: mode, modified: date, size: size), content
    )
  }

  package mutating func add(directory name: String, mode: UInt16 = 0o755) {
    let path = Initrd.path(name)
    addParents(of: path)
    entries[path] = (FileEntry(path: path, kind: .directory, mode: mode, modified: date), nil)
  }

  package mutating func add(link name: String, to target: String) {
    let path = Initrd.path(name)
    addParents(of: path)
    let kind = FileEntry.Kind.symbolicLink(target: Array(target.utf8))
    entries[path] = (FileEntry(path: path, kind: kind, mode: 0o777, modified: date), nil)
  }

  private mutating func addParents(of path: TreePath) {
    var parent = path.parent
    while !parent.isRoot {
      if entries[parent] == nil {
        entries[parent] = (FileEntry(path: parent, kind: .directory, mode: 0o755, modified: date), nil)
      }
      parent = parent.parent
    }
  }

  /// Names are ours, or came through a `TreePath`.
  private static func path(_ name: String) -> TreePath {
    guard let path = TreePath(name), !path.isRoot else {
      preconditionFailure("no name in an initrd: \(name)")
    }
    return path
  }

  /// Writes to an empty file: gzip over cpio, a directory always before what it holds.
  package func write(to descriptor: CInt) throws {
    let writer = try CpioWriter(to: descriptor, name: "initrd.img")
    for (_, (entry, content)) in entries.sorted(by: { $0.key < $1.key }) {
      switch content {
      case nil: try writer.add(entry)
      case .file(let file): try writer.add(entry, content: file)
      case .bytes(let bytes): try writer.add(entry, bytes: bytes)
      }
    }
    try writer.finish()
  }
}
