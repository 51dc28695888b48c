import Diagnosis
import FileTree
import Glibc

/// A file to be written below a guest directory.
package struct ScaffoldFile: Sendable, Equatable {
  /// "config/build.toml"
  package var path: String
  package var bytes: [UInt8]

  package init(_ path: String, _ bytes: [UInt8]) {
    self.path = path
    self.bytes = bytes
  }

  package init(_ path: String, _ text: String) { self.init(path, Array(text.utf8)) }

  fileprivate var mode: mode_t { bytes.starts(with: "#!".utf8) ? 0o755 : 0o644 }
}

extension [ScaffoldFile] {
  /// Writes all files below `directory`, or none: each is complete under another name before the first
  /// comes to its place, and new ones are taken back when one does not. Unless `replacing`, a file that is
  /// there already is an error.
  package func write(below directory: String, replacing: Bool) throws {
    if !replacing, let file = first(where: { exists("\(directory)/\($0.path)") }) {
      throw Report(
        "cannot create \(directory)/\(file.path): it exists already",
        hints: ["--force overwrites the files that this command writes"])
    }
    var writing = FileWriting()
    do {
      for file in self { try writing.prepare(file, below: directory) }
      try writing.finish()
    } catch {
      writing.undo()
      throw error
    }
  }
}

/// True for a link that leads nowhere, too.
package func exists(_ path: String) -> Bool {
  var status = stat()
  return lstat(path, &status) == 0
}

/// What has been made so far, for taking it back.
private struct FileWriting {
  private var directories: [String] = []
  private var prepared: [(temporary: String, path: String)] = []
  private var created: [String] = []

  mutating func prepare(_ file: ScaffoldFile, below directory: String) throws {
    let path = "\(directory)/\(file.path)"
    try makeDirectory(String(path[..<path.lastIndex(of: "/")!]))
    let temporary = try TemporaryFile(path)
    prepared.append((temporary.path, path))
    try file.bytes.withUnsafeBytes { try writeAll($0, to: temporary.descriptor.raw, at: 0, named: path) }
    try system("set mode of", path) { fchmod(temporary.descriptor.raw, file.mode) }
  }

  mutating func finish() throws {
    for (temporary, path) in prepared {
      let isNew = !exists(path)
      try system("create", path) { rename(temporary, path) }
      if isNew { created.append(path) }
    }
  }

  func undo() {
    for path in prepared.map(\.temporary) + created { unlink(path) }
    for directory in directories.reversed() { rmdir(directory) }
  }

  private mutating func makeDirectory(_ path: String) throws {
    var status = stat()
    if path.isEmpty || stat(path, &status) == 0 { return }
    if let slash = path.lastIndex(of: "/") { try makeDirectory(String(path[..<slash])) }
    try system("create", path) { mkdir(path, 0o755) }
    directories.append(path)
  }
}
