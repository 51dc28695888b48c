import Foundation
import TestSupport
import Testing

/// What `run` does not boot, or cannot.
extension MachineTests {
  @Suite struct BootRefusalTests {
    private let machine: FixtureMachine

    init() throws { machine = try FixtureMachine.shared.get() }

    /// The program with other assets: links to the fixture's, and one file of its own.
    private func run(changing file: String, to content: Data, verified: Bool) throws -> ProgramResult {
      let site = machine.site
      let name = "home/changed-\(verified ? "and-listed-" : "")\(file)"
      let directory = "\(site.directory)/\(name)/\(BuildSite.architecture)"
      try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
      for other in ["vmlinuz", "initrd.img", "rootfs.ext4"] where other != file {
        try runTool("ln", ["-s", "\(machine.directory)/\(other)", "\(directory)/\(other)"])
      }
      try content.write(to: URL(filePath: "\(directory)/\(file)"))
      var manifest = try String(contentsOfFile: "\(site.assets)/manifest.json", encoding: .utf8)
      if verified {
        func hash(_ path: String) throws -> String {
          String(try runTool("b3sum", ["--no-names", path]).prefix(64))
        }
        manifest = manifest.replacing(
          try hash("\(machine.directory)/\(file)"), with: try hash("\(directory)/\(file)"))
      }
      try site.write(manifest, to: "\(name)/manifest.json")
      try site.user.own("\(site.directory)/\(name)")
      return try machine.run(["true"], options: ["--assets", name])
    }

    private func content(_ file: String) throws -> Data {
      try Data(contentsOf: URL(filePath: "\(machine.directory)/\(file)"))
    }

    @Test(arguments: ["vmlinuz", "initrd.img", "rootfs.ext4"])
    func `one changed byte of an asset is refused by name`(file: String) throws {
      var content = try content(file)
      content[content.count / 2] ^= 1
      let result = try run(changing: file, to: content, verified: false)
      #expect(result.status == 125)
      #expect(
        result.errors.contains(
          "error: cannot boot \(machine.site.directory)/home/changed-\(file)/\(BuildSite.architecture)/\(file): "
            + "it is not what was built\n"), "\(result.errors)")
    }

    @Test func `a kernel of another architecture is refused, and does not hang`() throws {
      var kernel = Data(count: 4096)
      kernel.replaceSubrange(56..<60, with: "ARMd".utf8)
      let result = try run(changing: "vmlinuz", to: kernel, verified: true)
      #expect(result.status == 125)
      #expect(result.errors.contains("vmlinuz: it was made for arm64\n"), "\(result.errors)")
    }

    @Test func `an initrd without its end is a panic that is told`() throws {
      let initrd = try content("initrd.img")
      let result = try run(changing: "initrd.img", to: initrd.prefix(initrd.count / 2), verified: true)
      #expect(result.status == 125)
      #expect(result.errors.hasPrefix("error: cannot boot: the kernel stopped before capsem-init ran\n"))
      #expect(result.errors.contains("Kernel panic - not syncing"), "\(result.errors)")
      #expect(result.errors.contains("/logs/console-\(BuildSite.architecture).log\n"))
    }

    @Test func `an image of no file system is told by capsem-init`() throws {
      let result = try run(changing: "rootfs.ext4", to: Data(count: 1 << 20), verified: true)
      #expect(result.status == 125)
      #expect(
        result.errors.hasPrefix(
          "error: cannot boot: root: /dev/vda holds neither ext4, squashfs nor EROFS"), "\(result.errors)")
    }

    @Test func `assets that are not there are named, with what builds them`() throws {
      let none = try machine.run(["true"], options: ["--assets", "nowhere"])
      #expect(none.status == 125)
      #expect(none.errors.contains("nowhere: it has no manifest.json of format 2\n"), "\(none.errors)")
      #expect(none.errors.contains("hint: capsem-native build --template all\n"))
      let other = try machine.run(["true"], options: ["--arch", "riscv"])
      #expect(other.errors.contains("cannot boot riscv: "), "\(other.errors)")
    }
  }
}
