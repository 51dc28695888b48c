import FileTree
import Json

/// A package that a package manager has installed.
package struct InstalledPackage: Sendable, Equatable {
  package var name: String
  /// Nil when its record does not say.
  package var version: String?
  package var source: Source
  /// Debian's word; nil for what is no Debian package.
  package var architecture: String?
  /// The directory that programs look for it in; nil for a Debian package, whose files are everywhere.
  package var place: TreePath?

  package enum Source: String, Sendable, CaseIterable { case dpkg, npm, python }

  package init(
    name: String, version: String?, source: Source, architecture: String? = nil, place: TreePath? = nil
  ) {
    self.name = name
    self.version = version
    self.source = source
    self.architecture = architecture
    self.place = place
  }

  /// Compared byte by byte: field after field, with a NUL between them.
  var order: [UInt8] {
    let fields = [name, source.rawValue, version ?? "", architecture ?? ""]
    return fields.joined(separator: "\0").utf8 + [0] + (place?.bytes ?? [])
  }

  /// The packages of dpkg's status that have their files in the tree: not those that were removed and
  /// left their configuration.
  static func debian(_ status: [UInt8]) -> [InstalledPackage] {
    Fields.stanzas(of: status).compactMap { stanza in
      // "install ok installed": what is wanted, whether all is well, and what is.
      let state = stanza["Status"]?.split(separator: " ").last
      guard let name = stanza["Package"], let state, state != "config-files", state != "not-installed"
      else { return nil }
      return InstalledPackage(
        name: name, version: stanza["Version"], source: .dpkg, architecture: stanza["Architecture"])
    }
  }

  /// A distribution's metadata: the header of a message, of which only the header counts.
  static func python(_ metadata: [UInt8], in place: TreePath) -> InstalledPackage? {
    guard let header = Fields.stanzas(of: metadata).first, let name = header["Name"] else { return nil }
    return InstalledPackage(name: name, version: header["Version"], source: .python, place: place)
  }

  /// `name` is that of its directory, by which programs ask for it.
  static func npm(_ text: [UInt8], named name: String, in place: TreePath) -> InstalledPackage {
    let version = (try? JSONValue(parsing: text))?["version"]?.string
    return InstalledPackage(name: name, version: version, source: .npm, place: place)
  }
}
