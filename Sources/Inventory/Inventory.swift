import FileTree

/// What is installed in a tree, by the records that package managers leave in it. Nothing of the tree is
/// run.
package struct Inventory: Sendable, Equatable {
  /// Nil when the tree does not say.
  package var system: OperatingSystem?
  /// Sorted by name, then source, version and place.
  package var packages: [InstalledPackage]

  /// Reads the records among `entries`, which are sorted by path. `content` is asked for regular files.
  package init(of entries: [FileEntry], content: (FileEntry) throws -> [UInt8]) throws {
    var packages: [InstalledPackage] = []
    system = nil
    for entry in entries where entry.kind == .file {
      guard let record = Record(at: entry.path) else { continue }
      let bytes = try content(entry)
      switch record {
      case .system: system = OperatingSystem(bytes)
      case .dpkg: packages += InstalledPackage.debian(bytes)
      case .python(let place): packages += InstalledPackage.python(bytes, in: place).map { [$0] } ?? []
      case .npm(let name, let place): packages.append(InstalledPackage.npm(bytes, named: name, in: place))
      }
    }
    self.packages = packages.sorted { $0.order.lexicographicallyPrecedes($1.order) }
  }

  /// Which record a file is, told from its path alone.
  private enum Record {
    case system, dpkg
    case python(place: TreePath)
    case npm(name: String, place: TreePath)

    init?(at path: TreePath) {
      let name = path.name
      let directory = path.parent
      switch path {
      case "etc/os-release", "usr/lib/os-release": self = .system
      case "var/lib/dpkg/status": self = .dpkg
      case _ where name.elementsEqual("METADATA".utf8) && directory.name.ends(with: ".dist-info"),
        _ where name.elementsEqual("PKG-INFO".utf8) && directory.name.ends(with: ".egg-info"):
        self = .python(place: directory.parent)
      case _ where name.ends(with: ".egg-info"): self = .python(place: directory)
      case _ where name.elementsEqual("package.json".utf8):
        guard let (name, place) = Record.module(directory) else { return nil }
        self = .npm(name: name, place: place)
      default: return nil
      }
    }

    /// `node_modules/NAME` or `node_modules/@SCOPE/NAME`.
    private static func module(_ directory: TreePath) -> (name: String, place: TreePath)? {
      var place = directory.parent
      var name = String(decoding: directory.name, as: UTF8.self)
      if place.name.first == UInt8(ascii: "@") {
        name = String(decoding: place.name, as: UTF8.self) + "/" + name
        place = place.parent
      }
      return place.name.elementsEqual("node_modules".utf8) ? (name, place) : nil
    }
  }
}

extension ArraySlice<UInt8> {
  func ends(with suffix: String) -> Bool {
    count > suffix.utf8.count && self.suffix(suffix.utf8.count).elementsEqual(suffix.utf8)
  }
}
