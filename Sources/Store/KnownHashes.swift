import Diagnosis
import FileTree
import Glibc

/// Hashes of files outside the cache, each for as long as its file has the stamp that it had when it was
/// read: `records/hashes/<digest of the path>`. The stamp holds the time of change, which nobody can set
/// back, so a file that was written since is read again.
extension Store {
  private static let kind = "hashes"

  /// What was said of the file at `path`, nil when it has changed since or nothing was.
  package func knownHash(of path: String) throws(SystemFailure) -> String? {
    guard let stamp = FileStamp(ofPath: path),
      let bytes = try record(Store.kind, Digest(of: path).hex)
    else { return nil }
    let words = String(decoding: bytes, as: UTF8.self).split(separator: " ")
    return words.count == 2 && words[0] == "\(stamp)" ? String(words[1]) : nil
  }

  /// `hash` is that of the file at `path`, which had the stamp `stamp` before it was read. A tick has passed
  /// since the file was written: a write in the same one would leave the stamp as it is.
  package func remember(hash: String, of path: String, stamp: FileStamp) throws(SystemFailure) {
    guard FileStamp(ofPath: path) == stamp else { return }
    try setRecord(Store.kind, Digest(of: path).hex, to: Array("\(stamp) \(hash)".utf8))
  }

  /// What is known of the file, else what `read` says of it.
  package func hash(of path: String, read: () throws -> String) throws -> String {
    if let known = try knownHash(of: path) { return known }
    FileStamp.passTick()
    let stamp = FileStamp(ofPath: path)
    let hash = try read()
    if let stamp { try remember(hash: hash, of: path, stamp: stamp) }
    return hash
  }
}
