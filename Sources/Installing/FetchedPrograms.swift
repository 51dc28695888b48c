import Archive
import BuildModel
import Diagnosis
import FileTree
import Glibc

/// Installs programs that the lock has as files: a program or data goes to the program's directory as it
/// is, an archive is unpacked there, and a script that no link names is an installer, which runs.
struct FetchedPrograms {
  /// The tree's directory in the workspace, and its root directory.
  var tree: String
  var root: CInt
  var environment: ScriptEnvironment
  var modified: Timestamp

  /// `files` are the lock's of this program, in the config's order.
  func install(
    _ program: FetchedProgram, files: [LockedFile], open: (LockedFile) throws -> Descriptor,
    output: (String) -> Void
  ) throws {
    guard let directory = TreePath(program.prefix), !directory.isRoot else {
      throw Report(
        "cannot install \(program.key): expected a directory below /, found \"\(program.prefix)\"")
    }
    var writer = TreeWriter(root: root)
    let linked = Set(program.links.map(\.text))
    var installer: LockedFile?
    var programs: [String] = []
    for file in files {
      guard TreePath(file.name)?.isRoot == false else {
        throw Report("cannot install \(file.url): its address does not end with a file's name")
      }
      let content = try open(file)
      switch try FetchedFile(content.raw, named: file.name) {
      case .script where !linked.contains(file.name) && installer == nil: installer = file
      case .archive(let format) where installer == nil:
        try FetchedArchive(format: format, name: file.name, descriptor: content.raw)
          .unpack(into: directory, of: root, modified: modified)
      case _ where installer != nil: break
      case let kind:
        try writer.makeDirectories(directory, modified: modified)
        let isProgram = kind == .program || kind == .script
        if kind == .program { programs.append(file.name) }
        let entry = FileEntry(
          path: directory.appending(file.name.utf8), kind: .file, mode: isProgram ? 0o755 : 0o644,
          modified: modified)
        try writer.makeFile(entry) { try copyContent(of: content.raw, to: $0, named: file.name) }
      }
    }
    if let installer {
      try OfflineInstaller(
        tree: tree, root: root, environment: environment, modified: modified, key: program.key,
        declared: files.filter { $0 != installer }
      ).run(installer, open: open, output: output)
    }
    var links = program.links.map { (name: $0.name, path: $0.text) }
    // One program and nothing said of it: its own name will do.
    if links.isEmpty && programs.count == 1 { links = [(programs[0], programs[0])] }
    try ProviderLinks(
      provider: program.key, base: directory, links: links, packages: files.map(\.name)
    ).make(in: root, modified: modified)
  }
}
