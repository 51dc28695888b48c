import Diagnosis
import Glibc

/// Reads the files below `GUEST/config`.
struct ConfigDirectory {
  let path: String

  var exists: Bool { Self.isDirectory(path) }

  func has(_ name: String) -> Bool {
    var status = stat()
    return stat("\(path)/\(name)", &status) == 0
  }

  /// The `*.toml` files directly in `subdirectory`, below this directory, sorted by bytes; none when it
  /// is absent.
  func tomlFiles(in subdirectory: String) throws(SystemFailure) -> [String] {
    let directory = "\(path)/\(subdirectory)"
    guard let stream = opendir(directory) else {
      if errno == ENOENT || errno == ENOTDIR { return [] }
      throw SystemFailure("list", directory)
    }
    defer { closedir(stream) }
    var names: [String] = []
    while let entry = readdir(stream) {
      let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
        String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
      }
      var status = stat()
      guard name.hasSuffix(".toml"), stat("\(directory)/\(name)", &status) == 0,
        status.st_mode & S_IFMT == S_IFREG
      else { continue }
      names.append("\(subdirectory)/\(name)")
    }
    return names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
  }

  /// No file of a config comes near it; it keeps a wrong path from filling the memory.
  private static let largest = 16 << 20

  /// The content of a regular file.
  func read(_ name: String) throws(SystemFailure) -> [UInt8] {
    let file = "\(path)/\(name)"
    // Without waiting for a writer, should it be a named pipe.
    let descriptor = try system("open", file) { open(file, O_RDONLY | O_CLOEXEC | O_NONBLOCK) }
    defer { close(descriptor) }
    var status = stat()
    try system("read", file) { fstat(descriptor, &status) }
    guard status.st_mode & S_IFMT == S_IFREG else { throw SystemFailure("read", file, code: EISDIR) }
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 64 << 10)
    while true {
      let count = try system("read", file) {
        Glibc.read(descriptor, &chunk, chunk.count)
      }
      if count == 0 { return bytes }
      bytes += chunk[..<count]
      if bytes.count > Self.largest { throw SystemFailure("read", file, code: EFBIG) }
    }
  }

  private static func isDirectory(_ path: String) -> Bool {
    var status = stat()
    return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
  }
}
