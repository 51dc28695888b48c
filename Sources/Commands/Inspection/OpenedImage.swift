import Comparing
import Diagnosis
import Ext4
import FileTree
import Glibc
import Inventory

/// An image that `inspect` and `diff` look into. What is said of its state is said when it is opened.
final class OpenedImage {
  let path: String
  let fileSystem: Ext4FileSystem
  private let file: Descriptor
  private var walked: Ext4Tree?
  private var listed: TreeListing?

  init(_ path: String) throws {
    self.path = path
    file = try Descriptor(opening: path, O_RDONLY | O_NONBLOCK)
    fileSystem = try Ext4FileSystem(reading: file.raw, named: path)
    warn()
  }

  /// Of what package managers write down; no such file comes near it.
  private static let longestRecord = 64 << 20

  /// Everything in it; read once.
  func tree() throws -> Ext4Tree {
    if let walked { return walked }
    let tree = try Ext4Tree(of: fileSystem)
    walked = tree
    return tree
  }

  /// The same with the digest of each file; read once.
  func listing() throws -> TreeListing {
    if let listed { return listed }
    let tree = try tree()
    let threads = max(1, sysconf(CInt(_SC_NPROCESSORS_ONLN)))
    let digests = try TreeText.digests(of: tree.entries, threads: threads) { try tree.digest(of: $0) }
    let listing = TreeListing(tree.entries, digests: digests)
    listed = listing
    return listing
  }

  func inventory() throws -> Inventory {
    let tree = try tree()
    return try Inventory(of: tree.entries) { try tree.content(of: $0, atMost: OpenedImage.longestRecord) }
  }

  func owners(of packages: [InstalledPackage]) throws -> FileOwners {
    let tree = try tree()
    return try FileOwners(of: tree.entries, packages: packages) {
      try tree.content(of: $0, atMost: OpenedImage.longestRecord)
    }
  }

  func summary() throws -> ImageSummary {
    let record = try fileSystem.regularFile(at: "/etc/os-release")
    return ImageSummary(
      fileSystem: try Ext4Summary(of: fileSystem),
      system: try record.map { OperatingSystem(try $0.bytes(atMost: OpenedImage.longestRecord)) },
      tree: try listing().digest)
  }

  // MARK: The image's own bytes

  /// Of a block device, too.
  func size() throws -> Int64 {
    Int64(try system("measure", path) { lseek(file.raw, 0, SEEK_END) })
  }

  /// Fills `buffer` from `offset` on, and returns how many bytes there were.
  func read(into buffer: UnsafeMutableRawBufferPointer, at offset: UInt64) throws -> Int {
    var done = 0
    while done < buffer.count {
      let count = try system("read", path) {
        pread(file.raw, buffer.baseAddress! + done, buffer.count - done, off_t(offset) + off_t(done))
      }
      if count == 0 { break }
      done += count
    }
    return done
  }

  private func warn() {
    func say(_ text: String, hint: String) {
      let report = Report(text, hints: [hint])
      Terminal.say(Rendering.report(report, severity: "warning", style: .standardError))
    }
    if fileSystem.needsRecovery {
      say(
        "\(path) was not unmounted: its journal has changes that are not read",
        hint: "`e2fsck -p \(path)` brings them to their places")
    }
    if fileSystem.hasErrors {
      say("the kernel has found errors in \(path)", hint: "`e2fsck -fn \(path)` lists what is damaged")
    }
  }
}

/// What an image says of itself as a whole.
struct ImageSummary {
  var fileSystem: Ext4Summary
  /// Nil when the tree does not say.
  var system: OperatingSystem?
  /// Digest of the tree's text.
  var tree: Digest
}
