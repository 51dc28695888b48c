import BuildModel
import FileTree
import Foundation
import Glibc
import Staging
import Synchronization
import Testing
import TestSupport

extension Trait where Self == ConditionTrait {
  static var asRoot: Self {
    .enabled(if: TestUser.isRoot, "unpacking gives files their owners, which takes root")
  }
}

/// Packages, and trees to unpack them into.
final class StagingFixture: ObjectSource {
  let scratch: ScratchDirectory
  private let objects = Mutex<[Digest: String]>([:])
  private let trees = Mutex(0)
  static let date: Int64 = 1_700_000_000
  /// What packages are packed at.
  static let packed = date - 1000
  static let architecture: String = {
    let text = (try? runTool("dpkg", ["--print-architecture"])) ?? "amd64"
    return text.trimmingCharacters(in: .whitespacesAndNewlines)
  }()

  init() throws { scratch = try ScratchDirectory() }

  func open(_ digest: Digest, named name: String) throws -> Descriptor {
    try Descriptor(opening: #require(objects.withLock { $0[digest] }), O_RDONLY)
  }

  /// Builds it; the second value is the path of the `.deb`.
  func build(_ package: FixturePackage) throws -> (locked: LockedPackage, path: String) {
    let directory = scratch.file("debs-\(UUID().uuidString)")
    mkdir(directory, 0o755)
    let path = try package.build(in: directory, date: StagingFixture.packed)
    let bytes = try #require(try contents(ofFile: path))
    return (
      add(bytes, at: path, name: package.name, version: package.version, architecture: package.architecture),
      path
    )
  }

  func add(_ bytes: [UInt8], name: String = "hostile") throws -> LockedPackage {
    let path = try scratch.write(bytes, to: "raw-\(UUID().uuidString).deb")
    return add(bytes, at: path, name: name, version: "1.0", architecture: "all")
  }

  private func add(
    _ bytes: [UInt8], at path: String, name: String, version: String, architecture: String
  ) -> LockedPackage {
    let digest = Digest(of: bytes)
    objects.withLock { $0[digest] = path }
    return LockedPackage(
      name: name, version: version, architecture: architecture, size: Int64(bytes.count), sha256: digest,
      path: path, release: "main", essential: true, order: 0,
      installedSize: 0)
  }

  func stager(threads: Int) -> Stager {
    Stager(
      packages: self, debianArchitecture: StagingFixture.architecture,
      environment: ScriptEnvironment(sourceDate: StagingFixture.date), threads: threads, events: { _ in })
  }

  /// Unpacks into a new tree.
  func stage(_ packages: [LockedPackage], threads: Int = 2) throws -> StagedFixture {
    let number = trees.withLock { count in
      count += 1
      return count
    }
    let path = scratch.file("tree-\(number)")
    mkdir(path, 0o755)
    let tree = Tree(name: "tree-\(number)", root: try Descriptor(opening: path, O_RDONLY | O_DIRECTORY))
    return StagedFixture(try stager(threads: threads).unpack(packages, into: tree), path: path)
  }

  func stage(_ packages: FixturePackage...) throws -> StagedFixture {
    try stage(packages.map { try build($0).locked })
  }

  func extend(
    _ before: StagedFixture, with packages: [LockedPackage], threads: Int = 2
  ) throws -> StagedFixture {
    let configured = ConfiguredTree(tree: before.release())
    return StagedFixture(
      try stager(threads: threads).extend(StagedTree(extending: configured), with: packages),
      path: before.path)
  }
}

/// A staged tree and where it is.
final class StagedFixture {
  let path: String
  let pending: [StagedPackage]
  let owners: [TreePath: String]
  let recorded: [TreePath: FileEntry]
  private var staged: StagedTree?

  init(_ staged: consuming StagedTree, path: String) {
    self.path = path
    pending = staged.pending
    owners = staged.tree.owners
    recorded = staged.tree.recorded
    self.staged = consume staged
  }

  /// The tree itself, for a later stage.
  func release() -> Tree { staged.take()!.release() }

  /// The tree as text, without times of directories and of dpkg's database.
  func text(below prefix: String = "/") throws -> String { try StagedFixture.text(of: path, below: prefix) }

  static func text(of path: String, below prefix: String = "/") throws -> String {
    let root = try Descriptor(opening: path, O_RDONLY | O_DIRECTORY)
    let entries = try TreeWalk.entries(below: root.raw)
    let lines = try TreeText(of: entries, contents: DirectoryContents(root: root.raw), threads: 2).lines
    return lines.compactMap { line in
      var fields = line.split(separator: " ").map(String.init)
      let name = fields[0]
      let database = name.hasPrefix("/var/lib/dpkg")
      if !name.hasPrefix(prefix) { return nil }
      // Locks, backups and what dpkg writes anew each time.
      if database
        && (name.hasSuffix("-old")
          || ["lock", "Lock", "available", "lock-frontend"].contains(
            name.split(separator: "/").last.map(String.init) ?? ""))
      {
        return nil
      }
      if fields[1] == "directory" || database { fields[4] = "-" }
      if fields[1] == "directory" { fields[5] = "-" }
      return fields.joined(separator: " ")
    }.joined(separator: "\n")
  }

  func read(_ name: String) -> String? {
    FileManager.default.contents(atPath: "\(path)/\(name)").map { String(decoding: $0, as: UTF8.self) }
  }

  /// Real dpkg on this tree.
  @discardableResult
  func dpkg(_ arguments: String...) throws -> String { try StagedFixture.dpkg(path, arguments) }

  @discardableResult
  static func dpkg(_ path: String, _ arguments: [String]) throws -> String {
    try runTool("dpkg", ["--root=\(path)", "--log=/dev/null", "--no-pager"] + arguments)
  }
}
