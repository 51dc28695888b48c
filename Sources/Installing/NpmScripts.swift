import BuildModel
import Diagnosis
import FileTree
import Sandbox

/// Runs the scripts of npm packages that the config allows by name, in the sandbox, without a network.
struct NpmScripts {
  /// The tree's directory in the workspace, and its root directory.
  var tree: String
  var root: CInt
  var prefix: TreePath
  var environment: ScriptEnvironment
  var modified: Timestamp

  /// In the order of the packages. npm runs them: `npm rebuild` of one package is what an installation
  /// does after unpacking.
  func run(_ packages: [LockedNpmPackage], output: (String) -> Void) throws {
    let library = NpmInstaller.library(of: prefix)
    for package in packages {
      let name = "\(package.name)@\(package.version)"
      let variables =
        environment.variables.filter { $0.name != "TMPDIR" } + [
          ("npm_config_offline", "true"), ("npm_config_audit", "false"), ("npm_config_fund", "false"),
          ("npm_config_update_notifier", "false"), ("npm_config_foreground_scripts", "true"),
          ("npm_config_cache", "/tmp/npm"), ("NODE_DISABLE_COMPILE_CACHE", "1"),
        ]
      let plan = SandboxPlan(
        tree: tree, command: ["/usr/local/bin/npm", "rebuild", name],
        environment: variables, lent: environment.clock?.library, directory: library.description)
      var bytes: [UInt8] = []
      let status = try Sandbox.run(plan) { if bytes.count < 1 << 18 { bytes.append(contentsOf: $0) } }
      let lines = String(decoding: bytes, as: UTF8.self).split(whereSeparator: \.isNewline).map(String.init)
      lines.forEach(output)
      guard status.isSuccess else {
        throw Report(
          "cannot run the scripts of the npm package \(name): npm \(status)", causes: Array(lines.suffix(10)),
          hints: [
            "scripts have no network here, and no compiler but the image's: "
              + "take \"\(package.name)\" out of allow_scripts, or add what it needs to packages/apt.toml"
          ])
      }
    }
    if packages.isEmpty { return }
    // What npm leaves for itself, and the links of a project that this is not.
    var writer = TreeWriter(root: root)
    let modules = library.appending("node_modules".utf8)
    for name in [".package-lock.json", ".bin"] { try writer.removeTree(modules.appending(name.utf8)) }
    try writer.setTime(modified, of: modules)
  }
}
