import Foundation
import Imaging
import TestSupport

/// Debian's own kernel for virtual machines, out of its package, and the modules that the fixture's devices and
/// file systems need: only here are they modules.
struct FixtureKernel {
  /// The `vmlinuz`.
  let image: String
  /// Below which `lib/modules` lies.
  private let directory: String
  private let release: String

  private static let modules = ["virtio_pci", "virtio_blk", "virtio_console", "overlay"]

  init(in directory: String) throws {
    self.directory = directory
    try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
    let client = try AptClient(
      in: "\(directory)/apt",
      sources: """
        Types: deb
        URIs: \(try BuildSite.hostArchive(of: "bookworm"))
        Suites: bookworm
        Components: main
        Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg

        """)
    try client.update()
    let package = try client.dependency(
      of: "linux-image-cloud-\(BuildSite.debian)", startingWith: "linux-image-")
    let file = try client.download(package, into: directory)
    try runTool("dpkg-deb", ["-x", file, directory])
    release = String(package.dropFirst("linux-image-".count))
    try runTool("depmod", ["-b", directory, release])
    image = "\(directory)/boot/vmlinuz-\(release)"
  }

  /// Adds the modules and what modprobe needs to find them.
  func add(to initrd: inout Initrd) throws {
    let top = "lib/modules/\(release)"
    let listed = try String(contentsOfFile: "\(directory)/\(top)/modules.dep", encoding: .utf8)
    let lines = listed.split(separator: "\n").filter { line in
      FixtureKernel.modules.contains { line.prefix { $0 != ":" }.hasSuffix("/\($0).ko") }
    }
    let needed = lines.flatMap { $0.replacing(":", with: "").split(separator: " ") }
    for module in Set(needed).sorted() {
      let content = try Data(contentsOf: URL(filePath: "\(directory)/\(top)/\(module)"))
      try initrd.add("\(top)/\(module)", mode: 0o644, .bytes(Array(content)))
    }
    // What the others need has no line of its own: modprobe reads whole lines.
    let text = lines.map { "\($0)\n" }.joined() + Set(needed).sorted().map { "\($0):\n" }.joined()
    try initrd.add("\(top)/modules.dep", mode: 0o644, .bytes(Array(text.utf8)))
    try initrd.load(modules: FixtureKernel.modules)
  }
}
