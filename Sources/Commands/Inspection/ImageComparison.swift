import Comparing
import Ext4
import FileTree
import Inventory

/// What differs between two images: their trees, their packages and their bytes.
struct ImageComparison {
  struct Side {
    var path: String
    var size: Int64
    /// Digest of the tree's text.
    var tree: Digest
  }

  var before: Side
  var after: Side
  /// Where the images' own bytes part; nil when they are the same.
  var firstByte: ByteDifference?
  /// What the file systems say of themselves and differs.
  var fileSystem: [FileSystemDifference]
  var packages: [PackageDifference]
  var files: [TreeDifference]

  var isSame: Bool { firstByte == nil }
  var hasSameTree: Bool { before.tree == after.tree }

  init(_ before: OpenedImage, with after: OpenedImage) throws {
    self.before = try Side(path: before.path, size: before.size(), tree: before.listing().digest)
    self.after = try Side(path: after.path, size: after.size(), tree: after.listing().digest)
    firstByte = try ByteDifference.first(before.read, after.read)
    fileSystem = FileSystemDifference.all(
      try Ext4Summary(of: before.fileSystem), try Ext4Summary(of: after.fileSystem))
    files = try TreeComparison(of: before.listing(), with: after.listing()).differences
    packages = []
    // Equal trees have equal records.
    if files.isEmpty { return }
    let (old, new) = (try before.inventory().packages, try after.inventory().packages)
    packages = PackageDifference.all(
      old.map { (PackageName($0), $0.version) }, new.map { (PackageName($0), $0.version) })
    try attribute(files: (try before.owners(of: old), try after.owners(of: new)))
    let trees = (try before.tree(), try after.tree())
    let scripts = try MaintainerScripts(of: trees.1)
    for index in files.indices where files[index].packages.isEmpty {
      files[index].scripts = scripts.naming(files[index].path)
    }
    try locate(in: trees.0, and: trees.1)
  }

  /// A path that both have is the package's that has it now.
  private mutating func attribute(files owners: (before: FileOwners, after: FileOwners)) throws {
    for index in files.indices {
      let path = files[index].path
      var found = files[index].after == nil ? [] : owners.after.owners(of: path)
      if found.isEmpty, files[index].before != nil { found = owners.before.owners(of: path) }
      files[index].packages = found.map(PackageName.init)
    }
  }

  /// Reads both contents of every file that has two.
  private mutating func locate(in before: Ext4Tree, and after: Ext4Tree) throws {
    for index in files.indices where files[index].hasOtherContent {
      guard let old = files[index].before, let new = files[index].after, old.kind == .file, new.kind == .file
      else { continue }
      files[index].firstByte = try ByteDifference.first(
        { try before.read(old, into: $0, at: $1) }, { try after.read(new, into: $0, at: $1) })
    }
  }
}

extension PackageName {
  init(_ package: InstalledPackage) {
    self.init(
      source: package.source.rawValue, name: package.name, architecture: package.architecture,
      place: package.place)
  }
}

/// One property of a file system besides its tree, with both values.
struct FileSystemDifference: Equatable {
  var property: String
  var before: String
  var after: String

  static func all(_ before: Ext4Summary, _ after: Ext4Summary) -> [FileSystemDifference] {
    zip(values(of: before), values(of: after)).compactMap { old, new in
      old.value == new.value
        ? nil : FileSystemDifference(property: old.property, before: old.value, after: new.value)
    }
  }

  private static func values(of summary: Ext4Summary) -> [(property: String, value: String)] {
    [
      ("label", TreeText.escaped(summary.label)),
      ("uuid", ImageReport.uuid(summary)),
      ("hash seed", Digest.hex(summary.hashSeed)),
      ("block size", "\(summary.bytesPerBlock)"),
      ("blocks", "\(summary.blocks)"),
      ("free blocks", "\(summary.freeBlocks)"),
      ("inodes", "\(summary.inodes)"),
      ("free inodes", "\(summary.freeInodes)"),
      ("created", ImageReport.time(summary.created) ?? "not known"),
      ("written", ImageReport.time(summary.written) ?? "not known"),
      ("features", summary.features.joined(separator: " ")),
    ]
  }
}
