import FileTree

/// dpkg's diversions: files that a package ships under one name and dpkg unpacks under another
/// (dpkg-divert(1)). The file has three lines an entry: from, to, and the package that diverts.
struct Diversions: Sendable, Equatable {
  private var entries: [TreePath: (to: TreePath, by: String)] = [:]

  init(_ bytes: [UInt8]) {
    let lines = String(decoding: bytes, as: UTF8.self).split(separator: "\n").map(String.init)
    for start in stride(from: 0, to: lines.count - 2, by: 3) {
      guard let from = TreePath(lines[start]), let to = TreePath(lines[start + 1]) else { continue }
      entries[MergedUsr.place(from)] = (to, lines[start + 2])
    }
  }

  /// Where `package` has to put `path`. The diverting package's own file stays; a local diversion
  /// (":") concerns every package.
  func place(_ path: TreePath, of package: String) -> TreePath {
    guard let entry = entries[MergedUsr.place(path)], entry.by != package else { return path }
    return entry.to
  }

  static func == (a: Diversions, b: Diversions) -> Bool {
    a.entries.mapValues { "\($0.to) \($0.by)" } == b.entries.mapValues { "\($0.to) \($0.by)" }
  }
}
