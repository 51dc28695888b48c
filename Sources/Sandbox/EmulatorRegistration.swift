import CSandbox
import Diagnosis
import FileTree
import Glibc

/// Programs of another machine run by an emulator, for as long as this lives: an entry in the binfmt_misc
/// of the worker's own user namespace. Nothing of the host changes, and no path leads from a tree to the
/// emulator or to the entry.
package struct EmulatorRegistration: ~Copyable {
  /// Of the mount, which is in no directory.
  private let formats: Descriptor

  /// `emulator` is a static program of QEMU's user mode, which the kernel keeps open: the descriptor may be
  /// closed afterwards. Throws SandboxError where the kernel has no binfmt_misc for user namespaces.
  package init(of machine: Machine, emulator: borrowing Descriptor) throws {
    var failure = csandbox_failure()
    let raw = csandbox_open_formats(&failure)
    guard raw >= 0 else { throw SandboxError(failure) }
    let formats = Descriptor(owning: raw)
    let register = Descriptor(
      owning: try system("open", "register of binfmt_misc") {
        openat(formats.raw, "register", O_WRONLY | O_CLOEXEC)
      })
    let entry = EmulatorRegistration.entry(of: machine, interpreter: "/proc/self/fd/\(emulator.raw)")
    // One write is one entry.
    try system("register an emulator for", machine.rawValue) {
      entry.utf8CString.withUnsafeBytes { write(register.raw, $0.baseAddress, $0.count - 1) }
    }
    self.formats = formats
  }

  /// As the kernel's Documentation/admin-guide/binfmt-misc.rst has it. The kernel opens the interpreter now
  /// (F) and the program for it (O); programs keep their own name (P) and, where they are set-id, their
  /// rights (C).
  package static func entry(of machine: Machine, interpreter: String) -> String {
    func escaped(_ bytes: [UInt8]) -> String {
      bytes.map { "\\x" + ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }
    let header = machine.header
    return ":\(machine.rawValue):M::\(escaped(header.bytes)):\(escaped(header.mask)):\(interpreter):FOPC"
  }

  /// Whether an entry that the host has, in the words in which /proc/sys/fs/binfmt_misc shows it, runs
  /// programs of `machine` in any tree: it is enabled, matches them and has the flag F.
  package static func serves(_ machine: Machine, entry text: String) -> Bool {
    let lines = text.split(separator: "\n").map(String.init)
    func value(_ key: String) -> String? {
      lines.first { $0.hasPrefix(key + " ") }.map { String($0.dropFirst(key.count + 1)) }
    }
    func bytes(_ key: String) -> [UInt8]? {
      value(key).map { text in
        let digits = Array(text.utf8)
        return stride(from: 0, to: digits.count - 1, by: 2).compactMap {
          UInt8(String(decoding: digits[$0...$0 + 1], as: UTF8.self), radix: 16)
        }
      }
    }
    guard lines.contains("enabled"), value("offset") == "0", let magic = bytes("magic"),
      lines.first(where: { $0.hasPrefix("flags:") })?.contains("F") == true
    else { return false }
    let mask = bytes("mask") ?? [UInt8](repeating: 0xff, count: magic.count)
    let program = machine.header.bytes
    // An entry that does not look at e_machine would match the host's programs, too.
    guard magic.count > 18, magic.count <= program.count, mask.count == magic.count else { return false }
    return magic.indices.allSatisfy { (magic[$0] ^ program[$0]) & mask[$0] == 0 }
  }
}
