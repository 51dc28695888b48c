import Archive
import BuildModel
import Diagnosis
import Fetching
import GuestConfig
import FileTree
import Glibc
import HostTools
import Solver
import Store
import Threads
import Transfer

/// Debian's half of resolving: verified indexes from the mirrors, a solution from libapt-pkg in a child
/// of this program, because its globals allow one solution a process.
struct DebianResolution {
  var context: HostContext
  var store: Store
  var downloader: Downloader
  var cancellation: Cancellation

  static let keyring = "/usr/share/keyrings/debian-archive-keyring.gpg"

  /// Fetches and verifies Release files and indexes of every archive.
  func releases(
    _ archives: [DebianArchive], architectures: [String], apt: DebianSources, relocking: Relocking
  ) throws -> [VerifiedRelease] {
    let fetch = IndexFetch(store: store, downloader: downloader, now: context.now, cancellation: cancellation)
    return try archives.map { archive in
      var source = try DebianResolution.source(archive, architectures: architectures, apt: apt)
      source.notBefore =
        relocking.previous?.releases.first { $0.name == archive.name && $0.suite == archive.suite }?.date
      if relocking.allowsExpired { source.honoursValidUntil = false }
      return try fetch.fetch(source)
    }
  }

  /// What to ask an archive, and whose word counts there.
  static func source(_ archive: DebianArchive, architectures: [String], apt: DebianSources) throws
    -> ArchiveSource
  {
    let keyring = archive.signedBy?.value ?? DebianResolution.keyring
    guard access(keyring, R_OK) == 0 else {
      throw Report(
        "cannot verify \(archive.suite): there is no keyring \(keyring)",
        hints: ["sudo apt-get install debian-archive-keyring, or name another with [build.apt] keyring"])
    }
    return ArchiveSource(
      name: archive.name, bases: [try Location(archive.uri)], suite: archive.suite,
      components: archive.components, architectures: architectures,
      signatures: SignatureVerifier(keyring: keyring), honoursValidUntil: apt.snapshot == nil)
  }

  /// What to install. What is to stay stays; if that cannot be, what the moving packages need may move,
  /// too, then what that needs, and in the end everything.
  func solve(
    _ root: RootRequest, releases: [VerifiedRelease], archives: [DebianArchive], relocking: Relocking
  ) throws -> Solution {
    func solution(_ kept: [LockedPackage]) throws -> Solution {
      try solve(root, releases: releases, archives: archives, keeping: kept, from: relocking)
    }
    guard let moving = relocking.moving, let locked = root.locked else { return try solution([]) }
    let newest = try solution([])
    let needs = Dictionary(
      newest.packages.map { ($0.name, $0.dependsOn) }, uniquingKeysWith: { first, _ in first })
    var free = moving
    while true {
      let kept = locked.filter { !free.contains($0.name) }
      if kept.isEmpty { return newest }
      do {
        return try solution(kept)
      } catch let error as SolverError where error.code == .unsatisfiable {
        let more = free.union(free.flatMap { needs[$0] ?? [] })
        if more == free { return newest }
        free = more
      }
    }
  }

  private func solve(
    _ root: RootRequest, releases: [VerifiedRelease], archives: [DebianArchive],
    keeping kept: [LockedPackage], from relocking: Relocking
  ) throws -> Solution {
    let architecture = root.architecture
    let scratch = try ScratchDirectory(in: context.cacheDirectory)
    var sources: [SolverRequest.Source] = []
    for (release, archive) in zip(releases, archives) {
      let payload = "\(scratch.path)/\(release.name).release"
      try write(release.payload, to: payload)
      sources.append(
        SolverRequest.Source(
          name: release.name, uri: archive.uri, suite: release.suite, release: payload,
          indexes: try release.indexes.filter { $0.architecture == architecture }.map {
            SolverRequest.Index(component: $0.component, path: try uncompressed($0))
          }, priority: archive.pin))
    }
    if !kept.isEmpty, let previous = relocking.previous {
      let locked = LockedSources(previous: previous, store: store, uncompressed: uncompressed)
      sources += try locked.sources(architecture) { text, name in
        let path = "\(scratch.path)/\(name).release"
        try write(text, to: path)
        return path
      }
    }
    let request = SolverRequest(
      sources: sources, architecture: architecture, installsRecommends: root.recommends,
      packages: root.packages.map(\.text), preferences: kept.map { "\($0.name)=\($0.version)" },
      baseRequests: root.base)
    let child = HostTool(context.executable, package: "capsem-native")
    let result = try child.run(
      ["__solve"], input: .bytes(try SolveChild.input(for: request, scratch: scratch.path)),
      cancellation: cancellation)
    if cancellation.isCancelled { throw Interrupted() }
    do {
      return try SolveChild.solution(from: result.output)
    } catch var error as SolverError {
      // The config says where the name stands; the solver does not know of files.
      let asked = root.packages.first { $0.text == error.subject || $0.name == error.subject }
      if let position = asked?.position { error.hints.append("it is asked for at \(position)") }
      throw error
    }
  }

  /// Names of packages in the lists of one architecture, by their first letters.
  func names(
    beginning prefix: String, in releases: [VerifiedRelease], architecture: String
  ) throws -> Set<String> {
    let start = Array("Package: \(prefix)".utf8)
    var names: Set<String> = []
    for index in releases.flatMap(\.indexes) where index.architecture == architecture {
      let path = try uncompressed(index)
      let file = try Descriptor(opening: path, O_RDONLY)
      try readAll(file.raw, named: path).withUnsafeBytes { text in
        guard var line = text.baseAddress else { return }
        let end = line + text.count
        while line < end {
          let next = memchr(line, CInt(UInt8(ascii: "\n")), end - line).map { UnsafeRawPointer($0) } ?? end
          if next - line > start.count, memcmp(line, start, start.count) == 0 {
            let name = UnsafeRawBufferPointer(start: line, count: next - line)
            names.insert(String(decoding: name.dropFirst(start.count - prefix.utf8.count), as: UTF8.self))
          }
          line = next + 1
        }
      }
    }
    return names
  }

  /// The path of an index without its compression, which the store keeps as an object of its own.
  private func uncompressed(_ index: VerifiedIndex) throws -> String {
    if index.compression == .none { return store.path(of: index.sha256) }
    if let content = index.content, try store.contains(content.sha256, size: content.size) {
      return store.path(of: content.sha256)
    }
    guard let object = try store.open(index.sha256, size: index.size) else {
      throw Report("cannot read \(index.path): it has left the cache; build again")
    }
    let reader = try ArchiveReader(.raw, descriptor: object.raw, name: index.path)
    guard try reader.next() != nil else { throw ArchiveError(index.path, "it is empty") }
    var hasher = Digest.Hasher()
    let scratch = try ScratchDirectory(in: context.cacheDirectory)
    let path = "\(scratch.path)/index"
    let file = try Descriptor(opening: path, O_RDWR | O_CREAT | O_EXCL)
    var end: Int64 = 0
    try reader.content { piece, offset in
      guard offset == end else { throw ArchiveError(index.path, "it has a hole at byte \(end)") }
      hasher.update(piece)
      try writeAll(piece, to: file.raw, at: offset, named: path)
      end += Int64(piece.count)
    }
    let digest = hasher.finish()
    if let content = index.content, content.sha256 != digest || content.size != end {
      throw ArchiveError(index.path, "uncompressed, expected SHA-256 \(content.sha256), found \(digest)")
    }
    try store.publish(path, as: digest, size: end)
    return store.path(of: digest)
  }

  /// Of an index that an earlier lock names; nil when it is not at hand any more.
  private func uncompressed(_ index: LockedIndex) throws -> String? {
    guard try store.contains(index.sha256, size: index.size) else { return nil }
    let form = VerifiedIndex.Compression.allCases.first {
      !$0.rawValue.isEmpty && index.path.hasSuffix($0.rawValue)
    }
    return try uncompressed(
      VerifiedIndex(
        component: index.component, architecture: "", path: index.path, compression: form ?? .none,
        size: index.size, sha256: index.sha256))
  }

  private func write(_ bytes: [UInt8], to path: String) throws {
    let file = try Descriptor(opening: path, O_WRONLY | O_CREAT | O_TRUNC)
    try bytes.withUnsafeBytes { try writeAll($0, to: file.raw, at: 0, named: path) }
  }
}

/// A directory in the cache that goes with its owner.
struct ScratchDirectory: ~Copyable {
  let path: String

  init(in cache: String) throws {
    try Workspace.makeDirectories("\(cache)/scratch")
    var template = Array("\(cache)/scratch/XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else { throw SystemFailure("create a directory in", "\(cache)/scratch") }
    path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  deinit {
    // What cannot be removed now, `cache gc` removes.
    if let root = try? Descriptor(opening: path, O_RDONLY | O_DIRECTORY) {
      var writer = TreeWriter(root: root.raw)
      try? writer.removeContent(of: .root)
    }
    rmdir(path)
  }
}
