import Diagnosis
import FileTree
import Glibc
import HostTools

/// What a machine is, as far as the emulator has to be told.
package enum MachineArchitecture: String, Sendable, CaseIterable {
  case x86_64, arm64

  /// That of this host; nil for others than these.
  package static var ofHost: MachineArchitecture? {
    #if arch(x86_64)
      .x86_64
    #elseif arch(arm64)
      .arm64
    #else
      nil
    #endif
  }

  package var emulator: HostTool {
    switch self {
    case .x86_64: HostTool("qemu-system-x86_64", package: "qemu-system-x86")
    case .arm64: HostTool("qemu-system-aarch64", package: "qemu-system-arm")
    }
  }

  var machine: String {
    switch self {
    case .x86_64: "q35"
    case .arm64: "virt"
    }
  }

  /// Everything that the emulator can do. Without `pauth-impdef` it computes the architecture's own cipher for
  /// each return address, and the guest is more than twice as slow.
  func processor(_ accelerator: Accelerator) -> String {
    switch (self, accelerator) {
    case (_, .kvm): "host"
    case (.x86_64, .tcg): "max"
    case (.arm64, .tcg): "max,pauth-impdef=on"
    }
  }

  var console: String {
    switch self {
    case .x86_64: "ttyS0"
    case .arm64: "ttyAMA0"
    }
  }

  /// For which architecture a kernel was made, by its first bytes; nil for a file that is no kernel. With a
  /// wrong kernel the emulator hangs without a word.
  package static func ofKernel(_ descriptor: CInt) throws(SystemFailure) -> MachineArchitecture? {
    var head = [UInt8](repeating: 0, count: 1024)
    let count = try system("read", "the kernel") { pread(descriptor, &head, head.count, 0) }
    func has(_ magic: String, at offset: Int) -> Bool {
      offset + magic.utf8.count <= count && head[offset...].starts(with: magic.utf8)
    }
    if has("HdrS", at: 0x202) { return .x86_64 }
    if has("ARMd", at: 56) { return .arm64 }
    // ELF's e_machine.
    if has("\u{7f}ELF", at: 0) {
      switch UInt16(head[18]) | UInt16(head[19]) << 8 {
      case 62: return .x86_64
      case 183: return .arm64
      default: return nil
      }
    }
    return nil
  }
}

/// What runs the guest's instructions.
package enum Accelerator: String, Sendable, Equatable, CaseIterable {
  /// The processor, through /dev/kvm.
  case kvm
  /// The emulator.
  case tcg
}
