import BuildModel
import Diagnosis
import FileTree
import GuestConfig
import Json

/// The identities of a build's stages: each the digest of its input's identity, the stage's version and
/// the options that it really used. Equal identities mean equal results.
struct StageIdentities: Sendable, Equatable {
  var stages: [(stage: Stage, identity: Digest)]

  /// Raised when a stage's result changes for the same input.
  static let versions: [Stage: Int] = [
    .resolve: 1, .fetch: 1, .stage: 1, .configure: 1, .install: 1, .seal: 1, .image: 2, .compress: 1,
  ]

  init(
    lock: Lockfile, architecture: LockedArchitecture, configured: GuestArchitecture,
    configuration: GuestConfiguration,
    installation: Installation, sourceDate: Int64
  ) throws {
    var stages: [(stage: Stage, identity: Digest)] = []
    func add(_ stage: Stage, _ inputs: [String]) {
      let before = stages.last?.identity.hex ?? ""
      let text = ([before, "\(stage.rawValue) \(StageIdentities.versions[stage] ?? 1)"] + inputs).joined(
        separator: "\n")
      stages.append((stage, Digest(of: text)))
    }
    add(.resolve, [lock.configuration.hex, lock.solver, "\(lock.date)"])
    add(.fetch, (architecture.packages.map(\.sha256) + architecture.wheels.map(\.sha256)).map(\.hex))
    // The fetched bytes say all about what is staged; how they were found says nothing.
    stages[1].identity = Digest(
      of: (architecture.packages.map(\.sha256) + architecture.wheels.map(\.sha256)).map(\.hex).joined(
        separator: "\n"))
    add(.stage, architecture.packages.sorted { $0.order < $1.order }.map { "\($0.name) \($0.essential)" })
    add(
      .configure,
      [try ConfigurationIdentity(configuring: configured, of: configuration).text, "\(sourceDate)"]
        + architecture.configureSteps.map { "\($0.before) \($0.packages.joined(separator: " "))" })
    add(
      .install,
      [ConfigurationIdentity(installing: configured, of: configuration).text]
        + installation.files.map { "\($0.path) \($0.mode) \($0.content)" } + [
          installation.certificate?.hex ?? ""
        ])
    add(
      .seal,
      lock.releases.map { "\($0.suite) \($0.imageURI ?? "") \($0.inRelease)" }
        + architecture.indexes.map(\.sha256.hex))
    add(.image, [ConfigurationIdentity(imaging: configuration).text])
    add(.compress, [ConfigurationIdentity(compressing: configuration).text])
    self.stages = stages
  }

  static func == (a: StageIdentities, b: StageIdentities) -> Bool {
    a.stages.map { "\($0.stage) \($0.identity)" } == b.stages.map { "\($0.stage) \($0.identity)" }
  }
}

/// `build.json`: what one architecture's assets were made of, and how.
struct BuildReport {
  var architecture: String
  var lock: Lockfile
  var identities: StageIdentities
  var tree: Digest?
  var tier: String
  var ledger: [EventRecord]

  var text: String {
    JSONText.object([
      ("format", .number(1)),
      ("architecture", .string(architecture)),
      ("lock_date", .number(lock.date)),
      ("tier", .string(tier)),
      ("tree", tree.map { .string($0.hex) } ?? .null),
      ("stages", .object(identities.stages.map { ($0.stage.rawValue, .string($0.identity.hex)) })),
      ("ledger", .array(ledger.map(BuildReport.json))),
    ]).rendered() + "\n"
  }

  private static func json(_ record: EventRecord) -> JSONText {
    .object(
      [
        ("seconds", .decimal(record.seconds)), ("event", .string(record.event)),
        record.stage.map { ("stage", JSONText.string($0)) },
        record.text.map { ("text", JSONText.string($0)) },
        record.reused.map { ("reused", JSONText.boolean($0)) },
      ].compactMap { $0 })
  }
}
