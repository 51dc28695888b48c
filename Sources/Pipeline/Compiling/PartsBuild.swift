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
  var target: BuildTarget
  var outputs: Outputs

  /// Builds those of `parts` that have changed since `record`, and notes them there.
  func run(_ parts: Set<AssetPart>, record: inout BuildRecord?) throws -> [BuiltPart] {
    let now = try inputs(of: parts)
    let changed = try now.filter { part, inputs in try !isCurrent(part, inputs, record) }
    for part in now.keys.sorted(by: { $0.rawValue < $1.rawValue }) where changed[part] == nil {
      if let stage = Stage(rawValue: part.rawValue) { target.builder.events(.finished(stage, reused: true)) }
      target.builder.events(.note("\(target.name): the \(part) has not changed since the last build"))
    }
    if !changed.isEmpty {
      let compiled = try CompiledParts(target: target).objects(
        kernel: changed[.kernel]?.identities.last, runAgent: changed[.initrd] != nil)
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
        part, target.architecture, of: target.configuration, lock: target.lock,
        builder: target.context.debianArchitecture,
        sourceDate: target.request.sourceDate)
    }
    return inputs
  }

  private func isCurrent(_ part: AssetPart, _ inputs: PartInputs, _ record: BuildRecord?) throws -> Bool {
    guard record?.parts[part] == inputs else { return false }
    return try outputs.published.areIntact([part.file], of: target.name)
  }

  /// For assets without a root image.
  private func blankRecord() throws -> BuildRecord {
    BuildRecord(
      architecture: target.name, program: try target.builder.program, lockDate: target.lock.date,
      tier: target.builder.privilege.used?.rawValue, tree: nil, size: 0, files: [],
      resolution: [], parts: [:], settings: nil)
  }

  private func built(_ part: AssetPart) throws -> BuiltPart {
    let path = "\(target.request.output)/\(target.name)/\(part.file)"
    return BuiltPart(
      architecture: target.name, path: path,
      size: try sizeOfFile(outputs.pendingPath(target.name, part.file) ?? path))
  }

  private func publish(_ digest: Digest, as file: String) throws {
    let output = try outputs.create(target.name, file)
    guard let object = try target.builder.store.open(digest) else {
      throw Report("cannot publish \(file): it has left the cache; build again")
    }
    try copyContent(of: object.raw, to: output.raw, named: file)
  }

  private func writeInitrd(runAgent: Digest) throws {
    try target.builder.during(.initrd) {
      guard let agent = try target.builder.store.open(runAgent) else {
        throw Report("cannot write the initrd: \(RunAgent.name) has left the cache; build again")
      }
      let path = GuestDirectory(configuration: target.configuration).initScript
      let file = try Descriptor(opening: path, O_RDONLY)
      let script = try readAll(file.raw, named: path)
      let initrd = try Initrd(
        Initrd.Base(busybox: .bytes(busybox()), script: .bytes(script), runAgent: .file(agent.raw)),
        date: Timestamp(seconds: target.date))
      let output = try outputs.create(target.name, AssetPart.initrd.file)
      try initrd.write(to: output.raw)
    }
  }

  /// The program out of its package.
  private func busybox() throws -> [UInt8] {
    guard let package = target.locked?.busybox else {
      throw Report("internal error: the lock names no busybox")
    }
    let pool = try target.sources.pool(of: [LockedObject(package)], events: target.builder.events)
    defer { pool.cancel() }
    pool.start()
    let object: Descriptor
    do { object = try pool.wait(for: package.sha256) } catch {
      throw target.lock.explained(error, about: package.sha256)
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
