/// A file below the output directory that a host downloads and checks.
package struct Asset: Sendable, Equatable {
  /// "x86_64"
  package var architecture: String
  /// "rootfs.ext4"
  package var file: String
  /// BLAKE3, 64 hexadecimal digits.
  package var hash: String
  package var size: Int64
  /// Of a root image: the rules by which it has its bytes.
  package var imageLayout: Int?

  package init(architecture: String, file: String, hash: String, size: Int64, imageLayout: Int? = nil) {
    self.imageLayout = imageLayout
    self.architecture = architecture
    self.file = file
    self.hash = hash
    self.size = size
  }

  /// Whether a file of this name belongs into manifest and checksums. Reports and the tool versions
  /// do not.
  package static func isListed(_ file: String) -> Bool { rank(file) != nil }

  /// Whether a file of this name is a root image, as it is or compressed.
  package static func isImage(_ file: String) -> Bool { (rank(file) ?? 0) >= 2 }

  /// vmlinuz, initrd.img, then the root images: the order of B3SUMS.
  private static func rank(_ file: String) -> Int? {
    switch file {
    case "vmlinuz": 0
    case "initrd.img": 1
    case "rootfs.ext4": 2
    case _ where file.hasPrefix("rootfs.") && !file.contains("/"): 3
    default: nil
    }
  }

  /// By architecture, then in the order of B3SUMS.
  static func precedes(_ a: Asset, _ b: Asset) -> Bool {
    if a.architecture != b.architecture {
      return a.architecture.utf8.lexicographicallyPrecedes(b.architecture.utf8)
    }
    let ranks = (rank(a.file) ?? 9, rank(b.file) ?? 9)
    return ranks.0 != ranks.1 ? ranks.0 < ranks.1 : a.file.utf8.lexicographicallyPrecedes(b.file.utf8)
  }

  /// The text of B3SUMS, as b3sum(1) reads it back.
  package static func checksums(_ assets: [Asset]) -> String {
    assets.sorted(by: precedes).map { "\($0.hash)  \($0.architecture)/\($0.file)\n" }.joined()
  }
}
