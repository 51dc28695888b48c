import Diagnosis
import FileTree
import Glibc
import HostTools
import Threads

/// A directory of one test's own, removed with it unless KEEP_SCRATCH=1.
package final class ScratchDirectory: Sendable {
  package let path: String

  package init() throws {
    var template = Array("/tmp/capsem-test.XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else { throw SystemFailure("create", "/tmp/capsem-test.XXXXXX") }
    let path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    self.path = path
    precondition(ScratchDirectory.removesAtExit)
    ScratchDirectory.alive.access { _ = $0.insert(path) }
  }

  deinit {
    let path = path
    ScratchDirectory.alive.access { _ = $0.remove(path) }
    ScratchDirectory.remove([path])
  }

  /// What several tests share in a static property never ends itself.
  private static let alive = Monitor<Set<String>>([])
  private static let removesAtExit: Bool =
    atexit { ScratchDirectory.remove(ScratchDirectory.alive.access { $0.sorted() }) } == 0

  private static func remove(_ paths: [String]) {
    if getenv("KEEP_SCRATCH") != nil || paths.isEmpty { return }
    _ = try? HostTool("rm", package: "coreutils").run(["-rf"] + paths)
  }

  package func file(_ name: String) -> String { "\(path)/\(name)" }

  @discardableResult
  package func write(_ bytes: [UInt8], to name: String) throws -> String {
    let path = file(name)
    let parts = name.split(separator: "/").dropLast()
    var directory = self.path
    for part in parts {
      directory += "/" + part
      mkdir(directory, 0o755)
    }
    let file = try Descriptor(opening: path, O_WRONLY | O_CREAT | O_TRUNC)
    try bytes.withUnsafeBytes { try writeAll($0, to: file.raw, at: 0, named: path) }
    return path
  }

  /// Nil if there is no such file.
  package func read(_ name: String) throws -> [UInt8]? { try contents(ofFile: file(name)) }
}

/// Nil if there is no such file.
package func contents(ofFile path: String) throws -> [UInt8]? {
  guard access(path, F_OK) == 0 else { return nil }
  let file = try Descriptor(opening: path, O_RDONLY)
  return try readAll(file.raw, named: path)
}

/// Paths of all files below a directory, sorted, relative to it.
package func files(below directory: String) throws -> [String] {
  let find = HostTool("find", package: "findutils")
  let result = try find.run([directory, "-type", "f", "-printf", "%P\\n"])
  return String(decoding: result.output, as: UTF8.self).split(separator: "\n").map(String.init).sorted()
}

/// `count` bytes that look random and are the same in every run.
package func noise(_ count: Int, seed: UInt64 = 1) -> [UInt8] {
  var state = seed &* 0x9E37_79B9_7F4A_7C15 | 1
  return (0..<count).map { _ in
    state ^= state << 13
    state ^= state >> 7
    state ^= state << 17
    return UInt8(truncatingIfNeeded: state >> 32)
  }
}
