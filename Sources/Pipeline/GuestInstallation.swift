import BuildModel
import Diagnosis
import Fetching
import FileTree
import Glibc
import Installing
import Store

/// Reads the guest directory's own files into the store and says where they go in the image.
struct GuestInstallation {
  var configuration: GuestConfiguration
  var store: Store

  private static let hostname = "capsem"

  private var artifacts: String { "\(configuration.directory)/artifacts" }

  /// States before `installed` have nothing of the guest's, and ask for none of it.
  func installation(for architecture: GuestArchitecture, goal: BuildGoal) throws -> Installation {
    if goal == .staged || goal == .configured {
      return Installation(
        files: [], certificate: nil, providers: [], npmPrefix: InstallPlan.defaultPrefix, imageSources: nil,
        hostname: GuestInstallation.hostname)
    }
    let certificate = "\(artifacts)/capsem-ca.crt"
    let binaries = "\(artifacts)/bin/\(architecture.name)"
    let hasCertificate = access(certificate, R_OK) == 0
    let listing = GuestListing(
      artifacts: try regularFiles(), binaries: try names(in: binaries), hasCertificate: hasCertificate)
    let guest = configuration.build.guest
    let plan = try GuestFiles(listing, requireBinaries: guest.binaries, requireCertificate: guest.ca)
    let files = try plan.files.map { file in
      let content: PlacedFile.Content =
        switch file.source {
        case .link(let target): .link(target: target)
        case .artifact(let path): .object(try insert("\(artifacts)\(path)"))
        case .binary(let name): .object(try insert("\(binaries)/\(name)"))
        case .certificate: .object(try insert(certificate))
        }
      return PlacedFile(path: file.path.description, mode: file.mode, content: content)
    }
    let programs = InstallPlan(configuration)
    return Installation(
      files: files, certificate: hasCertificate ? try insert(certificate) : nil,
      providers: programs.providers.map { program in
        ProvidedProgram(
          key: program.key, prefix: program.prefix,
          links: program.links.map { ProvidedProgram.Link(name: $0.name, path: $0.text) })
      }, npmPrefix: programs.npmPrefix, imageSources: configuration.build.apt.imageSources,
      hostname: GuestInstallation.hostname
    )
  }

  /// What the worker will ask for of an installation.
  static func objects(of installation: Installation, store: Store) throws -> [PoolItem] {
    var digests: [(Digest, String)] = installation.files.compactMap { file in
      if case .object(let digest) = file.content { (digest, file.path) } else { nil }
    }
    if let certificate = installation.certificate { digests.append((certificate, "capsem-ca.crt")) }
    return try digests.map { digest, name in
      guard let object = try store.open(digest) else {
        throw Report("cannot install \(name): its content has left the cache while the build began")
      }
      return PoolItem(name: name, sha256: digest, size: try fileSize(object.raw, named: name), candidates: [])
    }
  }

  private func insert(_ path: String) throws -> Digest {
    let file = try Descriptor(opening: path, O_RDONLY)
    return try store.insert(readAll(file.raw, named: path))
  }

  private func names(in directory: String) throws -> [String] {
    guard access(directory, F_OK) == 0 else { return [] }
    let raw = try Descriptor(opening: directory, O_RDONLY | O_DIRECTORY).release()
    return try directoryNames(raw, named: directory).map { String(decoding: $0, as: UTF8.self) }
  }

  /// Regular files below the artifacts, without what belongs to one architecture.
  private func regularFiles() throws -> [TreePath] {
    guard access(artifacts, F_OK) == 0 else {
      throw Report(
        "cannot install the guest's files: there is no \(artifacts)",
        hints: ["`capsem-native init NEW` writes a guest with all of them, to copy from"])
    }
    let root = try Descriptor(opening: artifacts, O_RDONLY | O_DIRECTORY)
    return try TreeWalk.entries(below: root.raw).filter { $0.kind == .file && !$0.path.isBelow("bin") }.map(
      \.path)
  }
}
