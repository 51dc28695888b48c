import BuildModel
import Diagnosis
import FileTree
import Sandbox

/// Runs preinst scripts, the only scripts that come before configuring.
///
/// Real dpkg runs a preinst before it unpacks the package. The essential packages cannot be served so,
/// for nothing could run it then: there, as with mmdebstrap, all are unpacked first, and base-passwd's
/// preinst, which makes /etc/passwd, is the first to run. Later packages get dpkg's own moment, before
/// any of their files: a preinst that diverts a file of another package finds the diversion heeded.
struct PreinstRun {
  var tree: String
  var root: CInt
  var environment: ScriptEnvironment
  var events: EventHandler

  private static let directory: TreePath = "var/lib/dpkg/tmp.ci"

  func run(_ controls: [PackageControl]) throws {
    var writer = TreeWriter(root: root)
    for control in controls where control.member("preinst") != nil {
      let package = control.package
      events(.activity(.stage, "\(package.name) preinst"))
      // Where dpkg has the control members while a package is not unpacked: debconf takes the package's
      // name from there.
      try writer.makeDirectories(PreinstRun.directory)
      try writer.replaceFile(PreinstRun.directory.appending("control".utf8), with: control.text)
      for member in control.members {
        try writer.replaceFile(
          PreinstRun.directory.appending(member.name.utf8), with: member.bytes, mode: member.mode)
      }
      let plan = SandboxPlan(
        tree: tree, command: ["\(PreinstRun.directory)/preinst", "install"],
        environment: environment.variables(for: "preinst", of: package), lent: environment.clock?.library)
      var log: [UInt8] = []
      let status = try Sandbox.run(plan) { bytes in
        if log.count < 1 << 16 { log.append(contentsOf: bytes) }
      }
      guard status.isSuccess else {
        let lines = String(decoding: log, as: UTF8.self).split(separator: "\n").suffix(5).map(String.init)
        throw StagingError(package.name, .scriptFailed("preinst", status: status.description, log: lines))
      }
      try writer.removeTree(PreinstRun.directory)
    }
  }

  /// The places of the packages: base-passwd's first, the others in unpack order.
  static func bootstrapOrder(_ controls: [PackageControl]) -> [Int] {
    controls.indices.filter { controls[$0].locked.name == "base-passwd" }
      + controls.indices.filter { controls[$0].locked.name != "base-passwd" }
  }
}
