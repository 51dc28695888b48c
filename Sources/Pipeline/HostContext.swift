import BuildModel
import Diagnosis
import FileTree
import Glibc
import Sandbox

/// Everything that a build may know of the world outside, gathered once by `Commands`: no module below
/// reads the clock, the environment or the current directory.
package struct HostContext: Sendable {
  package var environment: [String: String]
  /// Seconds since 1970.
  package var now: Int64
  /// This program, to re-execute.
  package var executable: String
  /// Absolute.
  package var cacheDirectory: String
  package var processors: Int
  package var userID: UInt32
  /// The tier that builds are to use; nil for the first that works.
  package var tier: Tier?

  package init(
    environment: [String: String], now: Int64, executable: String, cacheDirectory: String, processors: Int,
    userID: UInt32
  ) {
    self.environment = environment
    self.now = now
    self.executable = executable
    self.cacheDirectory = cacheDirectory
    self.processors = processors
    self.userID = userID
  }

  /// Of this program.
  var program: Digest {
    get throws {
      let file = try Descriptor(opening: executable, O_RDONLY)
      return try Digest(ofFile: file.raw, named: executable)
    }
  }

  var isRoot: Bool { userID == 0 }

  /// Of the machine that this program runs on.
  var debianArchitecture: DebianArchitecture {
    #if arch(arm64)
      .arm64
    #else
      .amd64
    #endif
  }

  /// The machines for which a lock says what they compile with: whoever can build these architectures
  /// without emulation, and this one.
  func builders(with targets: [DebianArchitecture]) -> [DebianArchitecture] {
    Set(targets + [debianArchitecture]).sorted { $0.rawValue < $1.rawValue }
  }

  func cacheRefusal(_ failure: SystemFailure) -> Report {
    Report(
      "cannot use the cache \(cacheDirectory): \(failure.summary)",
      hints: ["set CAPSEM_CACHE_DIR to another directory, or make this one writable for you"])
  }

  /// A file of the host as text; nil when it is not there or cannot be read.
  func text(of path: String) -> String? {
    guard let file = try? Descriptor(opening: path, O_RDONLY), let bytes = try? readAll(file.raw, named: path)
    else { return nil }
    return String(decoding: bytes, as: UTF8.self)
  }

  /// A file of /proc, which says of none of them how long it is.
  func kernelText(_ path: String) -> String? {
    guard let file = try? Descriptor(opening: path, O_RDONLY) else { return nil }
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    let count = read(file.raw, &buffer, buffer.count)
    return count < 0 ? nil : String(decoding: buffer[..<count], as: UTF8.self)
  }
}
