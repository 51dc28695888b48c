import BuildModel
import Diagnosis
import FileTree

/// What a mirror must hold for one lock: paths and contents, before anything is written.
package struct MirrorPlan: Sendable {
  enum Content: Sendable, Equatable {
    case object(MirroredFile)
    case bytes([UInt8])
  }

  private(set) var suites: [MirroredSuite] = []
  private(set) var files: [String: Content] = [:]

  /// Directory of the wheels, flat, so that `pip --find-links` takes it as well.
  static let wheels = "wheels"
  /// Directory of the Python index.
  package static let index = "simple"
  /// Directory of files that have no index: each below its digest, and a list that sha256sum(1) checks.
  private static let others = "files"
  static let sums = "files/SHA256SUMS"
  private static let keyrings = "keyrings"

  /// `keyrings` are the keys that may sign each release, by the release's name.
  package init(_ lock: Lockfile, keyrings: [String: [UInt8]]) throws(Report) {
    for release in lock.releases {
      guard let keyring = keyrings[release.name] else {
        throw Report("internal error: no keyring for the release \(release.name)")
      }
      try add(release, of: lock, keyring: keyring)
    }
    let roots = Dictionary(uniqueKeysWithValues: lock.releases.map { ($0.name, MirrorPlan.root(of: $0)) })
    for package in lock.allPackages {
      guard let root = roots[package.release] else {
        throw Report("cannot mirror \(package.name): the lock has no release \(package.release)")
      }
      try add("\(root)/\(package.path)", package.sha256, package.size)
    }
    for architecture in lock.architectures {
      for wheel in architecture.wheels {
        try add("\(MirrorPlan.wheels)/\(wheel.file)", wheel.sha256, wheel.size)
      }
      for package in architecture.npm { try add(NpmPages.path(of: package), package.sha256, package.size) }
      for file in architecture.allFiles {
        try add("\(MirrorPlan.others)/\(file.sha256)/\(file.name)", file.sha256, file.size)
      }
    }
  }

  /// The files that the lock names, by path.
  var locked: [String: MirroredFile] {
    files.compactMapValues { if case .object(let file) = $0 { file } else { nil } }
  }

  /// Digests of everything that a lock names.
  package static func digests(of lock: Lockfile) -> Set<Digest> {
    var digests = Set(lock.releases.map(\.inRelease))
    digests.formUnion(lock.allPackages.map(\.sha256))
    for architecture in lock.architectures {
      digests.formUnion(architecture.indexes.map(\.sha256))
      digests.formUnion(architecture.wheels.map(\.sha256))
      digests.formUnion(architecture.npm.map(\.sha256))
      digests.formUnion(architecture.allFiles.map(\.sha256))
    }
    return digests
  }

  /// Archives keep their own addresses as directories, so that no two of them share a pool: host, then
  /// path. One that lay in a local directory has only the release's name.
  static func root(of release: LockedRelease) -> String {
    if let uri = release.imageURI, let scheme = uri.firstRange(of: "://") {
      let address = uri[scheme.upperBound...].map { character in
        character.isASCII && (character.isLetter || character.isNumber || "./-_~+".contains(character))
          ? character : "_"
      }
      if let path = TreePath(String(address)), !path.isRoot { return "apt\(path)" }
    }
    return "apt/local/\(release.name)"
  }

  private static func keyring(of suite: String, in root: String) -> String {
    "\(keyrings)/\(root.dropFirst("apt/".count))/\(suite.replacing("/", with: "-")).gpg"
  }

  /// Whether a path is for something that a lock names, and not for something made from that.
  static func isLocked(_ path: String) -> Bool {
    path.hasPrefix("apt/") || path.hasPrefix("\(wheels)/") && !path.hasSuffix(".metadata")
      || NpmPages.isTarball(path) || isOther(path)
  }

  static func isOther(_ path: String) -> Bool { path.hasPrefix("\(others)/") && path != sums }

  private mutating func add(_ release: LockedRelease, of lock: Lockfile, keyring: [UInt8]) throws(Report) {
    let root = MirrorPlan.root(of: release)
    let dists = "\(root)/dists/\(release.suite)"
    let path = MirrorPlan.keyring(of: release.suite, in: root)
    try add(path, .bytes(keyring))
    try add("\(dists)/InRelease", release.inRelease, release.inReleaseSize)
    // A later lock takes the plain name; a build from the earlier one still finds its own.
    try add("\(dists)/by-hash/SHA256/\(release.inRelease)", release.inRelease, release.inReleaseSize)
    var architectures: Set<String> = []
    for architecture in lock.architectures {
      for index in architecture.indexes where index.release == release.name {
        let directory = index.path.split(separator: "/").dropLast().joined(separator: "/")
        try add("\(dists)/\(index.path)", index.sha256, index.size)
        try add("\(dists)/\(directory)/by-hash/SHA256/\(index.sha256)", index.sha256, index.size)
        architectures.insert(architecture.debian)
      }
    }
    let suite = MirroredSuite(
      root: root, suite: release.suite, components: release.components,
      architectures: architectures.sorted(), keyring: path)
    if !suites.contains(suite) { suites.append(suite) }
  }

  private mutating func add(_ path: String, _ sha256: Digest, _ size: Int64) throws(Report) {
    try add(path, .object(MirroredFile(size: size, sha256: sha256)))
  }

  private mutating func add(_ path: String, _ content: Content) throws(Report) {
    guard TreePath(path)?.description == "/" + path else {
      throw Report("cannot mirror \(path): the path leads elsewhere")
    }
    if let present = files[path], present != content {
      throw Report(
        "cannot mirror \(path): the lock names two files of that name",
        hints: ["give the sources different addresses, for each is one archive of its own in a mirror"])
    }
    files[path] = content
  }
}
