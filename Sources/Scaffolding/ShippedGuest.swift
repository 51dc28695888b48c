import CGuest

/// The files of the default guest, which this program carries: its artifacts and its config, but for
/// `manifest.toml`, which names it.
package enum ShippedGuest {
  /// Sorted by path.
  package static let files: [ScaffoldFile] = (0..<cguest_count()).map { index in
    let file = cguest_file_at(index)
    return ScaffoldFile(
      String(cString: file.path), Array(UnsafeBufferPointer(start: file.bytes, count: file.size)))
  }

  package static func file(_ path: String) -> ScaffoldFile? { files.first { $0.path == path } }

  /// What a build needs: everything but providers, their tools, and the limits that have defaults.
  package static var first: [ScaffoldFile] {
    files.filter { file in !["config/ai/", "config/mcp/"].contains { file.path.hasPrefix($0) } }
  }

  package static var artifacts: [ScaffoldFile] { files.filter { $0.path.hasPrefix("artifacts/") } }
}
