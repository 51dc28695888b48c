import Foundation
import TestSupport
import Testing

/// An image as capsem-init has it: mounted read-only, with a writable overlay.
final class Machine {
  let root: String
  private let directory: String

  init(image: String, directory: String) throws {
    self.directory = directory
    root = "\(directory)/root"
    for name in ["lower", "layer", "root"] {
      try FileManager.default.createDirectory(
        atPath: "\(directory)/\(name)", withIntermediateDirectories: true)
    }
    try runTool("mount", ["-o", "loop,ro,noload", image, "\(directory)/lower"])
    try runTool("mount", ["-t", "tmpfs", "tmpfs", "\(directory)/layer"])
    try runTool("mkdir", ["\(directory)/layer/upper", "\(directory)/layer/work"])
    let layers =
      "lowerdir=\(directory)/lower,upperdir=\(directory)/layer/upper,workdir=\(directory)/layer/work"
    try runTool("mount", ["-t", "overlay", "-o", layers, "overlay", root])
    try runTool("mount", ["-t", "proc", "proc", "\(root)/proc"])
    try runTool("mount", ["--rbind", "/dev", "\(root)/dev"])
    try runTool("mount", ["--make-rslave", "\(root)/dev"])
  }

  deinit {
    for name in ["root/dev", "root/proc", "root", "layer", "lower"] {
      _ = try? runTool("umount", ["--recursive", "\(directory)/\(name)"])
    }
  }

  /// Runs what capsem-init runs, with the shell that it has.
  func makeSecrets() throws {
    let script = """
      root=\(root)
      system_path=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
      take() { sed -n "/^$1() {/,/^}/p" "\(BuildSite.repository)/guest/artifacts/capsem-init"; }
      say() { echo "$*"; }
      eval "$(take with_environment; take guest; take unless_there; take make_secrets)"
      make_secrets
      """
    let said = try runTool("busybox", ["sh", "-euc", script])
    #expect(!said.contains("failed"), "\(said)")
  }
}
