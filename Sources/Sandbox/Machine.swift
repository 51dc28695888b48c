/// A processor that programs are for, by the name that uname(2) has for it, and QEMU.
package enum Machine: String, Sendable, Codable, CaseIterable {
  case x86_64, aarch64

  /// Of this program, and of the programs that the kernel runs without help.
  package static var host: Machine {
    #if arch(arm64)
      .aarch64
    #else
      .x86_64
    #endif
  }

  /// `e_machine` of elf(5).
  package var number: UInt8 {
    switch self {
    case .x86_64: 62
    case .aarch64: 183
    }
  }

  /// The first 20 bytes of its 64-bit little-endian executables, with which of their bits count: an
  /// OS ABI may be named, and a program may be position-independent (ET_DYN, 3) or not (ET_EXEC, 2).
  package var header: (bytes: [UInt8], mask: [UInt8]) {
    let bytes: [UInt8] =
      [0x7f, 0x45, 0x4c, 0x46, 2, 1, 1] + [UInt8](repeating: 0, count: 9) + [2, 0, number, 0]
    var mask = [UInt8](repeating: 0xff, count: 20)
    mask[7] = 0
    mask[16] = 0xfe
    return (bytes, mask)
  }
}
