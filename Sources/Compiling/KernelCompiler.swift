import BuildModel
import Diagnosis
import FileTree
import Glibc
import Sandbox

/// Compiles a kernel in a build root, with the root's own compiler and the kernel's own makefiles. Paths,
/// names and times that would enter it are fixed: the same source, options and compiler give the same bytes.
package struct KernelCompiler {
  package var tree: String
  /// Of the tree.
  package var root: CInt
  package var environment: ScriptEnvironment
  package var threads: Int
  package var events: EventHandler

  package init(
    tree: String, root: CInt, environment: ScriptEnvironment, threads: Int, events: @escaping EventHandler
  ) {
    self.tree = tree
    self.root = root
    self.environment = environment
    self.threads = threads
    self.events = events
  }

  private static let objects: TreePath = "build/objects"

  /// Writes the image to the empty file `target`. `source` is open for reading, `scratch` an empty file.
  package func compile(
    _ recipe: KernelRecipe, source: CInt, scratch: CInt, to target: CInt
  ) throws -> CompiledKernel {
    var writer = TreeWriter(root: root)
    let unpacked = try KernelSource(
      unpacking: recipe.source.source, content: source, scratch: scratch, into: &writer, events: events)
    try check(unpacked, is: recipe)
    let path = KernelCompiler.objects.appending(".config".utf8)
    try writer.makeDirectories(KernelCompiler.objects)
    try writer.replaceFile(path, with: Array(recipe.defconfig.utf8))
    let make = plan(recipe, unpacked)
    events(.activity(.kernel, "configuring \(unpacked.version)"))
    try run(make(["olddefconfig"]), "configure the kernel of \(recipe.name)")
    writer.forgetDirectories()
    let configuration = String(decoding: try writer.read(path) ?? [], as: UTF8.self)
    try DroppedOption.check(recipe, configuration, source: unpacked, writer: &writer, events: events)
    try run(make(["-j\(max(1, threads))", recipe.target]), "compile the kernel of \(recipe.name)")
    writer.forgetDirectories()
    try copyImage(recipe, from: writer, to: target)
    return CompiledKernel(version: unpacked.version, configuration: configuration)
  }

  private func check(_ source: KernelSource, is recipe: KernelRecipe) throws {
    guard let expected = recipe.expectedVersion, expected != source.version, expected != source.branch else {
      return
    }
    throw Report(
      "cannot compile the kernel of \(recipe.name): the config asks for version \(expected), and the source is "
        + source.version,
      hints: ["write kernel_branch = \"\(source.branch)\", or name a source of \(expected)"])
  }

  /// make(1) with everything that would otherwise come from the machine, the clock or a counter.
  private func plan(_ recipe: KernelRecipe, _ source: KernelSource) -> ([String]) -> SandboxPlan {
    let date = CalendarTime(secondsSince1970: recipe.date ?? source.date.seconds)
    var environment = environment.variables.filter { $0.name != "SOURCE_DATE_EPOCH" }
    environment += [
      ("KBUILD_BUILD_TIMESTAMP", date.description), ("KBUILD_BUILD_USER", "capsem"),
      ("KBUILD_BUILD_HOST", "capsem-native"), ("KBUILD_BUILD_VERSION", "1"),
      ("SOURCE_DATE_EPOCH", String(date.secondsSince1970)),
    ]
    let arguments = [
      "/usr/bin/make", "-C", KernelSource.directory.description, "O=\(KernelCompiler.objects)",
      "ARCH=\(recipe.architecture.kernelName)", "CROSS_COMPILE=\(recipe.architecture.gnuTriplet)-",
      "LOCALVERSION=",
    ]
    return { SandboxPlan(tree: tree, command: arguments + $0, environment: environment, directory: "/build") }
  }

  private func run(_ plan: SandboxPlan, _ what: String) throws {
    var lines = LineBuffer()
    var output = CompilerOutput()
    let events = events
    func take(_ line: Substring) {
      events(.output(.kernel, String(line)))
      if let count = output.take(line), count % 10 == 0 {
        events(.activity(.kernel, "\(count) files compiled"))
      }
    }
    let status = try Sandbox.run(plan) { lines.append($0, take) }
    lines.finish(take)
    guard status.isSuccess else { throw output.failure("cannot \(what): make \(status)") }
  }

  /// The makefiles keep an image below `arch/x86`, and know it by other names, too.
  private func copyImage(_ recipe: KernelRecipe, from writer: borrowing TreeWriter, to target: CInt) throws {
    let directory = recipe.architecture == .amd64 ? "x86" : recipe.architecture.kernelName
    let path = KernelCompiler.objects.appending("arch/\(directory)/boot/\(recipe.target)".utf8)
    let image = try writer.openForReading(path)
    try copyContent(of: image.raw, to: target, named: path.description)
  }
}
