import Diagnosis
import Sandbox
import Testing

@testable import Pipeline

/// How a host is found to run programs of another machine.
@Suite struct EmulatorsTests {
  private let path = "/usr/bin/qemu-aarch64-static"
  private let entry = """
    enabled
    interpreter /usr/libexec/qemu-binfmt/aarch64-binfmt-P
    flags: POF
    offset 0
    magic 7f454c460201010000000000000000000200b700
    mask ffffffffffffff00fffffffffffffffffeffffff

    """

  private func choice(_ kernel: String, emulator: Bool, entry: Bool) -> String {
    let emulators = Emulators(
      kernel: kernel, paths: emulator ? [.aarch64: path] : [:], entries: entry ? [self.entry] : [])
    do {
      return "\(try emulators.execution(of: .aarch64, host: .x86_64))"
    } catch {
      return ([error.summary] + error.causes + error.hints).joined(separator: "\n")
    }
  }

  @Test func `the host's own programs need nothing`() throws {
    let none = Emulators(kernel: "5.11.0", paths: [:], entries: [])
    #expect(try none.execution(of: .x86_64, host: .x86_64) == .native)
    #expect(try none.execution(of: .aarch64, host: .aarch64) == .native)
  }

  @Test func `a namespace's own binfmt_misc comes first, and the host's entry serves without`() {
    let own = "\(Execution.emulated(.aarch64, by: path))"
    let hosts = "\(Execution.registeredByHost)"
    #expect(choice("6.7.0", emulator: true, entry: false) == own)
    #expect(choice("6.12.38+deb13-amd64", emulator: true, entry: true) == own)
    #expect(choice("6.12.38+deb13-amd64", emulator: false, entry: true) == hosts)
    #expect(choice("6.1.0-28-amd64", emulator: true, entry: true) == hosts)
    #expect(choice("6.1.0-28-amd64", emulator: false, entry: true) == hosts)
  }

  @Test func `a host without an emulator is told which package has it`() {
    #expect(
      choice("6.18.44", emulator: false, entry: false) == """
        cannot run programs for aarch64: this host has no emulator for them
        qemu-aarch64-static is not installed
        the host's binfmt_misc has no entry for aarch64 that works in any tree (flag F)
        sudo apt-get install qemu-user-static
        """)
  }

  @Test func `a kernel without binfmt_misc for user namespaces is named, with what helps on it`() {
    #expect(
      choice("6.1.0-28-amd64", emulator: true, entry: false) == """
        cannot run programs for aarch64: this host has no emulator for them
        Linux 6.1.0-28-amd64 has no binfmt_misc for user namespaces: 6.7 is the first
        the host's binfmt_misc has no entry for aarch64 that works in any tree (flag F)
        sudo apt-get install qemu-user-static binfmt-support
        """)
  }

  @Test func `root registers in a namespace, and only there`() {
    #expect(Execution.emulated(.aarch64, by: path).tier(.root) == .namespacedRoot)
    #expect(Execution.emulated(.aarch64, by: path).tier(.subuid) == .subuid)
    #expect(Execution.registeredByHost.tier(.root) == .root)
    #expect(Execution.native.tier(.root) == .root)
  }
}
