import CApt
import FoundationEssentials
import Glibc

/// A directory that libapt-pkg takes for the whole system: sources, lists, status. Nothing of the
/// host's apt or dpkg is read but dpkg's two tables of architectures.
struct PrivateRoot {
  /// A Packages file under the name that libapt-pkg looks for.
  struct PlacedIndex {
    var source: SolverRequest.Source
    var index: SolverRequest.Index
  }

  private let directory: String
  /// By the file's name below lists/.
  private(set) var indexes: [String: PlacedIndex] = [:]

  /// Makes the root in `scratch`, which has to exist and to be empty. Index files are linked to.
  init(in scratch: String, for request: SolverRequest) throws {
    directory = scratch
    for name in ["cache", "etc", "lists/partial", "log", "state", "tmp"] {
      try FileManager.default.createDirectory(
        atPath: "\(scratch)/\(name)", withIntermediateDirectories: true)
    }
    var lines: [String] = []
    for source in request.sources {
      try place(source, architecture: request.architecture)
      let components = source.indexes.map(\.component).joined(separator: " ")
      lines.append("deb [arch=\(request.architecture)] \(source.uri) \(source.suite) \(components)\n")
    }
    try write(lines.joined(), to: "etc/sources.list")
    try setStatus("")
  }

  /// What dpkg's status file says: the packages that are installed already.
  func setStatus(_ text: String) throws { try write(text, to: "status") }

  /// Sets libapt-pkg up to read this root. It serves one root in the life of a process.
  func enter(architecture: String, installsRecommends: Bool) throws(SolverError) {
    let settings = settings(architecture: architecture, installsRecommends: installsRecommends)
    let values = settings.map { (strdup($0.name), strdup($0.value), $0.late) }
    defer { for value in values { free(value.0); free(value.1) } }
    let entered = capt_initialize(
      values.map { capt_setting(name: $0.0, value: $0.1, late: $0.2) }, values.count, "\(directory)/tmp")
    if !entered { throw SolverError(ofLibrary: "the packages", "libapt-pkg cannot be set up") }
  }

  private mutating func place(_ source: SolverRequest.Source, architecture: String) throws {
    for word in [source.uri, source.suite] + source.indexes.map(\.component)
    where word.isEmpty || word.utf8.contains(where: { $0 <= 0x20 || $0 == 0x7f }) {
      throw SolverError(
        .invalidRequest, "source \(source.name)", "expected a word without spaces, found \"\(word)\"")
    }
    let base = source.uri + (source.uri.hasSuffix("/") ? "" : "/") + "dists/\(source.suite)/"
    // The verified content goes where the signed file would: libapt-pkg reads it as it is, and can
    // never see another part of the file than gpgv did.
    try link(listName("\(base)InRelease"), to: source.release, "the Release file of \(source.name)")
    for index in source.indexes {
      let name = listName("\(base)\(index.component)/binary-\(architecture)/Packages")
      guard indexes.updateValue(PlacedIndex(source: source, index: index), forKey: name) == nil else {
        throw SolverError(
          .conflictingRequests, "source \(source.name)",
          "another source has \(index.component) of the same suite",
          hints: ["name each component of a suite once"])
      }
      try link(name, to: index.path, "\(index.component) of \(source.name)")
    }
  }

  private func link(_ name: String, to path: String, _ subject: String) throws {
    var isDirectory = false
    guard path.hasPrefix("/"), FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory),
      !isDirectory
    else {
      throw SolverError(.missingIndex, subject, "there is no file \(path)")
    }
    let place = "\(directory)/lists/\(name)"
    if let target = try? FileManager.default.destinationOfSymbolicLink(atPath: place), target == path {
      return
    }
    try FileManager.default.createSymbolicLink(atPath: place, withDestinationPath: path)
  }

  private func listName(_ uri: String) -> String {
    guard let name = capt_list_name(uri) else { preconditionFailure("out of memory") }
    defer { free(name) }
    return String(cString: name)
  }

  private func write(_ text: String, to name: String) throws {
    try Data(text.utf8).write(to: URL(filePath: "\(directory)/\(name)"))
  }

  private func settings(architecture: String, installsRecommends: Bool) -> [Setting] {
    [
      Setting("Dir", "\(directory)/"),
      Setting("Dir::State", "\(directory)/state/"),
      Setting("Dir::State::lists", "\(directory)/lists/"),
      Setting("Dir::State::status", "\(directory)/status"),
      Setting("Dir::State::extended_states", "/dev/null"),
      Setting("Dir::Cache", "\(directory)/cache/"),
      Setting("Dir::Log", "\(directory)/log/"),
      Setting("Dir::Etc", "\(directory)/etc/"),
      Setting("Dir::Etc::sourcelist", "\(directory)/etc/sources.list"),
      Setting("Dir::Etc::sourceparts", "/dev/null"),
      Setting("Dir::Etc::main", "/dev/null"),
      Setting("Dir::Etc::parts", "/dev/null"),
      Setting("Dir::Etc::preferences", "/dev/null"),
      Setting("Dir::Etc::preferencesparts", "/dev/null"),
      Setting("Dir::Etc::trusted", "/dev/null"),
      Setting("Dir::Etc::trustedparts", "/dev/null"),
      Setting("Dir::Etc::netrc", "/dev/null"),
      Setting("Dir::Etc::netrcparts", "/dev/null"),
      Setting("APT::Architecture", architecture),
      // Without a list, libapt-pkg runs the host's dpkg to ask for it.
      Setting("APT::Architectures::", architecture),
      Setting("APT::System", "Debian dpkg interface"),
      Setting("APT::Solver", "internal"),
      Setting("APT::Planner", "internal"),
      Setting("APT::Install-Recommends", installsRecommends ? "true" : "false"),
      Setting("Acquire::Languages", "none"),
      // libapt-pkg would take apt itself for Essential.
      Setting("pkgCacheGen::ForceEssential", ",", late: true),
      // The cache of the sources is kept for the second resolution; the one with the status is not.
      Setting("Dir::Cache::pkgcache", "", late: true),
      Setting("Dir::Log::Planner", "", late: true),
    ]
  }

  /// `late`: after libapt-pkg's defaults, which fill what is empty.
  private struct Setting {
    var name: String
    var value: String
    var late: Bool

    init(_ name: String, _ value: String, late: Bool = false) {
      self.name = name
      self.value = value
      self.late = late
    }
  }
}
