import Archive
import Booting
import BuildModel
import Diagnosis
import Fetching
import FileTree
import Glibc
import GuestConfig
import Imaging
import Sandbox
import Store

/// An asset beside the root image.
package struct BuiltPart: Sendable, Codable {
  package var architecture: String
  package var path: String
  package var size: Int64
}

/// The build of one architecture's kernel and initrd, each on its own.
struct PartsBuild {
  var builder: ImageBuilder
  var request: BuildRequest
  var configuration: GuestConfiguration
  var architecture: GuestArchitecture
  var lock: Lockfile
  var ids: SubordinateIDs?
  var outputs: Outputs

  /// Builds those of `parts` that have changed since `record`, and notes them there.
  func run(_ parts: Set<AssetPart>, record: inout BuildRecord?) throws -> [BuiltPart] {
    let now = try inputs(of: parts)
    let changed = try now.filter { part, inputs in try !isCurrent(part, inputs, record) }
    for part in now.keys.sorted(by: { $0.rawValue < $1.rawValue }) where changed[part] == nil {
      if let stage = Stage(rawValue: part.rawValue) { builder.events(.finished(stage, reused: true)) }
      builder.events(.note("\(architecture.name): the \(part) has not changed since the last build"))
    }
    if !changed.isEmpty {
      let compiled = try CompiledParts(
        builder: builder, request: request, configuration: configuration, architecture: architecture,
        lock: lock, ids: ids
      ).objects(kernel: changed[.kernel]?.identities.last, runAgent: changed[.initrd] != nil)
      if let kernel = compiled.kernel { try publish(kernel, as: AssetPart.kernel.file) }
      if changed[.initrd] != nil, let agent = compiled.runAgent { try writeInitrd(runAgent: agent) }
      var merged = try record ?? blankRecord()
      merged.parts.merge(changed) { $1 }
      record = merged
    }
    return try now.keys.sorted { $0.rawValue < $1.rawValue }.map(built)
  }

  private func inputs(of parts: Set<AssetPart>) throws -> [AssetPart: PartInputs] {
    var inputs: [AssetPart: PartInputs] = [:]
    for part in parts {
      inputs[part] = try PartInputs.compiled(
        part, architecture, of: configuration, lock: lock, builder: builder.context.debianArchitecture,
        sourceDate: request.sourceDate)
    }
    return inputs
  }

  private func isCurrent(_ part: AssetPart, _ inputs: PartInputs, _ record: BuildRecord?) throws -> Bool {
    guard record?.parts[part] == inputs else { return false }
    return try outputs.published.areIntact([part.file], of: architecture.name)
  }

  /// For assets without a root image.
  private func blankRecord() throws -> BuildRecord {
    BuildRecord(
      architecture: architecture.name, program: try builder.program, lockDate: lock.date,
      tier: (builder.context.isRoot ? Tier.root : .subuid).rawValue, tree: nil, size: 0, files: [],
      resolution: [], parts: [:], settings: nil)
  }

  private func built(_ part: AssetPart) throws -> BuiltPart {
    let path = "\(request.output)/\(architecture.name)/\(part.file)"
    return BuiltPart(
      architecture: architecture.name, path: path,
      size: try sizeOfFile(outputs.pendingPath(architecture.name, part.file) ?? path))
  }

  private func publish(_ digest: Digest, as file: String) throws {
    let target = try outputs.create(architecture.name, file)
    guard let object = try builder.store.open(digest) else {
      throw Report("cannot publish \(file): it has left the cache; build again")
    }
    try copyContent(of: object.raw, to: target.raw, named: file)
  }

  private func writeInitrd(runAgent: Digest) throws {
    try builder.during(.initrd) {
      guard let agent = try builder.store.open(runAgent) else {
        throw Report("cannot write the initrd: \(RunAgent.name) has left the cache; build again")
      }
      let path = GuestDirectory(configuration: configuration).initScript
      let file = try Descriptor(opening: path, O_RDONLY)
      let script = try readAll(file.raw, named: path)
      let initrd = try Initrd(
        Initrd.Base(busybox: .bytes(busybox()), script: .bytes(script), runAgent: .file(agent.raw)),
        date: Timestamp(seconds: request.sourceDate ?? lock.date))
      let target = try outputs.create(architecture.name, AssetPart.initrd.file)
      try initrd.write(to: target.raw)
    }
  }

  /// The program out of its package.
  private func busybox() throws -> [UInt8] {
    guard let package = lock.architectures.first(where: { $0.name == architecture.name })?.busybox else {
      throw Report("internal error: the lock names no busybox")
    }
    let sources = ObjectSources(
      builder: builder, configuration: configuration, lock: lock, mirror: request.mirror,
      offline: request.offline)
    let pool = try sources.pool(of: [LockedObject(package)], events: builder.events)
    defer { pool.cancel() }
    pool.start()
    let object: Descriptor
    do { object = try pool.wait(for: package.sha256) } catch {
      throw lock.explained(error, about: package.sha256)
    }
    let file = try DebianPackageFile(descriptor: object.raw, name: package.name)
    let reader = try file.dataArchive()
    while let entry = try reader.next() {
      let isProgram = [TreePath("bin/busybox"), TreePath("usr/bin/busybox")].contains(entry.entry.path)
      if isProgram, case .file = entry.entry.kind { return try reader.bytes(limit: 64 << 20) }
    }
    throw Report("cannot write the initrd: \(package.name) \(package.version) has no /bin/busybox")
  }
}

extension AssetPart {
  /// Below OUTPUT/ARCH.
  var file: String {
    switch self {
    case .rootfs: "rootfs.ext4"
    case .kernel: CompileRun.kernel
    case .initrd: "initrd.img"
    }
  }
}
