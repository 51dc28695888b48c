import Booting
import FileTree
import Foundation
import Glibc
import TestSupport
import Testing

@Suite struct MachinePlanTests {
  @Test func `is the emulator's whole command line`() {
    let plan = MachinePlan(architecture: .x86_64, accelerator: .tcg, memory: 4096, processors: 4)
    #expect(
      plan.text == """
        qemu-system-x86_64
        -nodefaults
        -no-user-config
        -display none
        -no-reboot
        -sandbox on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny
        -machine q35
        -accel tcg
        -cpu max
        -smp 4
        -m 4096
        -kernel /proc/self/fd/8
        -initrd /proc/self/fd/9
        -append console=ttyS0 root=/dev/vda ro quiet panic=-1 init_on_alloc=1 slab_nomerge page_alloc.shuffle=1 \
        random.trust_cpu=1 capsem.agent=run capsem.exit=reboot
        -chardev file,id=console,path=/proc/self/fd/7,append=on
        -serial chardev:console
        -device virtio-rng-pci
        -drive if=none,id=root,format=raw,file=/proc/self/fd/10,readonly=on
        -device virtio-blk-pci,drive=root
        -drive if=none,id=scratch,format=raw,file=/proc/self/fd/11,cache=unsafe,discard=unmap
        -device virtio-blk-pci,drive=scratch
        -device virtio-serial-pci,id=channel
        -chardev socket,id=control,fd=3
        -device virtserialport,bus=channel.0,chardev=control,name=capsem.control
        -chardev socket,id=input,fd=4
        -device virtserialport,bus=channel.0,chardev=input,name=capsem.input
        -chardev socket,id=output,fd=5
        -device virtserialport,bus=channel.0,chardev=output,name=capsem.output
        -chardev socket,id=error,fd=6
        -device virtserialport,bus=channel.0,chardev=error,name=capsem.error

        """)
    #expect(plan.summary == "x86_64, tcg, 4 processors, 4096 MiB of memory")
  }

  @Test func `differs on arm64, and with the processor's own virtualization, where it must`() {
    let x86 = MachinePlan(architecture: .x86_64, accelerator: .tcg, memory: 512, processors: 1)
    var arm = x86
    arm.architecture = .arm64
    func changed(_ plan: MachinePlan) -> [String] {
      zip(x86.text.split(separator: "\n"), plan.text.split(separator: "\n")).filter { $0 != $1 }.map {
        "\($1)"
      }
    }
    #expect(
      changed(arm).map { String($0.prefix(30)) } == [
        "qemu-system-aarch64", "-machine virt", "-cpu max,pauth-impdef=on", "-append console=ttyAMA0 root=/",
      ])
    var kvm = x86
    kvm.accelerator = .kvm
    #expect(changed(kvm) == ["-accel kvm", "-cpu host"])
  }

  @Test func `knows for which architecture a kernel was made`() throws {
    let scratch = try ScratchDirectory()
    func architecture(_ magic: [UInt8], at offset: Int) throws -> MachineArchitecture? {
      let path = try scratch.write([UInt8](repeating: 0, count: offset) + magic, to: "kernel")
      let file = try Descriptor(opening: path, O_RDONLY)
      return try MachineArchitecture.ofKernel(file.raw)
    }
    #expect(try architecture(Array("HdrS".utf8), at: 0x202) == .x86_64)
    #expect(try architecture(Array("ARMd".utf8), at: 56) == .arm64)
    let elf: [UInt8] = [0x7f, 0x45, 0x4c, 0x46, 2, 1, 1] + [UInt8](repeating: 0, count: 11)
    #expect(try architecture(elf + [62, 0], at: 0) == .x86_64)
    #expect(try architecture(elf + [183, 0], at: 0) == .arm64)
    #expect(try architecture(elf + [8, 0], at: 0) == nil)
    #expect(try architecture([], at: 0) == nil)
    #expect(try architecture(Array("HdrS".utf8), at: 0x203) == nil)
  }

  @Test func `a report has a row for each stage`() {
    var times = BootTimes()
    (times.hello, times.ready, times.started, times.firstOutput, times.ended) = (1240, 1500, 1510, 1530, 1600)
    times.stages = [BootTimes.Stage(name: "ext4", duration: 60)]
    #expect(
      times.text == """
        kernel           1240 ms     1240 ms
        ext4               60 ms
        ready                        1500 ms
        first output                 1530 ms
        command            90 ms     1600 ms

        """)
  }
}
