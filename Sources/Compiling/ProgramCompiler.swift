import BuildModel
import Diagnosis
import FileTree
import Glibc
import Sandbox

/// Compiles a program of one C file in a build root.
package struct ProgramCompiler {
  package var tree: String
  /// Of the tree.
  package var root: CInt
  package var environment: ScriptEnvironment
  package var events: EventHandler

  package init(tree: String, root: CInt, environment: ScriptEnvironment, events: @escaping EventHandler) {
    self.tree = tree
    self.root = root
    self.environment = environment
    self.events = events
  }

  private static let directory: TreePath = "build/program"

  /// Writes the program to the empty file `target`.
  package func compile(_ program: ProgramRecipe, to target: CInt) throws {
    events(.activity(.initrd, "compiling \(program.name)"))
    var writer = TreeWriter(root: root)
    let directory = ProgramCompiler.directory
    try writer.makeDirectories(directory)
    try writer.replaceFile(directory.appending("program.c".utf8), with: program.source)
    let compiler = "/usr/bin/\(program.architecture.gnuTriplet)-gcc"
    let plan = SandboxPlan(
      tree: tree, command: [compiler] + program.arguments + ["-s", "-o", "program", "program.c"],
      environment: environment.variables, directory: directory.description)
    var lines = LineBuffer()
    var output = CompilerOutput()
    func take(_ line: Substring) {
      events(.output(.initrd, String(line)))
      _ = output.take(line)
    }
    let status = try Sandbox.run(plan) { lines.append($0, take) }
    lines.finish(take)
    guard status.isSuccess else { throw output.failure("cannot compile \(program.name): gcc \(status)") }
    writer.forgetDirectories()
    let file = try writer.openForReading(directory.appending("program".utf8))
    try copyContent(of: file.raw, to: target, named: program.name)
  }
}
