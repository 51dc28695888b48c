import Diagnosis
import Glibc

/// Reads the files below `GUEST/config`.
struct ConfigDirectory {
  let path: String

  var exists: Bool {
    var status = stat()
    return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
  }

  /// The paths of the files that `file` stands for, sorted by bytes; none when they are absent and need
  /// not be there.
  func files(of file: ConfigFile) throws(GuestConfigProblem) -> [String] {
    if file.pattern.hasSuffix("/*.toml") {
      let directory = "\(path)/\(file.pattern.dropLast("/*.toml".count))"
      return try Self.entries(of: directory).filter { $0.name.hasSuffix(".toml") }.map(\.path)
    }
    let path = "\(path)/\(file.pattern)"
    var status = stat()
    if lstat(path, &status) == 0 { return [path] }
    if file == .build {
      throw GuestConfigProblem(.missing, at: SourcePosition(wholeFile: path), "no such file")
    }
    return []
  }

  /// Everything named `*.toml`, at any depth, and the directories that cannot be listed; both sorted.
  /// Links to directories are not followed.
  func allTomlFiles() -> (paths: [String], unlisted: [GuestConfigProblem]) {
    var found: [String] = []
    var unlisted: [GuestConfigProblem] = []
    var directories = [path]
    while let directory = directories.popLast() {
      do throws(GuestConfigProblem) {
        let entries = try Self.entries(of: directory)
        found += entries.filter { $0.name.hasSuffix(".toml") }.map(\.path)
        directories += entries.filter { $0.isDirectory && !$0.name.hasSuffix(".toml") }.map(\.path)
      } catch {
        unlisted.append(error)
      }
    }
    return (
      found.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) },
      unlisted.sorted { $0.position < $1.position }
    )
  }

  private struct Entry {
    var name: String
    var path: String
    var isDirectory: Bool
  }

  /// Sorted by bytes. An editor's lock, a dangling link named `.#FILE`, is none.
  private static func entries(of directory: String) throws(GuestConfigProblem) -> [Entry] {
    guard let stream = opendir(directory) else {
      if errno == ENOENT || errno == ENOTDIR { return [] }
      throw GuestConfigProblem(unreadable: directory, reason(errno))
    }
    defer { closedir(stream) }
    var entries: [Entry] = []
    while let entry = readdir(stream) {
      let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
        String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
      }
      if name == "." || name == ".." || name.hasPrefix(".#") { continue }
      let path = "\(directory)/\(name)"
      var status = stat()
      let isDirectory =
        entry.pointee.d_type == DT_DIR
        || (entry.pointee.d_type == DT_UNKNOWN && lstat(path, &status) == 0
          && status.st_mode & S_IFMT == S_IFDIR)
      entries.append(Entry(name: name, path: path, isDirectory: isDirectory))
    }
    return entries.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
  }

  /// No file of a config comes near it; it keeps a wrong path from filling the memory.
  private static let largest = 16 << 20

  /// The content of a regular file.
  func read(_ file: String) throws(GuestConfigProblem) -> [UInt8] {
    // Without waiting for a writer, should it be a named pipe.
    let descriptor = open(file, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else { throw GuestConfigProblem(unreadable: file, reason(errno)) }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
      throw GuestConfigProblem(unreadable: file, "not a regular file")
    }
    guard status.st_size <= Self.largest else {
      throw GuestConfigProblem(unreadable: file, "larger than \(Self.largest >> 20) MiB")
    }
    var bytes = [UInt8](repeating: 0, count: Int(status.st_size))
    var done = 0
    while done < bytes.count {
      let count = bytes.withUnsafeMutableBytes {
        Glibc.read(descriptor, $0.baseAddress! + done, $0.count - done)
      }
      if count < 0 && errno == EINTR { continue }
      if count < 0 { throw GuestConfigProblem(unreadable: file, reason(errno)) }
      if count == 0 { break }
      done += count
    }
    bytes.removeLast(bytes.count - done)
    return bytes
  }
}

extension GuestConfigProblem {
  fileprivate init(unreadable file: String, _ reason: String) {
    self.init(.missing, at: SourcePosition(wholeFile: file), "cannot be read: \(reason)")
  }
}

private func reason(_ code: CInt) -> String { String(cString: strerror(code)) }
