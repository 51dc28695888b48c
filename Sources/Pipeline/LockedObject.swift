import BuildModel
import FileTree

/// One file that a lock names.
struct LockedObject {
  /// "bash 5.2.15-2+b2 (amd64)": what an error calls it.
  var name: String
  var sha256: Digest
  var size: Int64
  var origin: Origin

  enum Origin {
    /// Below the root of the archive that serves a release; the first path that answers will do.
    case archive(release: String, paths: [String])
    case file(url: String)
    /// A wheel or a source distribution of an index; `project` is its page's name.
    case python(url: String, project: String)
    /// A tarball of an npm registry; name and version say where other registries have it.
    case npm(url: String, name: String, version: String, integrity: NpmIntegrity)
    /// Below the guest directory.
    case guest(path: String)
  }
}

extension LockedObject {
  init(_ package: LockedPackage) {
    self.init(
      name: "\(package.name) \(package.version) (\(package.architecture))", sha256: package.sha256,
      size: package.size, origin: .archive(release: package.release, paths: [package.path]))
  }

  init(_ file: LockedFile) {
    self.init(name: file.name, sha256: file.sha256, size: file.size, origin: .file(url: file.url))
  }

  /// Of a kernel's source.
  init(_ source: LockedKernel.Source) {
    switch source {
    case .package(let package): self.init(package)
    case .file(let file): self.init(file)
    }
  }
}

extension Lockfile {
  /// All that kernels and initrds of every architecture are made of, on any machine.
  var compilingObjects: [LockedObject] {
    architectures.compactMap { $0.kernel.map { LockedObject($0.source) } }
      + (architectures.compactMap(\.busybox) + buildRoots.flatMap(\.packages)).map(LockedObject.init)
  }

  /// All that one architecture takes: packages, wheels, and the lists of the releases that `lists` is
  /// true of.
  func objects(of architecture: LockedArchitecture, lists: (LockedRelease) -> Bool) -> [LockedObject] {
    var objects = architecture.packages.map(LockedObject.init)
    objects += architecture.wheels.map {
      LockedObject(
        name: $0.file, sha256: $0.sha256, size: $0.size,
        origin: $0.guestPath.map { .guest(path: $0) } ?? .python(url: $0.url, project: $0.name))
    }
    objects += architecture.npm.map {
      LockedObject(
        name: "\($0.name) \($0.version) (npm)", sha256: $0.sha256, size: $0.size,
        origin: .npm(url: $0.url, name: $0.name, version: $0.version, integrity: $0.integrity))
    }
    objects += architecture.files.map(LockedObject.init)
    for release in releases where lists(release) {
      let directory = "dists/\(release.suite)"
      objects.append(
        LockedObject(
          name: "InRelease of \(release.suite)", sha256: release.inRelease, size: release.inReleaseSize,
          origin: .archive(release: release.name, paths: ["\(directory)/InRelease"])))
      for index in architecture.indexes where index.release == release.name {
        let parent = index.path.split(separator: "/").dropLast().joined(separator: "/")
        objects.append(
          LockedObject(
            name: "\(index.path) of \(release.suite)", sha256: index.sha256, size: index.size,
            origin: .archive(
              release: release.name,
              paths: [
                "\(directory)/\(parent)/by-hash/SHA256/\(index.sha256)", "\(directory)/\(index.path)",
              ])))
      }
    }
    return objects
  }
}
