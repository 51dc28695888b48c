import BuildModel
import Foundation
import TestSupport

/// Trees that mmdebstrap makes, as root, with apt and dpkg.
enum Peer {
  /// Makes the set twice, at once: `NAME-1` and `NAME-2` in `directory`.
  static func build(_ set: PackageSet, from archive: LockedArchive, in directory: String) throws -> [String] {
    let roots = [1, 2].map { "\(directory)/\(set.name)-\($0)" }
    let runs = try roots.map { root in
      try ProgramRun(
        [
          "/usr/bin/mmdebstrap", "--mode=root", "--variant=minbase",
          "--hook-dir=/usr/share/mmdebstrap/hooks/merged-usr", "--include=\(set.packages.joined(separator: ","))",
          set.suite, root,
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
    return roots
  }
}
