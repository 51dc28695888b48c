import Archive
import BuildModel
import Diagnosis
import FileTree
import Locking
import Store

// What is learnt from the files themselves.
extension WheelResolution {
  /// With what the index does not tell, and what the guest directory has.
  func complete(
    _ wheel: LockedWheel, _ references: [PythonReference], _ guest: GuestWheels
  ) throws -> LockedWheel {
    if let path = wheel.guestPath {
      let pin = references.first { $0.guestPath == path }?.sha256
      return try guest.locked(wheel, at: path, pin: pin)
    }
    if wheel.size > 0 { return wheel }
    var wheel = wheel
    events(.activity(.resolve, wheel.file))
    wheel.size = try fetch(wheel)
    return wheel
  }

  /// What a source distribution says of itself. It comes into the store.
  func metadata(of source: LockedWheel) throws -> SourceMetadata {
    _ = try fetch(source)
    guard let object = try store.open(source.sha256) else {
      throw Report("cannot open \(source.file): it left the cache")
    }
    let isZip = source.file.hasSuffix(".zip")
    let archive = try ArchiveReader(isZip ? .zip : .tar, descriptor: object.raw, name: source.file)
    var (information, requirements, project): (String?, String?, [UInt8]?)
    while let member = try archive.next() {
      let parts = member.entry.path.description.split(separator: "/")
      guard case .file = member.entry.kind, let last = parts.last else { continue }
      switch (parts.count, last) {
      case (2, "PKG-INFO"): information = String(decoding: try archive.bytes(limit: 8 << 20), as: UTF8.self)
      case (2, "pyproject.toml"): project = try archive.bytes(limit: 8 << 20)
      case (2..., "requires.txt") where parts[parts.count - 2].hasSuffix(".egg-info"):
        requirements = String(decoding: try archive.bytes(limit: 8 << 20), as: UTF8.self)
      default: break
      }
    }
    guard let information else {
      throw Report("cannot lock \(source.file): expected a PKG-INFO in a source distribution, found none")
    }
    return try SourceMetadata(
      information: information, requirements: requirements, project: project, file: source.file)
  }
}
