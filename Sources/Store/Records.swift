import Diagnosis
import FileTree
import Glibc

/// Small named values, such as the resolution of a config: `records/<kind>/<name>`. A reader sees an
/// old value or a new one, never a mixture.
extension Store {
  /// Nil if there is none.
  package func record(_ kind: String, _ name: String) throws(SystemFailure) -> [UInt8]? {
    try content(of: recordPath(kind, name))
  }

  package func setRecord(_ kind: String, _ name: String, to bytes: [UInt8]) throws(SystemFailure) {
    let path = recordPath(kind, name)
    try createDirectories("\(directory)/records/\(kind)")
    try replace(path, with: bytes)
  }

  package func removeRecord(_ kind: String, _ name: String) throws(SystemFailure) {
    let path = recordPath(kind, name)
    if unlink(path) != 0 && errno != ENOENT { throw SystemFailure("remove", path) }
  }

  /// Nil if there is no such file.
  func content(of path: String) throws(SystemFailure) -> [UInt8]? {
    do {
      let file = try Descriptor(opening: path, O_RDONLY | O_NOFOLLOW)
      return try readAll(file.raw, named: path)
    } catch  where error.code == ENOENT {
      return nil
    }
  }

  /// A reader sees the old content or the new.
  func replace(_ path: String, with bytes: [UInt8]) throws(SystemFailure) {
    let temporary = try write(bytes, mode: 0o644)
    do {
      try system("create", path) { rename(temporary, path) }
    } catch {
      unlink(temporary)
      throw error
    }
  }

  /// Names are ours, such as a digest's digits: letters, digits, `.`, `_` and `-`.
  private func recordPath(_ kind: String, _ name: String) -> String {
    for part in [kind, name] {
      let isPlain = part.utf8.allSatisfy { byte in
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
          UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-"):
          true
        default: false
        }
      }
      precondition(isPlain && !part.isEmpty && !part.hasPrefix("."), "not the name of a record: \(part)")
    }
    return "\(directory)/records/\(kind)/\(name)"
  }
}
