import BuildModel
import FileTree

/// dpkg's database, `/var/lib/dpkg`, written as dpkg itself would have left it after unpacking: see
/// dpkg's lib/dpkg/{dump,dbmodify,infodb-format}.c and deb-triggers(5). dpkg then configures.
struct DpkgDatabase: ~Copyable {
  private var writer: TreeWriter

  init(root: CInt) { writer = TreeWriter(root: root) }

  /// Names come from packages too: one with `..` in it is refused.
  private static func path(_ name: String) throws(StagingError) -> TreePath {
    guard let path = TreePath("var/lib/dpkg/\(name)") else {
      throw StagingError("a package", .malformed("\"\(name)\" is no name in dpkg's database"))
    }
    return path
  }

  /// An empty database for a new tree.
  mutating func create(debianArchitecture: String) throws {
    for directory in ["alternatives", "info", "parts", "triggers", "updates"] {
      try writer.makeDirectories(try DpkgDatabase.path(directory))
    }
    // Without a format, dpkg takes the database for that of dpkg 1.15 and renames files.
    try write("info/format", "1\n")
    try write("arch", debianArchitecture + "\n")
    for empty in ["diversions", "status", "triggers/File", "triggers/Unincorp"] {
      try write(empty, "")
    }
    try write("lock", "", mode: 0o640)
    try write("lock-frontend", "", mode: 0o640)
    try write("triggers/Lock", "", mode: 0o600)
  }

  private mutating func write(_ name: String, _ text: String, mode: UInt16 = 0o644) throws {
    try writer.replaceFile(try DpkgDatabase.path(name), with: Array(text.utf8), mode: mode)
  }

  private func read(_ name: String) throws -> String {
    String(decoding: try writer.read(try DpkgDatabase.path(name)) ?? [], as: UTF8.self)
  }

  func diversions() throws -> Diversions {
    Diversions(try writer.read(try DpkgDatabase.path("diversions")) ?? [])
  }

  /// What the packages replace that are registered already.
  func replacements() throws -> Replacements {
    var replacements = Replacements()
    for stanza in try read("status").split(separator: "\n\n") {
      if let file = ControlFile(String(stanza)) { replacements.add(file) }
    }
    return replacements
  }

  /// Takes paths, by their places in the tree, off the list of a package that has lost them.
  mutating func strike(_ places: Set<TreePath>, from package: String) throws {
    let architecture = try read("arch").split(separator: "\n").first ?? ""
    for name in [package, "\(package):\(architecture)"] {
      let path = try DpkgDatabase.path("info/\(name).list")
      guard let bytes = try writer.read(path) else { continue }
      let diversions = try diversions()
      let lines = bytes.split(separator: UInt8(ascii: "\n")).filter { line in
        TreePath(line).map { !places.contains(MergedUsr.place(diversions.place($0, of: package))) } ?? true
      }
      try writer.replaceFile(path, with: lines.flatMap { $0 + [UInt8(ascii: "\n")] })
    }
  }

  /// The control members of a package that is about to be unpacked, where its preinst finds them.
  mutating func writeControlMembers(of control: PackageControl) throws {
    let prefix = "info/\(control.package.qualifiedName)."
    for member in control.members {
      try writer.replaceFile(
        try DpkgDatabase.path(prefix + member.name), with: member.bytes, mode: member.mode,
        modified: member.modified)
    }
  }

  /// Registers unpacked packages as `install ok unpacked`, with their files and triggers.
  mutating func register(_ packages: [(control: PackageControl, result: Unpacker.Result)]) throws {
    var status = try read("status")
    for (control, result) in packages {
      try writer.replaceFile(
        try DpkgDatabase.path("info/\(control.package.qualifiedName).list"),
        with: DpkgDatabase.listBytes(result.list.map(\.path)))
      if control.member("md5sums") == nil {
        try writer.replaceFile(
          try DpkgDatabase.path("info/\(control.package.qualifiedName).md5sums"),
          with: result.sums.flatMap { Array("\($0.sum)  ".utf8) + $0.path.bytes + [UInt8(ascii: "\n")] })
      }
      status += DpkgDatabase.stanza(control, result)
    }
    try write("status", status)
    try registerTriggers(packages.map(\.control))
    try activateTriggers(packages)
  }

  /// Names as bytes: `/.` for the root.
  private static func listBytes(_ list: [TreePath]) -> [UInt8] {
    var bytes: [UInt8] = []
    for path in list {
      bytes.append(UInt8(ascii: "/"))
      bytes.append(contentsOf: path.isRoot ? [UInt8(ascii: ".")] : path.bytes)
      bytes.append(UInt8(ascii: "\n"))
    }
    return bytes
  }

  static func stanza(_ control: PackageControl, _ result: Unpacker.Result) -> String {
    var text = ""
    for field in control.file.fields {
      text += "\(field.name): \(field.value)\n"
      if field.name == "Package" { text += "Status: install ok unpacked\n" }
    }
    let conffiles = control.conffiles.compactMap { path, isShipped in
      isShipped
        ? result.conffiles[path].map { " \(path) \($0)\n" } : " \(path) newconffile remove-on-upgrade\n"
    }
    if !conffiles.isEmpty { text += "Conffiles:\n" + conffiles.joined() }
    return text + "\n"
  }

  /// Interests, which dpkg notes when it unpacks (trig_cicb_interest_add).
  private mutating func registerTriggers(_ controls: [PackageControl]) throws {
    var file = try read("triggers/File")
    for control in controls {
      let name = control.package.qualifiedName
      for interest in control.triggers.interests {
        let line = name + (interest.noAwait ? "/noawait" : "")
        if interest.name.hasPrefix("/") {
          file += "\(interest.name) \(line)\n"
        } else {
          let known = try read("triggers/\(interest.name)")
          try write("triggers/\(interest.name)", known + line + "\n")
        }
      }
    }
    try write("triggers/File", file)
  }

  /// What unpacking activates in packages that are configured already. dpkg ignores activations of the
  /// others, whose own configuration does the work (trig_record_activation), and so may list too many.
  private mutating func activateTriggers(
    _ packages: [(control: PackageControl, result: Unpacker.Result)]
  ) throws {
    var awaited: [String: Set<String>] = [:]
    let interests = try read("triggers/File").split(separator: "\n").compactMap { line -> (TreePath, Bool)? in
      let words = line.split(separator: " ")
      guard words.count == 2, let path = TreePath(words[0]) else { return nil }
      return (path, words[1].hasSuffix("/noawait"))
    }
    for (control, result) in packages {
      for activation in control.triggers.activations {
        awaited[activation.name, default: []].insert(activation.noAwait ? "-" : control.package.name)
      }
      for (path, noAwait) in interests
      where result.list.contains(where: { $0.path == path || $0.path.isBelow(path) }) {
        awaited[path.description, default: []].insert(noAwait ? "-" : control.package.name)
      }
    }
    if awaited.isEmpty { return }
    var text = try read("triggers/Unincorp")
    for (name, packages) in awaited.sorted(by: { $0.key < $1.key }) {
      text += "\(name) \(packages.sorted().joined(separator: " "))\n"
    }
    try write("triggers/Unincorp", text)
  }
}
