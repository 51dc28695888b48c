import Json

extension Manifest {
  /// Two blanks a level, keys sorted, a final newline.
  package var text: String {
    let root = JSONText.object([
      ("format", .number(Int64(format))),
      (
        "assets",
        .object([
          ("current", .string(assets.current)),
          (
            "releases",
            .object(assets.releases.sorted { $0.key < $1.key }.map { ($0.key, Manifest.json($0.value)) })
          ),
        ])
      ),
      (
        "binaries",
        .object([
          ("current", .string(binaries.current)),
          (
            "releases",
            .object(binaries.releases.sorted { $0.key < $1.key }.map { ($0.key, Manifest.json($0.value)) })
          ),
        ])
      ),
    ])
    return root.rendered() + "\n"
  }

  private static func json(_ release: Release) -> JSONText {
    .object(
      [
        release.date.map { ("date", JSONText.string($0)) },
        release.deprecated.map { ("deprecated", JSONText.boolean($0)) },
        release.min_binary.map { ("min_binary", JSONText.string($0)) },
        (
          "arches",
          .object(
            release.arches.sorted { $0.key < $1.key }.map { name, files in
              (name, .object(files.sorted { $0.key < $1.key }.map { ($0.key, json($0.value)) }))
            })
        ),
      ].compactMap { $0 })
  }

  private static func json(_ file: File) -> JSONText {
    .object(
      [
        ("hash", .string(file.hash)), ("size", .number(file.size)),
        file.image_layout.map { ("image_layout", JSONText.number(Int64($0))) },
      ].compactMap { $0 })
  }

  private static func json(_ binary: Binary) -> JSONText {
    .object(
      [
        binary.date.map { ("date", JSONText.string($0)) },
        binary.deprecated.map { ("deprecated", JSONText.boolean($0)) },
        binary.min_assets.map { ("min_assets", JSONText.string($0)) },
      ].compactMap { $0 })
  }
}
