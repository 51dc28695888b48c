import BuildModel
import Diagnosis
import FileTree
import Glibc
import GuestConfig

/// The files that a config refers to, as they are on disk.
package struct ReferredFiles: Sendable, Equatable {
  /// Text by path, of every architecture's kernel configuration that can be read.
  package var defconfigs: [String: String] = [:]
  /// What is missing among the artifacts; empty when nobody asked.
  package var missingArtifacts: [MissingArtifact] = []

  package struct MissingArtifact: Sendable, Equatable {
    package var path: String
    package var kind: Kind

    package enum Kind: Sendable { case certificate, file, directory }

    package init(path: String, kind: Kind) {
      self.path = path
      self.kind = kind
    }
  }

  package init() {}

  /// Looks at the disk. `artifacts` is the directory of what is put into the image, when it is to be
  /// checked, too.
  package init(of guest: LoadedGuest, artifacts: String? = nil) {
    for architecture in guest.configuration.build.architectures {
      guard let path = guest.configuration.defconfigPath(of: architecture) else { continue }
      defconfigs[path] = ReferredFiles.text(of: path)
    }
    guard let artifacts else { return }
    let wanted: [(name: String, kind: MissingArtifact.Kind)] =
      [("capsem-ca.crt", .certificate)]
      + ["capsem-init", "capsem-bashrc", "capsem-doctor", "capsem-bench", "snapshots"].map { ($0, .file) }
      + ["capsem_bench", "diagnostics"].map { ($0, .directory) }
    for (name, kind) in wanted {
      let path = "\(artifacts)/\(name)"
      var status = stat()
      let isThere = stat(path, &status) == 0
      if isThere && (kind != .directory || status.st_mode & S_IFMT == S_IFDIR) { continue }
      missingArtifacts.append(MissingArtifact(path: path, kind: kind))
    }
  }

  /// Nil for what is no regular file, cannot be read, or is too large to be meant.
  private static func text(of path: String) -> String? {
    // A named pipe has no writer to wait for.
    var status = stat()
    guard let file = try? Descriptor(opening: path, O_RDONLY | O_NONBLOCK), fstat(file.raw, &status) == 0,
      status.st_mode & S_IFMT == S_IFREG, status.st_size <= 16 << 20,
      let bytes = try? readAll(file.raw, named: path)
    else { return nil }
    return String(decoding: bytes, as: UTF8.self)
  }

  /// The kernel configuration of an architecture; nil when it cannot be read.
  package static func defconfig(of architecture: GuestArchitecture, in configuration: GuestConfiguration)
    -> String?
  {
    configuration.defconfigPath(of: architecture).flatMap(text)
  }
}

extension GuestConfiguration {
  /// Where an architecture's kernel configuration lies: the file of that name in `config/kernel`. Nil when
  /// it has no name.
  package func defconfigPath(of architecture: GuestArchitecture) -> String? {
    guard let name = architecture.defconfig.value.split(separator: "/").last, name != "..", name != "." else {
      return nil
    }
    return "\(configDirectory)/kernel/\(name)"
  }
}
