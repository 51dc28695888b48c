import Diagnosis
import FileTree
import Glibc

/// A user namespace in which the caller is root, and nobody else exists. It takes no privilege.
package enum SingleID {
  /// Maps the namespace that process `pid` has just made.
  package static func map(_ process: pid_t) throws(SystemFailure) {
    // user_namespaces(7): without privilege, groups may only be mapped where none can be dropped.
    try write("deny", to: "setgroups", process)
    try write("0 \(getegid()) 1\n", to: "gid_map", process)
    try write("0 \(geteuid()) 1\n", to: "uid_map", process)
  }

  private static func write(_ text: String, to name: String, _ process: pid_t) throws(SystemFailure) {
    let file = "/proc/\(process)/\(name)"
    let descriptor = try Descriptor(opening: file, O_WRONLY)
    // One write(2), or none.
    let bytes = Array(text.utf8)
    try system("write", file) { Glibc.write(descriptor.raw, bytes, bytes.count) }
  }
}
