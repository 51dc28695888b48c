import Glibc
import CLinux

/// Answers who owns a file and which device it is. Nothing else reads `st_uid`, `st_gid`, `st_rdev` or
/// `security.capability`: on disk they may be the accident of which user ran the build, and a device
/// cannot be made at all without privilege.
///
/// What an archive's header said about a path counts; for every other path, what `lstat` says.
package struct Ownership: Sendable {
  private let recorded: [TreePath: FileEntry]
  private let root: UInt32

  /// `recorded` are entries as the archives' headers described them. `root` is the user who is root of
  /// the tree as this process sees it: 0 inside the user namespace and for a privileged build.
  package init(recorded: [TreePath: FileEntry] = [:], root: UInt32 = 0) {
    self.recorded = recorded
    self.root = root
  }

  package func owner(of path: TreePath, _ status: stat) -> Owner {
    recorded[path]?.owner ?? Owner(user: status.st_uid, group: status.st_gid)
  }

  /// The device at `path`, nil if it is none. A recorded device counts where the tree has a device or
  /// the empty regular file that stands for one.
  package func device(at path: TreePath, _ status: stat) -> FileEntry.Kind? {
    let format = status.st_mode & S_IFMT
    let isDevice = format == S_IFCHR || format == S_IFBLK
    switch recorded[path]?.kind {
    case .some(let kind) where kind.isDevice && (isDevice || (format == S_IFREG && status.st_size == 0)):
      return kind
    default:
      guard isDevice else { return nil }
      let device = UInt64(status.st_rdev)
      let (major, minor) = (clinux_major(device), clinux_minor(device))
      return format == S_IFCHR
        ? .characterDevice(major: major, minor: minor) : .blockDevice(major: major, minor: minor)
    }
  }

  /// The value to store for `security.capability`, of which the disk holds `value`, or nil for none.
  package func capability(of path: TreePath, onDisk value: [UInt8]?) -> [UInt8]? {
    let name = Ownership.capabilityName
    if let known = recorded[path]?.extendedAttributes.first(where: { $0.name == name }) { return known.value }
    return value.map(withoutNamespace)
  }

  package static let capabilityName = "security.capability"

  /// A capability that was set inside a user namespace carries the namespace's root (revision 3 of
  /// `vfs_ns_cap_data`, linux/capability.h) and works in no other. In the image our root is root:
  /// revision 2. Any other value stays as it is.
  private func withoutNamespace(_ value: [UInt8]) -> [UInt8] {
    guard value.count == 24, value[3] == 3 else { return value }
    let owner = value[20..<24].reversed().reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
    guard owner == root else { return value }
    var plain = Array(value[..<20])
    plain[3] = 2
    return plain
  }
}

extension FileEntry.Kind {
  package var isDevice: Bool {
    switch self {
    case .characterDevice, .blockDevice: true
    default: false
    }
  }
}
