import Diagnosis
import FileTree
import Json

/// `mirror.json`: what a mirror's directory holds. It marks the directory as one; whoever builds from
/// the mirror finds each file by its digest, whatever its name.
package struct MirrorCatalogue: Sendable, Equatable {
  package static let name = "mirror.json"
  static let format = 1

  /// Where a web server offers the directory; nil for one that is used where it lies.
  package var url: String?
  package var suites: [MirroredSuite]
  /// By path below the directory, `mirror.json` itself excepted.
  package private(set) var files: [String: MirroredFile]
  private var paths: [Digest: String] = [:]

  package init(url: String? = nil, suites: [MirroredSuite] = [], files: [String: MirroredFile] = [:]) {
    self.url = url
    self.suites = suites.sorted { ($0.root, $0.suite) < ($1.root, $1.suite) }
    self.files = files
    for (path, file) in files.sorted(by: { $0.key < $1.key }) where paths[file.sha256] == nil {
      paths[file.sha256] = path
    }
  }

  /// Where a content lies, if the mirror has it.
  package func path(of digest: Digest) -> String? { paths[digest] }
}

package struct MirroredFile: Sendable, Equatable {
  package var size: Int64
  package var sha256: Digest
}

/// One suite as an apt client finds it.
package struct MirroredSuite: Sendable, Equatable {
  /// Directory with `dists` and `pool`: "apt/deb.example.org/debian".
  package var root: String
  /// "bookworm-security"
  package var suite: String
  package var components: [String]
  /// Debian's names, sorted.
  package var architectures: [String]
  /// Path of the keys that may sign it.
  package var keyring: String

  /// Path of the signed Release file.
  var inRelease: String { "\(root)/dists/\(suite)/InRelease" }
}

// MARK: - Writing

extension MirrorCatalogue {
  /// Sorted, and without times: what the directory holds alone decides its bytes.
  package var text: String {
    var members: [(String, JSONText)] = [("format", .number(Int64(MirrorCatalogue.format)))]
    if let url { members.append(("url", .string(url))) }
    members.append(("apt", .array(suites.map(MirrorCatalogue.json))))
    members.append(
      (
        "files",
        .array(
          files.sorted { $0.key < $1.key }.map { path, file in
            .object([
              ("path", .string(path)), ("size", .number(file.size)), ("sha256", .string(file.sha256.hex)),
            ])
          })
      ))
    return JSONText.object(members).rendered() + "\n"
  }

  private static func json(_ suite: MirroredSuite) -> JSONText {
    .object([
      ("root", .string(suite.root)), ("suite", .string(suite.suite)),
      ("components", .array(suite.components.map(JSONText.string))),
      ("architectures", .array(suite.architectures.map(JSONText.string))),
      ("keyring", .string(suite.keyring)),
    ])
  }
}

// MARK: - Reading

extension MirrorCatalogue {
  /// `name` is where it was read from. It may come from anywhere, so no path in it leads out of the
  /// directory.
  package init(parsing text: [UInt8], named name: String) throws(Report) {
    let json = try JSONValue(parsing: text, named: name)
    guard case .number(let format)? = json["format"] else {
      throw Report("cannot read \(name): it is not the mirror.json of a mirror: it names no format")
    }
    guard format == Double(MirrorCatalogue.format) else {
      throw Report(
        "cannot read \(name): expected format \(MirrorCatalogue.format), found \(format)",
        hints: ["another version of capsem-native wrote it: use that one, or mirror into another directory"])
    }
    var files: [String: MirroredFile] = [:]
    for entry in json["files"]?.array ?? [] {
      guard let path = entry["path"]?.string, TreePath(path)?.description == "/" + path,
        case .number(let number)? = entry["size"], let size = Int64(exactly: number), size >= 0,
        let sha256 = entry["sha256"]?.string.flatMap({ Digest(hex: $0) })
      else { throw Report("cannot read \(name): expected a path with size and sha256, found \(entry)") }
      files[path] = MirroredFile(size: size, sha256: sha256)
    }
    var suites: [MirroredSuite] = []
    for entry in json["apt"]?.array ?? [] {
      guard let root = entry["root"]?.string, TreePath(root)?.description == "/" + root,
        let suite = entry["suite"]?.string, let components = entry["components"]?.array,
        let architectures = entry["architectures"]?.array, let keyring = entry["keyring"]?.string
      else { throw Report("cannot read \(name): expected a suite with its root and keyring, found \(entry)") }
      suites.append(
        MirroredSuite(
          root: root, suite: suite, components: components.compactMap(\.string),
          architectures: architectures.compactMap(\.string), keyring: keyring))
    }
    self.init(url: json["url"]?.string, suites: suites, files: files)
  }
}
