import Booting
import FileTree
import Foundation
import Glibc
import HostTools
import Imaging
import Manifests
import TestSupport

/// Assets of a small guest: Debian's kernel, an initrd as a build writes it, and an image of this host's busybox,
/// bash and e2fsprogs, which `pack` wrote.
final class FixtureMachine: Sendable {
  let site: BuildSite

  static let shared = Result { try FixtureMachine() }

  private init() throws {
    site = try BuildSite()
    let kernel = try FixtureKernel(in: "\(site.directory)/runs/kernel")
    try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
    try runTool("cp", [kernel.image, "\(directory)/vmlinuz"])
    try writeInitrd(with: kernel)
    try runTool(
      "sh", ["-euc", FixtureMachine.tree, "sh", BuildSite.repository], in: "\(site.directory)/home")
    try site.user.own(site.assets, "\(site.directory)/home")
    let packed = try site.run(["pack", "home/root", site.image, "--quiet"])
    guard packed.status == 0 else { throw ToolFailure(description: packed.errors) }
    try writeManifest()
    try writeConfig()
    try site.user.own(site.assets)
  }

  var directory: String { "\(site.assets)/\(BuildSite.architecture)" }

  private func writeInitrd(with kernel: FixtureKernel) throws {
    let agent = try RunAgentTests.compile(into: "\(site.directory)/runs")
    let busybox = try Descriptor(opening: "/bin/busybox", O_RDONLY)
    func content(_ path: String) throws -> Initrd.Content {
      .bytes(Array(try Data(contentsOf: URL(filePath: path))))
    }
    var initrd = try Initrd(
      Initrd.Base(
        busybox: .file(busybox.raw),
        script: try content("\(BuildSite.repository)/guest/artifacts/capsem-init"),
        runAgent: try content(agent)), date: Timestamp(seconds: 1_700_000_000))
    try kernel.add(to: &initrd)
    let file = try Descriptor(opening: "\(directory)/initrd.img", O_RDWR | O_CREAT | O_TRUNC)
    try initrd.write(to: file.raw)
  }

  /// The tree `root`, with all that capsem-init asks of an image, and no more.
  private static let tree = """
    mkdir -p root
    cd root
    mkdir -p bin dev etc proc root run sbin sys tmp usr/bin usr/sbin
    cp /bin/busybox /bin/bash bin
    cp /usr/sbin/mke2fs /usr/sbin/e2fsck usr/sbin
    ldd bin/bash usr/sbin/mke2fs usr/sbin/e2fsck | grep -o '/lib[^ ]*' | sort -u | while read -r library; do
      mkdir -p ".${library%/*}"
      cp -L "$library" ".$library"
    done
    for applet in $(bin/busybox --list); do [ -e "bin/$applet" ] || ln -s busybox "bin/$applet"; done
    ln -s ../../bin/busybox usr/bin/env
    : >etc/resolv.conf
    : >etc/machine-id
    : >etc/profile
    echo root:x:0:0:root:/root:/bin/bash >etc/passwd
    cp /etc/mke2fs.conf etc
    artifacts=$1/guest/artifacts
    cp "$artifacts/capsem-bashrc" etc/capsem-bashrc
    cp "$artifacts/banner.txt" etc/capsem-banner.txt
    cp "$artifacts/tips.txt" etc/capsem-tips.txt
    printf '#!/bin/sh\\n' >usr/bin/claude
    chmod 755 usr/bin/claude
    """

  func writeManifest() throws {
    let assets = try ["vmlinuz", "initrd.img", "rootfs.ext4"].map { file in
      let path = "\(directory)/\(file)"
      let descriptor = try Descriptor(opening: path, O_RDONLY)
      return Asset(
        architecture: BuildSite.architecture, file: file, hash: try Blake3.hex(ofFile: path),
        size: try fileSize(descriptor.raw, named: path))
    }
    let manifest = Manifest(assets: assets, date: 1_700_000_000, hostVersion: "1.0.0", previous: nil)
    try site.write(manifest.text, to: "assets/manifest.json")
  }

  private func writeConfig() throws {
    try site.configure(["bash"])
    try site.write(
      """
      [resources]
      cpu_count = 2
      ram_gb = 1
      scratch_disk_size_gb = 3

      """, to: "guest/config/vm/resources.toml")
    try site.write(
      """
      [environment.shell]
      term = "vt220"

      [environment.shell.bashrc]
      path = "/root/.config/bashrc"
      content = "# mine\\n"

      """, to: "guest/config/vm/environment.toml")
  }

  /// Runs a command in the machine, by emulation, whatever the host can do.
  func start(_ command: [String], options: [String] = [], input: String? = nil) throws -> ProgramRun {
    try site.start(
      ["run", "--accel", "tcg", "--quiet", "--timeout", "100"] + options + ["--"] + command, input: input)
  }

  func run(_ command: [String], options: [String] = [], input: String? = nil) throws -> ProgramResult {
    try start(command, options: options, input: input).finish()
  }
}
