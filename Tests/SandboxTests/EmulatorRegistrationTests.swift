import FileTree
import Glibc
import Sandbox
import Testing

/// What is told to the kernel, and what is understood of what it tells. Real registrations are in
/// PipelineTests.ForeignBuildTests.
@Suite struct EmulatorRegistrationTests {
  @Test func `an entry says what QEMU's own says, and that set-id programs keep their rights`() {
    let zeros = String(repeating: "\\x00", count: 9)
    let ones = String(repeating: "\\xff", count: 7)
    #expect(
      EmulatorRegistration.entry(of: .aarch64, interpreter: "/proc/self/fd/9")
        == ":aarch64:M::\\x7f\\x45\\x4c\\x46\\x02\\x01\\x01\(zeros)\\x02\\x00\\xb7\\x00"
        + ":\(ones)\\x00\(ones)\\xff\\xfe\\xff\\xff\\xff:/proc/self/fd/9:FOPC")
    #expect(EmulatorRegistration.entry(of: .x86_64, interpreter: "/q").contains("\\x02\\x00\\x3e\\x00:"))
  }

  /// Whether this process is where a registration would be the host's: PROC_USER_INIT_INO of the kernel.
  private static var isInitialNamespace: Bool {
    var namespace = stat()
    return stat("/proc/self/ns/user", &namespace) == 0 && namespace.st_ino == 0xEFFF_FFFD
  }

  @Test(.enabled(if: isInitialNamespace, "runs in a user namespace"))
  func `nothing is ever registered outside of a user namespace`() throws {
    let file = try Descriptor(opening: "/bin/true", O_RDONLY)
    #expect(throws: SandboxError("register an emulator outside of a user namespace", code: EPERM)) {
      _ = try EmulatorRegistration(of: .aarch64, emulator: file)
    }
  }

  /// As the kernel shows the entry of Debian's qemu-user-static.
  private func entry(
    state: String = "enabled", flags: String = "POF",
    magic: String = "7f454c460201010000000000000000000200b700",
    mask: String? = "ffffffffffffff00fffffffffffffffffeffffff"
  ) -> String {
    """
    \(state)
    interpreter /usr/libexec/qemu-binfmt/aarch64-binfmt-P
    flags: \(flags)
    offset 0
    magic \(magic)

    """ + (mask.map { "mask \($0)\n" } ?? "")
  }

  @Test func `an entry of the host's serves its machine in any tree`() {
    #expect(EmulatorRegistration.serves(.aarch64, entry: entry()))
    #expect(!EmulatorRegistration.serves(.x86_64, entry: entry()))
    #expect(EmulatorRegistration.serves(.aarch64, entry: entry(mask: nil)))
  }

  @Test func `one that is disabled, looks its interpreter up in the tree, or matches anything, does not`() {
    #expect(!EmulatorRegistration.serves(.aarch64, entry: entry(state: "disabled")))
    #expect(!EmulatorRegistration.serves(.aarch64, entry: entry(flags: "PO")))
    #expect(!EmulatorRegistration.serves(.aarch64, entry: entry(magic: "7f454c46", mask: nil)))
    #expect(
      !EmulatorRegistration.serves(.aarch64, entry: "enabled\ninterpreter /usr/bin/wine\nextension .exe\n"))
    #expect(!EmulatorRegistration.serves(.aarch64, entry: ""))
  }
}
