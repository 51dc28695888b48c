import BuildModel
import FileTree
import Foundation
import Locking
import TestSupport

/// A Debian archive in a directory that has what a lock names, and nothing else: its Release files with
/// Debian's signatures, its indexes and its packages. Whoever chooses differently from it fails.
struct LockedArchive {
  let lock: Lockfile
  let directory: String

  /// `objects` is the cache's directory of objects.
  init(lock path: String, objects: String, in directory: String) throws {
    self.directory = directory
    lock = try Lockfile(parsing: contents(ofFile: path) ?? [], file: path)
    let manager = FileManager.default
    func place(_ digest: Digest, at name: String) throws {
      let path = "\(directory)/\(name)"
      let parent = URL(filePath: path).deletingLastPathComponent()
      try manager.createDirectory(at: parent, withIntermediateDirectories: true)
      if !manager.fileExists(atPath: path) {
        try manager.createSymbolicLink(
          atPath: path, withDestinationPath: "\(objects)/\(digest.hex.prefix(2))/\(digest.hex)")
      }
    }
    for release in lock.releases {
      let base = "\(release.name)/dists/\(release.suite)"
      try place(release.inRelease, at: "\(base)/InRelease")
      for index in lock.architectures.flatMap(\.indexes) where index.release == release.name {
        let parent = index.path.split(separator: "/").dropLast().joined(separator: "/")
        try place(index.sha256, at: "\(base)/\(parent)/by-hash/SHA256/\(index.sha256.hex)")
      }
    }
    for package in lock.architectures.flatMap(\.packages) {
      try place(package.sha256, at: "\(package.release)/\(package.path)")
    }
  }

  /// One-line sources as sources.list(5) has them. `copy:` instead of `file:`, for dpkg in the new system
  /// sees nothing of this one.
  var sources: [String] {
    lock.releases.map {
      "deb copy:\(directory)/\($0.name) \($0.suite) \($0.components.joined(separator: " "))"
    }
  }
}
