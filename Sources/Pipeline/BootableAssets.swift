import Booting
import Diagnosis
import FileTree
import Glibc
import HostTools
import Manifests

/// Kernel, initrd and root image of one architecture, open, and with the hashes that the manifest says. What
/// was read is what is booted: nobody opens them by name again.
struct BootableAssets: ~Copyable {
  let architecture: MachineArchitecture
  let kernel: Descriptor
  let initrd: Descriptor
  let root: Descriptor
  /// Of kernel and initrd together: letters and digits.
  let identity: String

  /// Refuses what is not there, or is not what was built, by name.
  static func verified(in directory: String, architecture wanted: String?) throws -> BootableAssets {
    guard let manifest = PublishedAssets(in: directory).manifest else {
      throw Report(
        "cannot boot \(directory): it has no manifest.json of format 2", hints: [BootableAssets.build])
    }
    let assets = manifest.currentAssets
    let architecture = try BootableAssets.choose(wanted, of: assets, in: directory)
    let name = architecture.rawValue
    func asset(_ file: String) throws -> Asset {
      guard let asset = assets.first(where: { $0.architecture == name && $0.file == file }) else {
        throw Report(
          "cannot boot \(name): \(directory)/manifest.json lists no \(name)/\(file)",
          hints: [BootableAssets.build])
      }
      return asset
    }
    let (kernel, initrd, root) = (try asset("vmlinuz"), try asset("initrd.img"), try asset("rootfs.ext4"))
    let kernelFile = try open(kernel, in: directory)
    let initrdFile = try open(initrd, in: directory)
    let rootFile = try open(root, in: directory)
    let made = try MachineArchitecture.ofKernel(kernelFile.raw)
    guard made == architecture else {
      let what = made.map { "it was made for \($0.rawValue)" } ?? "it is no kernel"
      throw Report("cannot boot \(directory)/\(name)/vmlinuz: \(what)", hints: [BootableAssets.build])
    }
    return BootableAssets(
      architecture: architecture, kernel: kernelFile, initrd: initrdFile, root: rootFile,
      identity: "\(kernel.hash.prefix(16))\(initrd.hash.prefix(16))")
  }

  private static func open(_ asset: Asset, in directory: String) throws -> Descriptor {
    let path = "\(directory)/\(asset.architecture)/\(asset.file)"
    let descriptor = try Descriptor(opening: path, O_RDONLY)
    let found = try Blake3.hex(of: descriptor.raw)
    guard found == asset.hash else {
      throw Report(
        "cannot boot \(path): it is not what was built",
        causes: ["manifest.json has the BLAKE3 hash \(asset.hash)", "the file has \(found)"],
        hints: ["build it again, or take the file from where it came once more"])
    }
    return descriptor
  }

  private static let build = "capsem-native build --template all"

  private static func choose(_ wanted: String?, of assets: [Asset], in directory: String) throws
    -> MachineArchitecture
  {
    let there = MachineArchitecture.allCases.filter { known in
      assets.contains { $0.architecture == known.rawValue }
    }
    if let wanted {
      guard let known = there.first(where: { $0.rawValue == wanted }) else {
        let list = there.isEmpty ? "none" : there.map(\.rawValue).joined(separator: ", ")
        throw Report(
          "cannot boot \(wanted): \(directory) has no assets of it, but \(list)", hints: [build])
      }
      return known
    }
    if let host = MachineArchitecture.ofHost, there.contains(host) { return host }
    guard let only = there.first, there.count == 1 else {
      throw Report("cannot boot \(directory): it has no assets of this host's architecture", hints: [build])
    }
    return only
  }
}
