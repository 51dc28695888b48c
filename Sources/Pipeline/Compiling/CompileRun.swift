import BuildModel
import Compiling
import Diagnosis
import FileTree
import Glibc

/// What to compile in one build root, and with what: everything but the bytes, which the worker asks for.
struct CompileJob: Codable, Sendable {
  var root: LockedBuildRoot
  /// Seconds since 1970, for the root's own scripts.
  var sourceDate: Int64
  var threads: Int
  var kernel: KernelRecipe?
  var program: ProgramRecipe?
}

/// The worker's side: a build root, and the compilers in it.
struct CompileRun {
  var job: CompileJob
  var link: WorkerLink

  static let kernel = "vmlinuz"

  func run() throws -> WorkerResult {
    let environment = ScriptEnvironment(sourceDate: job.sourceDate)
    let root = RootBuild(
      packages: job.root.packages, configureSteps: job.root.configureSteps, debian: job.root.builder,
      environment: environment, threads: job.threads, link: link)
    let tree = try root.configured(in: Tree(making: BuildRun.tree)).release()
    var result = WorkerResult(peakMemory: 0)
    if let program = job.program {
      let target = try link.need(.artifact(program.name))
      try ProgramCompiler(
        tree: tree.name, root: tree.root.raw, environment: environment, events: link.events
      ).compile(program, to: target.raw)
    }
    if let recipe = job.kernel {
      link.events(.started(.kernel))
      let compiler = KernelCompiler(
        tree: tree.name, root: tree.root.raw, environment: environment, threads: job.threads,
        events: link.events)
      let source = try link.open(recipe.source.source.sha256, named: "the kernel's source")
      let target = try link.need(.artifact(CompileRun.kernel))
      // It goes with its last descriptor.
      let scratch = try TemporaryFile("source")
      unlink(scratch.path)
      result.kernel = try compiler.compile(
        recipe, source: source.raw, scratch: scratch.descriptor.raw, to: target.raw)
      link.events(.finished(.kernel, reused: false))
    }
    result.peakMemory = WorkerResult.ownPeakMemory()
    return result
  }
}
