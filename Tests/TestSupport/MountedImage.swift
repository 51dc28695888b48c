import Foundation

/// An image as capsem-init has it: mounted read-only, with a writable overlay. Takes root; everything is
/// unmounted with the value.
package final class MountedImage {
  package let root: String
  private let directory: String

  package init(image: String, directory: String) throws {
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
}
