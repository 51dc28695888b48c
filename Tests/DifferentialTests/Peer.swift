import BuildModel
import Foundation
import Glibc
import TestSupport

/// Trees that mmdebstrap makes, as root, with apt and dpkg.
enum Peer {
  /// Some scripts write the name of the host down: it has the one that our sandbox has.
  private static let hostName = [
    "/usr/bin/unshare", "--uts", "/bin/sh", "-c", "hostname localhost && exec \"$@\"", "sh",
  ]

  /// Makes the set in each of the directories, at once.
  static func build(_ set: PackageSet, from archive: LockedArchive, in directories: [String]) throws
    -> [String]
  {
    let runs = try directories.map { directory in
      if directory != directories[0] { sleep(set.apart) }
      return try ProgramRun(
        hostName + (set.isForeign ? Emulation.prefix : []) + [
          "/usr/bin/mmdebstrap", "--mode=root", "--variant=minbase", "--arch=\(set.target.debian)",
          "--hook-dir=/usr/share/mmdebstrap/hooks/merged-usr",
          "--include=\(set.packages.joined(separator: ","))", set.suite, "\(directory)/tree",
        ] + archive.sources, in: directory,
        environment: [
          "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/root",
          "TMPDIR": directory, "SOURCE_DATE_EPOCH": "\(archive.lock.date)",
        ])
    }
    for result in try runs.map({ try $0.finish() }) where result.status != 0 {
      let lines = result.errors.split(separator: "\n").suffix(20).joined(separator: "\n")
      throw CannotCompare(description: "mmdebstrap cannot make \(set.name):\n\(lines)")
    }
    return directories.map { "\($0)/tree" }
  }
}
