import BuildModel
import Diagnosis
import FileTree
import Glibc
import HostTools
import FoundationEssentials
import Json
import Linting
import Store
import Threads

/// Builds a second time under a hostile environment, from the same lock and without any earlier result.
package struct Verifier: Sendable {
  var builder: ImageBuilder
  private var context: HostContext { builder.context }

  package init(builder: ImageBuilder) { self.builder = builder }

  /// The images in `request.output` if they are up to date, else new ones beside them, each against one
  /// that is built elsewhere.
  package func verify(_ request: BuildRequest) throws -> [Verification] {
    try heeding(builder.cancellation) {
      let configuration = try Validation(of: request.guest).buildableConfiguration()
      let architectures =
        request.architectures.isEmpty
        ? try configuration.defaultArchitectures()
        : try configuration.architectures(named: request.architectures)
      var verifier = self
      verifier.builder = try builder.reaching(
        configuration, offline: request.offline, mirror: request.mirror)
      return try architectures.map { try verifier.verify($0, of: configuration, request) }
    }
  }

  private func verify(
    _ architecture: GuestArchitecture, of configuration: GuestConfiguration, _ request: BuildRequest
  ) throws -> Verification {
    let scratch = try VerificationScratch(in: parent)
    var request = request
    request.architectures = [architecture.name]
    let choice = try builder.chooseLock(configuration, architectures: [architecture], request: request)
    let first = try firstImage(architecture, of: configuration, choice, request, scratch)
    guard let locked = choice.lock.architectures.first(where: { $0.name == architecture.name }) else {
      throw Report("cannot verify \(architecture.name): the lock does not cover it")
    }
    let objects = choice.lock.objects(of: locked) { _ in true }
    // The other user may not read this one's credentials: with everything there, nobody is asked.
    let isComplete = try objects.allSatisfy { try builder.store.contains($0.sha256, size: $0.size) }
    try scratch.fill(
      configuration, lock: choice.lock, objects: objects.map(\.sha256) + locked.indexes.map(\.sha256),
      from: builder.store)
    if isComplete { (request.offline, request.mirror) = (true, nil) }
    let memory = request.keep ? nil : StagingMemory(of: context).room(for: locked)
    var hostile = HostileBuild(
      context: context, scratch: scratch, need: try sizeOfFile(first),
      stagesInMemory: memory != nil, architecture: architecture.debian,
      sourceDate: request.sourceDate)
    if !isComplete { hostile.tell(configuration.build.network.variables, from: context) }
    if let user = hostile.user { try scratch.give(to: user.id, group: user.group) }
    builder.events(.note("\(architecture.name): building again elsewhere"))
    var before = try answers()
    let outside = try answers(under: hostile)
    if let memory {
      // The first tree was not where its build began. tmpfs counts in pages.
      before[.staging] = "tmpfs"
      before[.space] = "\(memory / Int64(getpagesize()))"
    }
    let inside = try rebuild(architecture, request, hostile, scratch)
    let second = "\(scratch.assets)/\(architecture.name)/rootfs.ext4"
    return Verification(
      architecture: architecture.name, images: (first, second),
      digests: (try digest(of: first), try digest(of: second)),
      circumstances: Circumstance.allCases.map { circumstance in
        Verification.Variation(
          circumstance: circumstance,
          outcome: outcome(of: circumstance, hostile, before: before, outside: outside, inside: inside))
      }, packages: locked.packages.map(\.name), scratch: scratch)
  }

  /// Where temporary files go that are too large for memory.
  private var parent: String {
    let named = context.environment["TMPDIR"] ?? ""
    return named.hasPrefix("/") ? named : "/var/tmp"
  }

  private func firstImage(
    _ architecture: GuestArchitecture, of configuration: GuestConfiguration, _ choice: LockChoice,
    _ request: BuildRequest, _ scratch: VerificationScratch
  ) throws -> String {
    let outlook = try BuildOutlook(configuration, architecture, of: request, context: context)
    if try outlook.rootfsChanges?.isEmpty == true {
      return "\(request.output)/\(architecture.name)/rootfs.ext4"
    }
    var first = request
    first.output = "\(scratch.path)/first"
    return try builder.assets(first, of: configuration, [architecture], choice).images[0].image
  }

  // MARK: The second build

  /// What a script in the tree answered.
  private func rebuild(
    _ architecture: GuestArchitecture, _ request: BuildRequest, _ hostile: HostileBuild,
    _ scratch: VerificationScratch
  ) throws -> [Question: String] {
    let surroundings = String(decoding: try JSONEncoder().encode(hostile.surroundings), as: UTF8.self)
    var words = [
      "build", scratch.guest, "--locked", "--arch", architecture.name, "--output", scratch.assets, "--json",
      "--progress", "plain", "--surroundings", surroundings,
    ]
    if let mirror = request.mirror { words += ["--mirror", mirror] }
    if request.offline { words.append("--offline") }
    let result = try hostile.run(context.executable, words, cancellation: builder.cancellation)
    guard result.status == .exited(0) else {
      throw Report(
        "cannot build \(architecture.name) a second time",
        causes: result.messages.split(separator: "\n").suffix(12).map(String.init),
        hints: ["the first build succeeded: what differs is what `verify` lists, and the user"])
    }
    let json = try JSONValue(parsing: result.output, named: "the second build's result")
    guard case .object(let answers)? = json["images"]?.array?.first?["probes"] else { return [:] }
    return Dictionary(
      uniqueKeysWithValues: answers.compactMap { name, answer in
        Question(rawValue: name).flatMap { probe in answer.string.map { (probe, $0) } }
      })
  }

  private func answers(under hostile: HostileBuild? = nil) throws -> [Question: String] {
    let words = ["-c", Question.script]
    let result =
      if let hostile {
        try hostile.run("/bin/sh", words, cancellation: builder.cancellation)
      } else {
        try HostTool("sh", package: "dash").run(
          words, environment: context.environment, directory: ".", cancellation: builder.cancellation)
      }
    return Question.answers(in: String(decoding: result.output, as: UTF8.self))
  }

  private func outcome(
    of circumstance: Circumstance, _ hostile: HostileBuild, before: [Question: String],
    outside: [Question: String],
    inside: [Question: String]
  ) -> Verification.Variation.Outcome {
    if let why = hostile.notVaried[circumstance] { return .notVaried(why: why) }
    guard let (question, isSeenInside) = circumstance.probe else {
      return .varied(
        from: "\(context.processors) threads", to: "\(hostile.surroundings.threads ?? 0) threads")
    }
    let (from, to) = (before[question] ?? "unknown", (isSeenInside ? inside : outside)[question] ?? "unknown")
    return from == to ? .notVaried(why: "a probe saw no change: \(from)") : .varied(from: from, to: to)
  }

  private func digest(of path: String) throws -> Digest {
    let file = try Descriptor(opening: path, O_RDONLY)
    return try Digest(ofFile: file.raw, named: path)
  }
}
