import BuildModel
import Diagnosis
import Fetching
import FileTree
import Glibc
import Installing
import Store

/// Reads the guest directory's own files and says where they go in the image.
struct GuestInstallation {
  var configuration: GuestConfiguration
  /// Where their content is kept; nil to look at it only.
  var store: Store?

  private static let hostname = "capsem"

  private var directory: GuestDirectory { GuestDirectory(configuration: configuration) }

  /// States before `installed` have nothing of the guest's, and ask for none of it.
  func installation(for architecture: GuestArchitecture, goal: BuildGoal) throws -> Installation {
    if goal == .staged || goal == .configured {
      return Installation(
        files: [], certificate: nil, providers: [], npmPrefix: InstallPlan.defaultPrefix, imageSources: nil,
        hostname: GuestInstallation.hostname)
    }
    let (artifacts, binaries) = (directory.artifacts, directory.binaries(of: architecture))
    let (certificate, hasCertificate) = (directory.certificate, directory.hasCertificate)
    let files = try directory.plan(for: architecture).files.map { file in
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
          key: program.key, manager: program.manager, prefix: program.prefix,
          links: program.links.map { ProvidedProgram.Link(name: $0.name, path: $0.text) })
      }, npmPrefix: programs.npmPrefix, npmScripts: programs.npmScripts.sorted(), fetched: programs.fetched,
      imageSources: configuration.build.apt.imageSources,
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
    let bytes = try readAll(file.raw, named: path)
    return try store?.insert(bytes) ?? Digest(of: bytes)
  }
}
