import Diagnosis
import FileTree

/// `[build]` of `build.toml`.
package struct GuestBuild: Sendable, Equatable, Codable {
  package var compression = Compression.zstd
  package var compressionLevel = 15
  package var architectures: [GuestArchitecture] = []
  package var versionCommands: [NamedText] = []
  package var image = ImageSettings()
  package var apt = DebianSources()
  package var node = NodeSettings()
  package var npm = NpmSettings()
  package var kernel = KernelSettings()
  package var guest = GuestArtifacts()
  package var host = HostRequirement()

  package init() {}

  /// What older builders compressed their read-only file systems with. Only `zstd` has a use here: the
  /// level of the transport copy is `compressionLevel`.
  package enum Compression: String, Sendable, Codable, CaseIterable { case zstd, gzip, lzo, xz }
}

/// `[build.architectures.NAME]`
package struct GuestArchitecture: Sendable, Equatable, Codable {
  /// The config's word, and the name of the directory of its assets: "x86_64", "arm64".
  package var name: String
  package var position: SourcePosition
  package var baseImage = Located("debian:bookworm-slim", at: SourcePosition(file: ""))
  package var dockerPlatform = ""
  package var rustTarget = ""
  package var kernelBranch = "auto"
  package var kernelImage = ""
  package var defconfig = Located("", at: SourcePosition(file: ""))
  package var nodeMajor = 24

  package init(name: String, at position: SourcePosition) {
    self.name = name
    self.position = position
    self.baseImage.position = position
    self.defconfig.position = position
  }

  /// Debian's name: what `docker_platform` says, or else the table's own name; nil for an
  /// architecture that is not one of the two supported.
  package var debian: DebianArchitecture? {
    DebianArchitecture(platform: dockerPlatform) ?? DebianArchitecture(configName: name)
  }

  /// The suite that `base_image` stands for; nil when it is not `debian:SUITE[-slim]`.
  package var suite: String? {
    guard baseImage.value.hasPrefix("debian:") else { return nil }
    var suite = baseImage.value.dropFirst("debian:".count)
    if suite.hasSuffix("-slim") { suite = suite.dropLast("-slim".count) }
    guard !suite.isEmpty, suite.utf8.allSatisfy({ $0.isSuiteCharacter }) else { return nil }
    return String(suite)
  }
}

package enum DebianArchitecture: String, Sendable, Codable, CaseIterable {
  case amd64, arm64

  package init?(configName: String) {
    switch configName {
    case "x86_64", "amd64": self = .amd64
    case "arm64", "aarch64": self = .arm64
    default: return nil
    }
  }

  /// "linux/amd64", "linux/arm64/v8"
  package init?(platform: String) {
    let parts = platform.split(separator: "/")
    guard parts.count >= 2, parts[0] == "linux" else { return nil }
    self.init(configName: String(parts[1]))
  }
}

/// `[build.image]`: the file system.
package struct ImageSettings: Sendable, Equatable, Codable {
  /// At most 16 bytes, as ext4 stores it; empty for none.
  package var label = ""
  package var size = ImageSize.minimal
  /// Bytes that stay free.
  package var headroom = ByteCount(0)
  /// The transport copy beside the image; nil for none.
  package var compress: TransportCompression?
  /// A second file name for the image, for hosts that look for it.
  package var publishAs: String?

  package init() {}
}

package enum ImageSize: Sendable, Equatable, Codable {
  /// As small as the content allows.
  case minimal
  case bytes(ByteCount)
}

package enum TransportCompression: String, Sendable, Codable, CaseIterable { case zstd }

/// `[build.node]`
package struct NodeSettings: Sendable, Equatable, Codable {
  /// Where Node comes from instead of the wheel of the Python index.
  package var source: Located<String>?

  package init() {}
}

/// `[build.npm]`
package struct NpmSettings: Sendable, Equatable, Codable {
  /// The registry to resolve in, in place of the one that the host's npm is configured for.
  package var registry: Located<String>?

  package init() {}
}

/// `[build.kernel]`: one source tree for all architectures, in place of their `kernel_branch`.
package struct KernelSettings: Sendable, Equatable, Codable {
  package var source: Located<String>?
  package var version: Located<String>?
  package var sha256: Located<Digest>?

  package init() {}
}

/// `[build.guest]`: what is put into the image beside the packages. True makes absence an error.
package struct GuestArtifacts: Sendable, Equatable, Codable {
  package var binaries = false
  package var ca = false

  package init() {}

  /// The guest's own programs, looked for by these names.
  package static let binaryNames = [
    "capsem-pty-agent", "capsem-net-proxy", "capsem-dns-proxy", "capsem-mcp-server", "capsem-sysutil",
  ]
}

/// `[build.host]`
package struct HostRequirement: Sendable, Equatable, Codable {
  /// The oldest host program that can boot the assets.
  package var version: String?

  package init() {}
}

extension UInt8 {
  /// Lower-case letters, digits, and what joins them: a suite, or the name of a directory.
  var isSuiteCharacter: Bool {
    switch self {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
      UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"):
      true
    default: false
    }
  }
}
