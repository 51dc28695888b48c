import BuildModel
import Diagnosis
import FileTree
import Glibc
import GuestConfig
import Installing
import Store

/// What can be known before a build of one architecture without a network, without privilege, and without
/// changing anything: the lock, what lies in the guest directory, and what an earlier build left.
struct BuildOutlook {
  var configuration: GuestConfiguration
  var architecture: GuestArchitecture
  var search: LockSearch
  /// Which files come from the guest directory, in the order of `installation.files`.
  var files: [PlannedGuestFile] = []
  var installation: Installation?
  /// Of the root image; nil when it cannot be built. Without a lock, what only a lock tells is missing.
  var inputs: PartInputs?
  var record: BuildRecord?
  /// Another program than this one built what the record tells of.
  var isByAnother = false
  /// The record's assets are where it left them.
  var isPublished: Bool
  /// What would keep a build from succeeding.
  var obstacles: [Report]
  let store: Store
  let context: HostContext
  /// What is to be built.
  var parts: Set<AssetPart>
  let published: PublishedAssets
  /// `SOURCE_DATE_EPOCH`.
  var sourceDate: Int64?

  /// One of the guest's files with where it comes from.
  struct PlannedGuestFile {
    var file: PlacedFile
    /// "guest/artifacts/tips.txt"; nil for a link.
    var source: String?
    /// Bytes.
    var size: Int64
  }

  init(
    _ configuration: GuestConfiguration, _ architecture: GuestArchitecture, of request: BuildRequest,
    context: HostContext
  ) throws {
    self.configuration = configuration
    self.architecture = architecture
    self.context = context
    sourceDate = request.sourceDate
    parts = request.parts
    store = Store(reading: context.cacheDirectory)
    search = try LockSearch(
      configuration, covering: [architecture], parts: request.parts, mirror: request.mirror,
      refresh: request.refresh, context: context, store: store)
    record = BuildRecord(output: request.output, architecture: architecture.name)
    let published = PublishedAssets(in: request.output)
    self.published = published
    if let record { isByAnother = try record.program != context.program }
    isPublished = record.map { published.areThere($0.files, of: architecture.name) } ?? false
    obstacles = []
    if search.choice == nil, let refusal = search.refusal { obstacles.append(refusal) }
    let directory = GuestDirectory(configuration: configuration)
    for part in parts.subtracting([.rootfs]).sorted(by: { $0.rawValue < $1.rawValue }) {
      do { try directory.check(part, of: architecture) } catch { obstacles.append(Report(of: error)) }
    }
    do {
      let installation = try GuestInstallation(configuration: configuration)
        .installation(for: architecture, goal: .sealed)
      files = try zip(directory.plan(for: architecture).files, installation.files).map { plan, file in
        let source = directory.path(of: plan.source, for: architecture)
        return PlannedGuestFile(file: file, source: source, size: try source.map(sizeOfFile) ?? 0)
      }
      self.installation = installation
      if let lock = search.choice?.lock, let locked {
        try GuestWheels(directory: configuration.directory, store: store)
          .check(lock.objects(of: locked) { _ in false })
      }
      inputs = try PartInputs.rootfs(
        architecture, of: configuration, installation: installation, lock: search.choice?.lock,
        sourceDate: request.sourceDate)
    } catch {
      obstacles.append(Report(of: error))
    }
    do {
      _ = try Execution(of: architecture, in: configuration, until: request.goal, on: context)
    } catch {
      obstacles.append(Report(of: error))
    }
  }

  /// The kept state that a build of the root image would begin with, as far as that can be seen without
  /// reading it.
  var base: LayerBase? {
    get throws {
      guard let lock = search.choice?.lock, let installation, parts.contains(.rootfs) else { return nil }
      let identities = try LayerIdentities(
        program: context.program, architecture: architecture, of: configuration, installation: installation,
        lock: lock, sourceDate: sourceDate)
      return try KeptLayers.outlook(identities, in: store)
    }
  }

  var locked: LockedArchitecture? {
    search.choice?.lock.architectures.first { $0.name == architecture.name }
  }

  /// What the root image would be made of now and was not made of before, by stage. Without a lock, what
  /// it would say counts as unchanged while the config asks for the same. Nil when there was no build, or
  /// none can be.
  var rootfsChanges: [(stage: String, changes: [InputChange])]? {
    get throws {
      guard isPublished, let record, let inputs, let before = record.parts[.rootfs] else { return nil }
      let resolution = try ConfigurationIdentity(resolving: configuration).statements
      let requests = InputChange.between(record.resolution, resolution)
      let known = search.choice != nil
      let changes =
        known ? inputs.changes(since: before) : inputs.configured.changes(since: before.configured)
      let program = InputChange.added("program: another build of capsem-native")
      return (requests.isEmpty ? [] : [(Stage.resolve.rawValue, requests)])
        + (isByAnother ? [(Stage.stage.rawValue, [program])] : []) + changes
    }
  }
}

extension GuestDirectory {
  /// Where a file of the guest's comes from; nil for a link.
  fileprivate func path(of source: GuestFilePlan.Source, for architecture: GuestArchitecture) -> String? {
    switch source {
    case .artifact(let path): "\(artifacts)\(path)"
    case .binary(let name): "\(binaries(of: architecture))/\(name)"
    case .certificate: certificate
    case .link: nil
    }
  }
}
