import FileTree

/// Where the parts of a wheel go. Pure and platform-specific modules share one directory.
package struct PythonScheme: Sendable, Hashable {
  package var modules: TreePath
  package var scripts: TreePath
  package var data: TreePath
  /// Holds one directory of headers for each distribution.
  package var headers: TreePath
  /// For the first line of scripts.
  package var interpreter: String

  /// Debian's `posix_local`, beside what dpkg owns. `python` is "3.11".
  package static func system(python: String, interpreter: String = "/usr/bin/python3") -> PythonScheme {
    PythonScheme(
      modules: TreePath(stringLiteral: "usr/local/lib/python\(python)/dist-packages"),
      scripts: "usr/local/bin", data: "usr/local",
      headers: TreePath(stringLiteral: "usr/local/include/python\(python)"), interpreter: interpreter)
  }

  /// A directory of its own, as `uv pip install --prefix` fills it.
  package static func prefix(
    _ prefix: TreePath, python: String, interpreter: String = "/usr/bin/python3"
  ) -> PythonScheme {
    PythonScheme(
      modules: prefix.appending("lib/python\(python)/site-packages".utf8),
      scripts: prefix.appending("bin".utf8), data: prefix,
      headers: prefix.appending("include/site/python\(python)".utf8), interpreter: interpreter)
  }

  /// How RECORD spells `path`: relative to the modules.
  func recordName(of path: TreePath) -> String {
    let from = modules.bytes.split(separator: UInt8(ascii: "/"))
    let to = path.bytes.split(separator: UInt8(ascii: "/"))
    let shared = zip(from, to).prefix { $0.elementsEqual($1) }.count
    let steps = repeatElement("..", count: from.count - shared)
    return (steps + to[shared...].map { String(decoding: $0, as: UTF8.self) }).joined(separator: "/")
  }
}
