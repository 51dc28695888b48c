import CLinux
import Diagnosis
import FileTree
import Glibc

/// States of trees, by the identity of what they were made of:
///
///     layers/<identity>.index    what is in the tree, and where in the pack
///     layers/<identity>.pack     contents; may be a published image's own file under a second name
///     layers/<identity>.stamp    the pack's size and time when its contents were last known to be right
///
/// An index comes to its place after its pack, so that a layer is there or not. Its time is that of its
/// last use. Who uses a layer has a shared lock on its index.
package struct KeptLayer: ~Copyable, Sendable {
  /// Both for reading.
  package let index: Descriptor
  package let pack: Descriptor
  package let identity: Digest
  /// Its pack is as large and as old as when its contents were known to be right.
  package let isTrusted: Bool
}

extension Store {
  var layersDirectory: String { "\(directory)/layers" }

  private func layerPath(_ identity: Digest, _ part: String) -> String {
    "\(layersDirectory)/\(identity.hex).\(part)"
  }

  /// Whether there is one. Nothing is read or changed.
  package func holdsLayer(_ identity: Digest) -> Bool {
    access(layerPath(identity, "index"), R_OK) == 0 && access(layerPath(identity, "pack"), R_OK) == 0
  }

  /// Nil when it is not there, or is being removed. Its last use is now, unless it is only looked at.
  package func layer(_ identity: Digest, isUse: Bool = true) throws(SystemFailure) -> KeptLayer? {
    let path = layerPath(identity, "index")
    do {
      let index = try Descriptor(opening: path, O_RDONLY | O_NOFOLLOW)
      let pack = try Descriptor(opening: layerPath(identity, "pack"), O_RDONLY | O_NOFOLLOW)
      try system("lock", path) { flock(index.raw, LOCK_SH | LOCK_NB) }
      // For whoever removes the oldest. A cache that may only be read is of use, too.
      if isUse { futimens(index.raw, nil) }
      let stamp = try text(of: layerPath(identity, "stamp"))
      let isTrusted = try stamp == packStamp(pack.raw)
      return KeptLayer(index: index, pack: pack, identity: identity, isTrusted: isTrusted)
    } catch  where error.code == ENOENT || error.code == EWOULDBLOCK {
      return nil
    }
  }

  /// The pack's contents are known to be right.
  package func trustLayer(_ identity: Digest) throws(SystemFailure) {
    let pack = try Descriptor(opening: layerPath(identity, "pack"), O_RDONLY | O_NOFOLLOW)
    // A later write gives it another time.
    FileStamp.passTick()
    try replace(layerPath(identity, "stamp"), with: packStamp(pack.raw))
  }

  /// Size and time of the last write, which a copy of the cache may keep.
  private func packStamp(_ pack: CInt) throws(SystemFailure) -> String {
    let stamp = try FileStamp(of: pack, named: "a pack")
    return "\(stamp.size) \(TreeText.time(stamp.modified))\n"
  }

  /// Keeps a layer whose pack is `file`, which stays where it is: by a clone, a second name or a copy,
  /// whichever comes first.
  package func keepLayer(_ identity: Digest, index: [UInt8], sharing file: String) throws {
    try createDirectories(layersDirectory)
    let temporary = try TemporaryFile("\(layersDirectory)/new")
    let path = temporary.path
    do {
      let source = try Descriptor(opening: file, O_RDONLY)
      if clinux_clone_file(source.raw, temporary.descriptor.raw) != 0 {
        unlink(path)
        if link(file, path) != 0 {
          let copy = try Descriptor(opening: path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW)
          let size = try fileSize(source.raw, named: file)
          try system("copy", file) { clinux_copy_range(source.raw, 0, copy.raw, 0, size) }
        }
      }
      try keepLayer(identity, index: index, pack: path)
    } catch {
      unlink(path)
      throw error
    }
  }

  /// Keeps a layer whose pack is `path`, a file in the cache that is moved.
  package func keepLayer(_ identity: Digest, index: [UInt8], pack path: String) throws(SystemFailure) {
    try createDirectories(layersDirectory)
    // Without an index there is no layer: until the new one is whole, there is none.
    unlink(layerPath(identity, "index"))
    try system("create", layerPath(identity, "pack")) { rename(path, layerPath(identity, "pack")) }
    try trustLayer(identity)
    try replace(layerPath(identity, "index"), with: index)
  }

  /// False when somebody uses it.
  @discardableResult
  package func removeLayer(_ identity: Digest) throws(SystemFailure) -> Bool {
    let path = layerPath(identity, "index")
    do {
      let index = try Descriptor(opening: path, O_RDONLY | O_NOFOLLOW)
      do { try system("lock", path) { flock(index.raw, LOCK_EX | LOCK_NB) } } catch
        where error.code == EWOULDBLOCK
      {
        return false
      }
      unlink(path)
    } catch  where error.code == ENOENT {}
    for part in ["pack", "stamp"] where unlink(layerPath(identity, part)) != 0 && errno != ENOENT {
      throw SystemFailure("remove", layerPath(identity, part))
    }
    return true
  }

  private func text(of path: String) throws(SystemFailure) -> String? {
    try content(of: path).map { String(decoding: $0, as: UTF8.self) }
  }

  private func replace(_ path: String, with text: String) throws(SystemFailure) {
    try replace(path, with: Array(text.utf8))
  }
}
