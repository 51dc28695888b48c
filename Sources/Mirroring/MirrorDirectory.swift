import BuildModel
import Diagnosis
import FileTree
import Glibc

/// A directory that holds a mirror: the only thing here that writes. Nobody else writes to it
/// meanwhile.
package struct MirrorDirectory: ~Copyable {
  /// Absolute.
  package let path: String
  package private(set) var catalogue: MirrorCatalogue
  private let root: Descriptor

  static let temporary = ".mirror-part"

  /// What an update did.
  package struct Change: Sendable, Equatable {
    /// Files that are new or were not as they should be, and their bytes.
    package var written = 0
    package var bytes: Int64 = 0
    /// Files that were there and stayed.
    package var kept = 0
    package var removed = 0
  }

  /// Opens a mirror, or begins one in a new or empty directory.
  package init(writing path: String) throws {
    try MirrorDirectory.makeDirectories(path)
    let root = try MirrorDirectory.locked(path)
    catalogue = try MirrorDirectory.begin(path)
    self.path = path
    self.root = root
  }

  deinit {
    // A process that is being started at this moment holds the descriptor, too.
    flock(root.raw, LOCK_UN)
  }

  private static func locked(_ path: String) throws -> Descriptor {
    let root = try Descriptor(opening: path, O_RDONLY | O_DIRECTORY)
    if flock(root.raw, LOCK_EX | LOCK_NB) == 0 { return root }
    guard errno == EWOULDBLOCK else { throw SystemFailure("lock", path) }
    throw Report(
      "cannot write the mirror \(path): another capsem-native writes it",
      hints: ["run it again when that one has ended"])
  }

  private static func begin(_ path: String) throws -> MirrorCatalogue {
    let listed = try Descriptor(opening: path, O_RDONLY | O_DIRECTORY).release()
    let names = try directoryNames(listed, named: path)
    if let catalogue = try catalogue(of: path) {
      // Of a run that was interrupted.
      for name in names where name.starts(with: temporary.utf8) {
        unlink("\(path)/\(String(decoding: name, as: UTF8.self))")
      }
      return catalogue
    }
    guard names.isEmpty else {
      throw Report(
        "cannot write a mirror into \(path): it holds other files, and no \(MirrorCatalogue.name)",
        hints: ["name a new or an empty directory"])
    }
    // From here on it is a mirror, whatever interrupts us.
    let catalogue = MirrorCatalogue()
    try replaceFile("\(path)/\(MirrorCatalogue.name)", with: Array(catalogue.text.utf8))
    return catalogue
  }

  /// The catalogue of a directory; nil when there is none, so that it is no mirror.
  package static func catalogue(of path: String) throws -> MirrorCatalogue? {
    let name = "\(path)/\(MirrorCatalogue.name)"
    let raw = Glibc.open(name, O_RDONLY | O_CLOEXEC)
    if raw < 0 && (errno == ENOENT || errno == ENOTDIR) { return nil }
    if raw < 0 { throw SystemFailure("open", name) }
    let file = Descriptor(owning: raw)
    return try MirrorCatalogue(parsing: readAll(file.raw, named: name), named: name)
  }

  /// What the plan names and the directory does not have as it should be, by path.
  package func missing(of plan: MirrorPlan) throws -> [String: MirroredFile] {
    try plan.locked.filter { try !holds($0.key, $0.value) }
  }

  /// Makes the directory what the plan says; `open` gives each missing object for reading. `keeping` are
  /// the digests of all that any lock names, when the rest is to go; `url` is where the directory is
  /// offered.
  package mutating func update(
    _ plan: MirrorPlan, missing: [String: MirroredFile], url: String?, keeping: Set<Digest>?,
    open: (_ digest: Digest, _ name: String) throws -> Descriptor
  ) throws -> Change {
    let locked = plan.locked
    var files = catalogue.files.filter { path, file in
      MirrorPlan.isLocked(path) && (keeping?.contains(file.sha256) ?? true)
    }
    for (path, file) in locked {
      // Names below `dists` follow the lock that was mirrored last, every other stands for one content.
      if let other = files[path], other != file, !path.contains("/dists/") {
        throw Report(
          "cannot mirror \(path): the mirror has another file of that name, for another lock",
          hints: ["mirror into another directory, or drop what no lock names with --prune"])
      }
      files[path] = file
    }
    var change = Change(kept: locked.count - missing.count)
    for (path, file) in missing.sorted(by: { $0.key < $1.key }) {
      try write(path, file) { try open(file.sha256, path) }
      change.written += 1
      change.bytes += file.size
    }
    let planned = Set(plan.suites.map(\.inRelease))
    let suites =
      plan.suites + catalogue.suites.filter { !planned.contains($0.inRelease) && files[$0.inRelease] != nil }
    let next = try describe(
      suites, plan: plan, files: files, url: url ?? catalogue.url, change: &change)
    change.removed = try remove(Set(catalogue.files.keys).subtracting(next.files.keys))
    if try replaceFile("\(path)/\(MirrorCatalogue.name)", with: Array(next.text.utf8)) {
      catalogue = next
    }
    return change
  }

  /// Writes what is made from the locked files, and returns the list of all.
  private func describe(
    _ suites: [MirroredSuite], plan: MirrorPlan, files: [String: MirroredFile], url: String?,
    change: inout Change
  ) throws -> MirrorCatalogue {
    var derived: [String: [UInt8]] = [:]
    for suite in suites {
      if case .bytes(let bytes)? = plan.files[suite.keyring] {
        derived[suite.keyring] = bytes
      } else {
        derived[suite.keyring] = try read(suite.keyring)
      }
    }
    var wheels: [WheelIndex.Wheel] = []
    var fromSource: [WheelIndex.Source] = []
    for (path, file) in files.sorted(by: { $0.key < $1.key })
    where path.hasPrefix("\(MirrorPlan.wheels)/") && !path.hasSuffix(".metadata") {
      if !path.hasSuffix(".whl") {
        let source = try Descriptor(opening: "\(self.path)/\(path)", O_RDONLY)
        fromSource.append(
          WheelIndex.Source(
            file: String(path.dropFirst(MirrorPlan.wheels.count + 1)), sha256: file.sha256,
            project: try WheelIndex.project(ofSource: source.raw, named: path)))
        continue
      }
      guard let name = WheelName(String(path.dropFirst(MirrorPlan.wheels.count + 1))) else {
        throw Report("cannot mirror \(path): expected the name of a wheel")
      }
      let wheel = try Descriptor(opening: "\(self.path)/\(path)", O_RDONLY)
      let metadata = try WheelIndex.metadata(ofWheel: wheel.raw, named: path)
      derived["\(path).metadata"] = metadata
      wheels.append(WheelIndex.Wheel(name: name, sha256: file.sha256, metadata: metadata))
    }
    derived.merge(WheelIndex(wheels: wheels, sources: fromSource).pages) { $1 }
    var tarballs: [NpmPages.Tarball] = []
    for path in files.keys.sorted() where NpmPages.isTarball(path) {
      let tarball = try Descriptor(opening: "\(self.path)/\(path)", O_RDONLY)
      tarballs.append(try NpmPages.tarball(tarball.raw, path: path))
    }
    derived.merge(NpmPages(tarballs: tarballs, url: url).pages) { $1 }
    let others = files.filter { MirrorPlan.isOther($0.key) }.sorted { $0.key < $1.key }
    if !others.isEmpty {
      let sums = others.map { "\($0.value.sha256)  \($0.key.dropFirst("files/".count))\n" }.joined()
      derived[MirrorPlan.sums] = Array(sums.utf8)
    }
    let sources = AptSources(
      suites: MirrorCatalogue(suites: suites).suites, address: url ?? "file:\(path)", keyrings: derived)
    derived[AptSources.name] = Array(sources.text.utf8)
    var all = files
    for (path, bytes) in derived.sorted(by: { $0.key < $1.key }) {
      try makeParent(of: path)
      if try replaceFile("\(self.path)/\(path)", with: bytes) {
        change.written += 1
        change.bytes += Int64(bytes.count)
      } else {
        change.kept += 1
      }
      all[path] = MirroredFile(size: Int64(bytes.count), sha256: Digest(of: bytes))
    }
    return MirrorCatalogue(url: url, suites: suites, files: all)
  }

  private func read(_ path: String) throws -> [UInt8] {
    let file = try Descriptor(opening: "\(self.path)/\(path)", O_RDONLY)
    let bytes = try readAll(file.raw, named: path)
    guard Digest(of: bytes) == catalogue.files[path]?.sha256 else {
      throw Report(
        "cannot update the mirror \(self.path): \(path) is not what \(MirrorCatalogue.name) says",
        hints: ["`capsem-native mirror --verify \(self.path)` names all such files"])
    }
    return bytes
  }
}
