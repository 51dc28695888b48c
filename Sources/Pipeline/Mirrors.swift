import BuildModel
import Diagnosis
import FileTree
import Glibc
import HostTools
import Mirroring

/// Which archives a build asks: `--mirror` beats the config, which beats the host's own apt sources.
struct Mirrors {
  /// Of `--mirror`; a directory is given by its absolute path.
  var requested: String?
  var host: HostAptSources

  init(requested: String?, context: HostContext) {
    self.requested = requested.map { $0.hasPrefix("/") ? "file://\($0)" : $0 }
    var files: [(name: String, text: String)] = []
    if let text = context.text(of: "/etc/apt/sources.list") { files.append(("sources.list", text)) }
    let directory = "/etc/apt/sources.list.d"
    if let raw = try? Descriptor(opening: directory, O_RDONLY | O_DIRECTORY).release(),
      let names = try? directoryNames(raw, named: directory)
    {
      for name in names.map({ String(decoding: $0, as: UTF8.self) })
      where name.hasSuffix(".list") || name.hasSuffix(".sources") {
        if let text = context.text(of: "\(directory)/\(name)") { files.append((name, text)) }
      }
    }
    host = HostAptSources(files)
  }

  /// The archives of `suite`, and whether each may be missing its `Valid-Until` (a snapshot's is past).
  func archives(of configuration: GuestConfiguration, suite: String) throws -> [DebianArchive] {
    let apt = configuration.build.apt
    if !apt.sources.isEmpty && requested == nil {
      return apt.archives(suite: suite, mirror: "", securityMirror: "")
    }
    if let requested, requested.hasPrefix("file://") {
      let directory = String(requested.dropFirst("file://".count))
      if try MirrorDirectory.catalogue(of: directory) != nil { throw Mirrors.notAnArchive(directory) }
    }
    let fromHost = host.uri(of: suite)?.uri
    let snapshot = apt.snapshot.flatMap { moment in
      apt.snapshotMirror.map { Mirrors.snapshot($0.value, moment.value) }
    }
    guard let mirror = requested ?? snapshot ?? apt.mirror?.value ?? fromHost else {
      throw Report(
        "cannot find a mirror of \(suite): none is configured, and the host's apt has none",
        hints: [
          "name one: --mirror URL, or [build.apt] mirror = \"URL\" in "
            + "\(configuration.configDirectory)/build.toml"
        ])
    }
    if requested != nil && !apt.sources.isEmpty {
      var archives = apt.archives(suite: suite, mirror: mirror, securityMirror: mirror)
      for index in archives.indices { archives[index].uri = mirror }
      return archives
    }
    let security =
      (requested ?? snapshot).map(Mirrors.securitySibling) ?? apt.securityMirror?.value
      ?? (apt.mirror == nil ? host.uri(of: "\(suite)-security")?.uri : nil) ?? Mirrors.securitySibling(mirror)
    return apt.archives(suite: suite, mirror: mirror, securityMirror: security)
  }

  /// Where else a release's files may be, after the archives that were named for it: the host's own
  /// source of the suite, the archive that the lock remembers, and a snapshot of the time of the lock.
  func others(for release: LockedRelease, of apt: DebianSources, lockDate: Int64) -> [String] {
    // The lock remembers an archive by https, which a port of its own need not speak.
    let remembered = release.imageURI.flatMap { uri in
      uri.dropFirst("https://".count).prefix { $0 != "/" }.contains(":") ? nil : uri
    }
    var others = [host.uri(of: release.suite)?.uri, remembered].compactMap { $0 }
    if let base = apt.snapshotMirror?.value {
      // A snapshot is taken some hours after the archive has changed, and the nearest earlier one answers.
      let moments =
        [apt.snapshot?.value].compactMap { $0 }
        + [Int64(6), 24].map { CalendarTime(secondsSince1970: lockDate + $0 * 3600).compact }
      others += moments.map { moment in
        let snapshot = Mirrors.snapshot(base, moment)
        return release.suite.hasSuffix("-security") ? Mirrors.securitySibling(snapshot) : snapshot
      }
    }
    return others
  }

  static func snapshot(_ base: String, _ moment: String) -> String {
    var base = base[...]
    while base.hasSuffix("/") { base.removeLast() }
    return "\(base)/\(moment)"
  }

  /// A mirror of ours has what was resolved, and nothing to choose from.
  private static func notAnArchive(_ mirror: String) -> Report {
    Report(
      "cannot resolve packages in the mirror \(mirror): it holds what a lock names, and nothing to choose from",
      hints: [
        "build from the lock that it was made for, or resolve without --mirror",
        "apt itself takes the archives in its capsem.sources, pip and uv the index in its directory simple",
      ])
  }

  /// Mirrors of Debian keep security updates beside the main archive: debian-security beside debian. So do
  /// snapshots of it, above the moment.
  static func securitySibling(_ mirror: String) -> String {
    var base = mirror
    while base.hasSuffix("/") { base.removeLast() }
    if base.hasSuffix("/debian") { return base + "-security" }
    if let slash = base.lastIndex(of: "/"), base[..<slash].hasSuffix("/debian"),
      base[slash...].count == "/20260810T000000Z".count, base.hasSuffix("Z")
    {
      return "\(base[..<slash])-security\(base[slash...])"
    }
    return base
  }

  /// What the image's sources name: https, without credentials; nil for a local directory.
  static func imageURI(_ uri: String) -> String? {
    guard let scheme = uri.firstRange(of: "://"), uri.hasPrefix("http") else { return nil }
    var rest = uri[scheme.upperBound...]
    let host = rest.prefix { $0 != "/" }
    if let at = host.lastIndex(of: "@") { rest = rest[rest.index(after: at)...] }
    while rest.hasSuffix("/") { rest = rest.dropLast() }
    return "https://\(rest)"
  }
}
