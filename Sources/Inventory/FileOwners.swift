import FileTree

/// Which package a path belongs to, by the records that package managers leave in the tree. A manager
/// that knows the path itself comes first: dpkg, then Python; an npm package has what is in its
/// directory, and dpkg's own files about a package and byte code count as the package's.
package struct FileOwners: Sendable {
  /// In the order of `Inventory`.
  private let packages: [InstalledPackage]
  /// By path: indexes in `packages`, ascending, without repetition.
  private var owners: [TreePath: [Int]] = [:]
  /// Directories that a package has with all that is in them.
  private var directories: [TreePath: Int] = [:]

  /// Reads the records among `entries`, which are sorted by path. `content` is asked for regular files.
  package init(
    of entries: [FileEntry], packages: [InstalledPackage], content: (FileEntry) throws -> [UInt8]
  ) throws {
    self.packages = packages
    var debian: [String: Int] = [:]
    var python: [TreePath: Int] = [:]
    for (index, package) in packages.enumerated() {
      switch (package.source, package.place) {
      case (.dpkg, _):
        if debian[package.name] == nil { debian[package.name] = index }
        debian["\(package.name):\(package.architecture ?? "")"] = index
      case (.python, let place?): python[place.appending(FileOwners.normal(package.name))] = index
      case (.npm, let place?): directories[place.appending(package.name.utf8)] = index
      case (_, nil): break
      }
    }
    let links = DirectoryLinks(entries)
    var diversions = Diversions()
    if let entry = FileOwners.find("var/lib/dpkg/diversions", in: entries), entry.kind == .file {
      diversions = Diversions(try content(entry))
    }
    var claims: [TreePath: [Int]] = [:]
    for entry in entries where entry.kind == .file {
      if let (name, suffix) = FileOwners.debianRecord(entry.path) {
        guard let index = debian[name] else { continue }
        owners[entry.path] = [index]
        guard suffix == "list" else { continue }
        for line in try content(entry).split(separator: UInt8(ascii: "\n")) {
          guard let path = TreePath(line) else { continue }
          let place = diversions.place(of: path, from: packages[index].name)
          owners[links.resolved(place), default: []].append(index)
        }
      } else if let (directory, file) = FileOwners.pythonRecord(entry.path) {
        guard let index = python[directory.parent.appending(FileOwners.distribution(directory))] else {
          continue
        }
        directories[directory] = index
        guard file == "RECORD" else { continue }
        for name in WheelRecordNames(try content(entry)) {
          if let path = FileOwners.joined(directory.parent, name) {
            claims[links.resolved(path), default: []].append(index)
          }
        }
      }
    }
    for (path, indexes) in claims where owners[path] == nil { owners[path] = indexes }
    for (path, indexes) in owners where indexes.count > 1 { owners[path] = Array(Set(indexes)).sorted() }
  }

  /// Empty when no package has it. A directory may be many packages'.
  package func owners(of path: TreePath) -> [InstalledPackage] {
    if let known = owners[path] { return known.map { packages[$0] } }
    if let source = FileOwners.source(ofByteCode: path), let known = owners[source] {
      return known.map { packages[$0] }
    }
    var directory = path
    while !directory.isRoot {
      if let index = directories[directory] { return [packages[index]] }
      directory = directory.parent
    }
    return []
  }

  private static func find(_ path: TreePath, in entries: [FileEntry]) -> FileEntry? {
    var (low, high) = (0, entries.count)
    while low < high {
      let middle = (low + high) / 2
      if entries[middle].path < path { low = middle + 1 } else { high = middle }
    }
    return low < entries.count && entries[low].path == path ? entries[low] : nil
  }

  // MARK: Records

  private static let information: TreePath = "var/lib/dpkg/info"

  /// `NAME.SUFFIX` or `NAME:ARCHITECTURE.SUFFIX`; names may have dots, suffixes have none.
  private static func debianRecord(_ path: TreePath) -> (name: String, suffix: String)? {
    guard path.isBelow(information), path.parent == information else { return nil }
    let text = String(decoding: path.name, as: UTF8.self)
    guard let dot = text.lastIndex(of: ".") else { return nil }
    return (String(text[..<dot]), String(text[text.index(after: dot)...]))
  }

  /// A file of `NAME-VERSION.dist-info` or `NAME.egg-info`.
  private static func pythonRecord(_ path: TreePath) -> (directory: TreePath, file: String)? {
    let directory = path.parent
    let name = directory.name
    guard name.ends(with: ".dist-info") || name.ends(with: ".egg-info") else { return nil }
    return (directory, String(decoding: path.name, as: UTF8.self))
  }

  /// "Foo.Bar" of 1.0 is in `foo_bar-1.0.dist-info`, written more or less so.
  private static func distribution(_ directory: TreePath) -> [UInt8] {
    let stem = directory.name.prefix(upTo: directory.name.lastIndex(of: UInt8(ascii: "."))!)
    return normal(String(decoding: stem.prefix { $0 != UInt8(ascii: "-") }, as: UTF8.self))
  }

  private static func normal(_ name: some StringProtocol) -> [UInt8] {
    Array(name.lowercased().utf8.map { $0 == UInt8(ascii: "_") || $0 == UInt8(ascii: ".") ? 0x2d : $0 })
  }

  /// `name` as seen from `directory`: RECORD has `../../../bin/tool`, and absolute paths.
  private static func joined(_ directory: TreePath, _ name: [UInt8]) -> TreePath? {
    if name.first == UInt8(ascii: "/") { return TreePath(name) }
    var parts = directory.bytes.split(separator: UInt8(ascii: "/"))
    for part in name.split(separator: UInt8(ascii: "/")) {
      if part.elementsEqual("..".utf8) {
        if parts.popLast() == nil { return nil }
      } else if !part.elementsEqual(".".utf8) {
        parts.append(part)
      }
    }
    return TreePath(parts.joined(separator: CollectionOfOne(UInt8(ascii: "/"))))
  }

  /// `a/__pycache__/b.cpython-311.pyc` is made of `a/b.py`.
  private static func source(ofByteCode path: TreePath) -> TreePath? {
    let cache = path.parent
    guard cache.name.elementsEqual("__pycache__".utf8), path.name.suffix(4).elementsEqual(".pyc".utf8) else {
      return nil
    }
    let module = path.name.prefix { $0 != UInt8(ascii: ".") }
    return cache.parent.appending(Array(module) + Array(".py".utf8))
  }
}

/// Where directories of a tree are that a symbolic link stands for: dpkg's lists say `/bin/sh` where
/// `/bin` leads to `usr/bin`.
private struct DirectoryLinks {
  private var targets: [TreePath: TreePath] = [:]

  init(_ entries: [FileEntry]) {
    for entry in entries {
      guard case .symbolicLink(let target) = entry.kind else { continue }
      // The links of merged /usr, and their like: in the root.
      guard entry.path.parent.isRoot, let path = TreePath(target) else { continue }
      targets[entry.path] = path
    }
  }

  func resolved(_ path: TreePath) -> TreePath {
    guard let slash = path.bytes.firstIndex(of: UInt8(ascii: "/")),
      let target = targets[TreePath(unchecked: Array(path.bytes[..<slash]))]
    else { return path }
    return target.appending(path.bytes[(slash + 1)...])
  }
}

/// dpkg's diversions, three lines each: the path, where other packages' files go instead, and who
/// diverts.
private struct Diversions {
  private var places: [TreePath: (place: TreePath, by: String)] = [:]

  init() {}

  init(_ text: [UInt8]) {
    let lines = text.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
    for index in stride(from: 0, to: lines.count - 2, by: 3) {
      guard let path = TreePath(lines[index]), let place = TreePath(lines[index + 1]) else { continue }
      places[path] = (place, String(decoding: lines[index + 2], as: UTF8.self))
    }
  }

  func place(of path: TreePath, from package: String) -> TreePath {
    guard let diversion = places[path], diversion.by != package else { return path }
    return diversion.place
  }
}

/// The paths of a wheel's RECORD: the first field of each line, in quotes where it has a comma.
private struct WheelRecordNames: Sequence, IteratorProtocol {
  private var rest: ArraySlice<UInt8>

  init(_ text: [UInt8]) { rest = text[...] }

  mutating func next() -> [UInt8]? {
    while !rest.isEmpty {
      var name: [UInt8] = []
      if rest.first == UInt8(ascii: "\"") {
        rest.removeFirst()
        while let byte = rest.popFirst() {
          if byte == UInt8(ascii: "\"") {
            guard rest.first == UInt8(ascii: "\"") else { break }
            rest.removeFirst()
          }
          name.append(byte)
        }
      } else {
        name = Array(rest.prefix { $0 != UInt8(ascii: ",") && $0 != UInt8(ascii: "\n") })
      }
      let end = rest.firstIndex(of: UInt8(ascii: "\n"))
      rest = end.map { rest[($0 + 1)...] } ?? []
      if !name.isEmpty { return name }
    }
    return nil
  }
}
