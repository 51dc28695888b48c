import BuildModel
import Diagnosis
import FileTree
import Glibc

extension DebianSources {
  /// The keys that may sign each release of a lock of this config, by the release's name. No mirror has
  /// to be known for it.
  func keyrings(of lock: Lockfile, suite: String) throws -> [String: [UInt8]] {
    let archives = archives(suite: suite, mirror: "", securityMirror: "")
    var keyrings: [String: [UInt8]] = [:]
    for release in lock.releases {
      let named = archives.first { $0.name == release.name }?.signedBy?.value
      let path = named ?? DebianResolution.keyring
      do throws(SystemFailure) {
        let file = try Descriptor(opening: path, O_RDONLY)
        keyrings[release.name] = try readAll(file.raw, named: path)
      } catch {
        throw Report(
          "cannot mirror \(release.suite): the keyring that apt is to check it with cannot be read",
          causes: [error.summary],
          hints: ["sudo apt-get install debian-archive-keyring, or name another with [build.apt] keyring"])
      }
    }
    return keyrings
  }
}
