import Diagnosis
import Glibc

/// Puts a file of mode 0644 in its place by rename: a reader finds the old content or the new one, never a
/// part. A file that has this content already is left as it is. True when the file is new or changed.
@discardableResult
package func replaceFile(_ path: String, with bytes: [UInt8]) throws -> Bool {
  var status = stat()
  if stat(path, &status) == 0 {
    // A rename over /dev/null would take it from everybody.
    guard status.st_mode & S_IFMT == S_IFREG else {
      throw Report("cannot replace \(path): it is not a regular file")
    }
    if let present = try? Descriptor(opening: path, O_RDONLY),
      try readAll(present.raw, named: path) == bytes
    {
      return false
    }
  }
  let file = try TemporaryFile(path)
  let temporary = file.path
  do {
    try bytes.withUnsafeBytes { try writeAll($0, to: file.descriptor.raw, at: 0, named: path) }
    try system("set mode of", path) { fchmod(file.descriptor.raw, 0o644) }
    try system("create", path) { rename(temporary, path) }
  } catch {
    unlink(temporary)
    throw error
  }
  return true
}
