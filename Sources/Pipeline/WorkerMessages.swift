import BuildModel
import Diagnosis
import FileTree
import Glibc
import Sandbox

/// What the outer process tells the worker. The order comes first; everything else answers a need.
enum OuterMessage: Codable, Sendable {
  case order(WorkerOrder)
  /// Answers the need with this number; the object's descriptor comes along.
  case here(need: Int)
  case cannot(need: Int, Report)
}

/// What the worker tells the outer process.
enum WorkerMessage: Codable, Sendable {
  /// An object of the store, or a file to write an artifact to.
  case need(Int, Need)
  case event(BuildEvent)
  /// The last message of a worker that did its work.
  case done(WorkerResult)
  /// The last message of one that could not.
  case failed(Report)
}

enum Need: Codable, Sendable {
  case object(Digest, name: String)
  /// A new and empty file for this artifact, open for reading and writing.
  case artifact(String)
  /// The host's program that runs those of the image.
  case emulator
  /// Somebody who answers as an npm registry on the listening socket that comes along. The text is
  /// npm's own default, where that is what to ask.
  case registry(String?)
}

enum WorkerOrder: Codable, Sendable {
  case build(BuildJob)
  case compile(CompileJob)
  /// Resolve npm packages.
  case npm(NpmOrder)
  /// Run a shell in the tree, on the terminal that is asked for as an artifact.
  case shell(emulated: Machine?)
  /// Have an emulator registered, and nothing more.
  case emulate(Machine)
  /// See whether a build can be done: `MicroBuild`.
  case attempt
  /// Remove everything in the workspace.
  case clear
}

struct WorkerResult: Codable, Sendable, Equatable {
  /// Digest of the image's tree text.
  var tree: Digest?
  /// The text of tool-versions.txt; nil when nothing asks for it.
  var toolVersions: String?
  /// What a script in the tree answered to the probes.
  var probes: [String: String]?
  /// Status that the shell ended with.
  var exitStatus: Int32 = 0
  /// Peak resident memory of the worker in bytes.
  var peakMemory: Int64
  var npm: NpmAnswer?
  var kernel: CompiledKernel?
}

extension WorkerResult {
  /// Of this process (getrusage(2), which counts KiB).
  static func ownPeakMemory() -> Int64 {
    var usage = rusage()
    return getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage) == 0 ? Int64(usage.ru_maxrss) * 1024 : 0
  }
}
