import HostTools

/// A virtual machine as it will be started: a value that is the emulator's whole command line.
package struct MachinePlan: Sendable, Equatable {
  package var architecture: MachineArchitecture
  package var accelerator: Accelerator
  /// MiB.
  package var memory: Int
  package var processors: Int
  /// Whether there is the image as /dev/vda, read-only. Without it the machine gets as far as capsem-init.
  package var hasRoot = true
  /// Whether there is an empty disk as /dev/vdb.
  package var hasScratch = true

  package init(
    architecture: MachineArchitecture, accelerator: Accelerator, memory: Int, processors: Int
  ) {
    self.architecture = architecture
    self.accelerator = accelerator
    self.memory = memory
    self.processors = processors
  }

  /// Less ends the emulator, or the kernel, without a word. MiB.
  package static let leastMemory = 64

  /// Descriptors of the emulator's process by what they are. It opens files by these numbers, so that what
  /// was verified is what is booted, whatever happens to the names.
  enum Inherited: CInt, CaseIterable {
    case null, output, messages, control, input, standardOutput, standardError
    case console, kernel, initrd, root, scratch

    var path: String { "/proc/self/fd/\(rawValue)" }
  }

  /// Ports of the channel. Data ports carry bytes, and no framing: each has its own back-pressure.
  static let ports: [(name: String, end: Inherited)] = [
    ("capsem.control", .control), ("capsem.input", .input), ("capsem.output", .standardOutput),
    ("capsem.error", .standardError),
  ]

  /// `quiet` and nothing stricter: errors of the file system, and programs killed for want of memory, are to
  /// be in the console's log. The end is a reboot that the emulator does not follow, on every machine.
  package var kernelOptions: [String] {
    [
      "console=\(architecture.console)", "root=/dev/vda", "ro", "quiet", "panic=-1", "init_on_alloc=1",
      "slab_nomerge", "page_alloc.shuffle=1", "random.trust_cpu=1", "capsem.agent=run", "capsem.exit=reboot",
    ]
  }

  package var arguments: [String] {
    var arguments = [
      "-nodefaults", "-no-user-config", "-display", "none", "-no-reboot",
      "-sandbox", "on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny",
      "-machine", architecture.machine, "-accel", accelerator.rawValue,
      "-cpu", architecture.processor(accelerator), "-smp", "\(processors)", "-m", "\(memory)",
      "-kernel", Inherited.kernel.path, "-initrd", Inherited.initrd.path,
      "-append", kernelOptions.joined(separator: " "),
      "-chardev", "file,id=console,path=\(Inherited.console.path),append=on", "-serial", "chardev:console",
      "-device", "virtio-rng-pci",
    ]
    func add(disk name: String, _ file: Inherited, _ options: String) {
      arguments += ["-drive", "if=none,id=\(name),format=raw,file=\(file.path),\(options)"]
      arguments += ["-device", "virtio-blk-pci,drive=\(name)"]
    }
    if hasRoot { add(disk: "root", .root, "readonly=on") }
    // Nobody needs it after the machine has ended: flushes are answered at once.
    if hasScratch { add(disk: "scratch", .scratch, "cache=unsafe,discard=unmap") }
    arguments += ["-device", "virtio-serial-pci,id=channel"]
    for port in MachinePlan.ports {
      let name = port.name.split(separator: ".")[1]
      arguments += ["-chardev", "socket,id=\(name),fd=\(port.end.rawValue)"]
      arguments += ["-device", "virtserialport,bus=channel.0,chardev=\(name),name=\(port.name)"]
    }
    return arguments
  }

  /// For people: "x86_64, tcg, 4 processors, 4096 MiB of memory".
  package var summary: String {
    let count = processors == 1 ? "1 processor" : "\(processors) processors"
    return "\(architecture.rawValue), \(accelerator.rawValue), \(count), \(memory) MiB of memory"
  }

  /// One option a line.
  package var text: String {
    var lines = [architecture.emulator.name]
    for word in arguments {
      if word.hasPrefix("-") { lines.append(word) } else { lines[lines.count - 1] += " \(word)" }
    }
    return lines.joined(separator: "\n") + "\n"
  }
}
