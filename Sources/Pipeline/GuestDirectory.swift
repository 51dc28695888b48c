import BuildModel
import Diagnosis
import FileTree
import Glibc
import Installing
import Linting

/// What a guest directory holds for the image, besides its config.
struct GuestDirectory {
  var configuration: GuestConfiguration

  var artifacts: String { "\(configuration.directory)/artifacts" }
  var certificate: String { "\(artifacts)/capsem-ca.crt" }
  var hasCertificate: Bool { access(certificate, R_OK) == 0 }

  func binaries(of architecture: GuestArchitecture) -> String { "\(artifacts)/bin/\(architecture.name)" }

  var initScript: String { "\(artifacts)/capsem-init" }

  /// What the guest has the sources of: a root image it has always.
  func parts(of architecture: GuestArchitecture) -> Set<AssetPart> {
    var parts: Set<AssetPart> = [.rootfs]
    if ReferredFiles.defconfig(of: architecture, in: configuration) != nil { parts.insert(.kernel) }
    if access(initScript, R_OK) == 0 { parts.insert(.initrd) }
    return parts
  }

  /// Refuses a part that the guest has no sources of.
  func check(_ part: AssetPart, of architecture: GuestArchitecture) throws {
    if parts(of: architecture).contains(part) { return }
    let missing = part == .initrd ? initScript : configuration.defconfigPath(of: architecture)
    throw Report(
      "cannot build the \(part) of \(architecture.name): the guest has no \(missing ?? "kernel configuration")",
      hints: ["`capsem-native init NEW` writes a guest with all files, to copy from"])
  }

  /// Which files of the guest directory go where, or why that cannot be.
  func plan(for architecture: GuestArchitecture) throws -> GuestFiles {
    let listing = GuestListing(
      artifacts: try regularFiles(), binaries: try names(in: binaries(of: architecture)),
      hasCertificate: hasCertificate)
    let guest = configuration.build.guest
    return try GuestFiles(listing, requireBinaries: guest.binaries, requireCertificate: guest.ca)
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
