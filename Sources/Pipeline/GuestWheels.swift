import BuildModel
import Diagnosis
import FileTree
import Glibc
import Store

/// Wheels that lie in the guest directory: the lock names their paths there, and their digests.
struct GuestWheels {
  /// The guest directory.
  var directory: String
  var store: Store

  /// As uv needs it.
  var absoluteDirectory: String {
    guard let path = realpath(directory, nil) else { return directory }
    defer { free(path) }
    return String(cString: path)
  }

  /// The wheel with size and digest of the file that is there now, which comes into the store. `pin` is
  /// the digest that the config gives, if it does.
  func locked(_ wheel: LockedWheel, at path: String, pin: Digest?) throws -> LockedWheel {
    guard let bytes = try content(path) else {
      throw Report("cannot lock \(wheel.name): there is no \(directory)/\(path)")
    }
    var wheel = wheel
    wheel.size = Int64(bytes.count)
    wheel.sha256 = try store.insert(bytes)
    if let pin, pin != wheel.sha256 {
      throw Report(
        "cannot lock \(directory)/\(path): expected SHA-256 \(pin), found \(wheel.sha256)",
        hints: ["remove #sha256=… from the requirement: the lock keeps the digest"])
    }
    return wheel
  }

  /// Brings into the store what the lock names and the guest directory has. A file that is there has to
  /// be the one that was locked; one that is not may still come from the store or from a mirror.
  func gather(_ objects: [LockedObject]) throws { try compare(objects) { try store.insert($0) } }

  /// The same, looking only.
  func check(_ objects: [LockedObject]) throws { try compare(objects) { Digest(of: $0) } }

  private func compare(_ objects: [LockedObject], _ digest: ([UInt8]) throws -> Digest) throws {
    for object in objects {
      guard case .guest(let path) = object.origin else { continue }
      guard let bytes = try content(path) else { continue }
      let digest = try digest(bytes)
      guard digest == object.sha256 else {
        throw Report(
          "cannot build from \(directory)/\(path): expected SHA-256 \(object.sha256), found \(digest)",
          causes: ["it is not the file that was locked"],
          hints: [
            "run `capsem-native lock \(directory)` and review what changes; without a lock, build with --refresh"
          ])
      }
    }
  }

  private func content(_ path: String) throws -> [UInt8]? {
    let name = "\(directory)/\(path)"
    let raw = Glibc.open(name, O_RDONLY | O_CLOEXEC)
    if raw < 0 && (errno == ENOENT || errno == ENOTDIR) { return nil }
    if raw < 0 { throw SystemFailure("open", name) }
    let file = Descriptor(owning: raw)
    return try readAll(file.raw, named: name)
  }
}
