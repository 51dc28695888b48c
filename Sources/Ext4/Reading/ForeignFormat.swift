/// What a file is that is no ext4 image.
struct ForeignFormat {
  private var cause: String
  private var remedy: (@Sendable (_ name: String) -> String)?

  private static let known: [(offset: Int, magic: [UInt8], format: ForeignFormat)] = [
    (0, [0x28, 0xb5, 0x2f, 0xfd], compressed("zstd", ".zst")),
    (0, [0x1f, 0x8b], compressed("gzip", ".gz")),
    (0, [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0], compressed("xz", ".xz")),
    (0, Array("hsqs".utf8), ForeignFormat(cause: "it is a squashfs image, and only ext4 is read")),
    (1024, [0xe2, 0xe1, 0xf5, 0xe0], ForeignFormat(cause: "it is an EROFS image, and only ext4 is read")),
    (
      0, [0x51, 0x46, 0x49, 0xfb],
      ForeignFormat(cause: "it is a qcow2 disk") { "`qemu-img convert -O raw \($0) IMAGE` writes a raw one" }
    ),
    (
      512, Array("EFI PART".utf8),
      ForeignFormat(cause: "it is a disk with partitions") { _ in "name the partition with the file system" }
    ),
  ]

  private static func compressed(_ program: String, _ suffix: String) -> ForeignFormat {
    ForeignFormat(cause: "it is compressed with \(program)") { name in
      "decompress it first: `\(program) -dk \(name.hasSuffix(suffix) ? name : "NAME\(suffix)")`"
    }
  }

  /// Throws unless ext4's magic number is in its place.
  static func check(_ medium: Medium, named name: String) throws(Damage) {
    let start = try medium.bytes(Int(min(medium.size, 2048)), at: 0)
    if start.count >= 2048, start.number(UInt16.self, at: 1024 + 56) == 0xef53 { return }
    for (offset, magic, format) in known where start.dropFirst(offset).starts(with: magic) {
      throw Damage(format.cause, hints: format.remedy.map { [$0(name)] } ?? [])
    }
    throw Damage("it is no ext4 image", hints: [])
  }
}
