import BuildModel
import Diagnosis
import FileTree
import Sandbox

/// `/usr/share/info/dir`, the list of manuals in Info's format. The script that makes it, install-info's
/// `update-info-dir`, takes the manuals as the file system happens to list them, and the list shows their
/// order: so it is made once more, by the image's own install-info, with the names sorted.
struct InfoDirectory {
  var tree: String
  var root: CInt
  var environment: ScriptEnvironment
  var modified: Timestamp

  private static let directory: TreePath = "usr/share/info"

  /// The same files as in `update-info-dir`. What it keeps of the list before goes.
  private static let script = """
    cd /usr/share/info
    rm -f dir dir.old
    find /usr/share/info -type f | LC_ALL=C sort | while read -r file; do
      case $file in
      */dir | */dir.gz | */dir.old.gz | *-[0-9] | *-[0-9].gz | *-[1-9][0-9] | *-[1-9][0-9].gz | *.png | *.jpg) ;;
      *) install-info "$file" /usr/share/info/dir || echo "cannot list $file" ;;
      esac
    done
    """

  func rebuild() throws {
    var writer = TreeWriter(root: root)
    guard try writer.exists("usr/sbin/update-info-dir"),
      try writer.exists(InfoDirectory.directory.appending("dir".utf8))
    else { return }
    let plan = SandboxPlan(
      tree: tree, command: ["/bin/sh", "-ec", InfoDirectory.script], environment: environment.variables)
    var output: [UInt8] = []
    let status = try Sandbox.run(plan) { if output.count < 1 << 16 { output.append(contentsOf: $0) } }
    guard status.isSuccess else {
      throw Report(
        "cannot list the manuals in /usr/share/info: install-info \(status)",
        causes: String(decoding: output, as: UTF8.self).split(separator: "\n").suffix(5).map(String.init))
    }
    writer.forgetDirectories()
    for path in [InfoDirectory.directory.appending("dir".utf8), InfoDirectory.directory]
    where try writer.exists(path) { try writer.setTime(modified, of: path) }
  }
}
