import BuildModel
import Diagnosis
import Fetching
import FileTree
import Transfer

extension Lockfile {
  /// Why an object of this lock did not come, with what the user can do about it. A mirror keeps packages for
  /// long and its own lists for hours.
  func explained(_ error: any Error, about digest: Digest) -> any Error {
    if let failure = error as? PoolFailure, case .transfer(let transfer) = failure.cause,
      let remedies = remedies(for: digest)
    {
      return Lockfile.explained(failure, transfer, remedies: remedies)
    }
    let indexes = architectures.flatMap(\.indexes).map(\.sha256)
    guard releases.map(\.inRelease).contains(digest) || indexes.contains(digest) else { return error }
    var report = Report(of: error)
    report.hints = [
      "the mirror's lists have changed since the lock was written, and the image carries the locked ones: run "
        + "`capsem-native lock`, or build with a cache or a mirror that still has them"
    ]
    return report
  }

  /// What to do when nobody has a package any more; nil for what is no package.
  private func remedies(for digest: Digest) -> [String]? {
    func update(_ name: String) -> String {
      "`capsem-native lock --update-package \(name)` locks the version that there is now"
    }
    if let package = allPackages.first(where: { $0.sha256 == digest }) {
      return [
        update(package.name),
        "or name a snapshot archive with [build.apt] snapshot_mirror, or a mirror that has it with --mirror",
      ]
    }
    let name =
      architectures.flatMap(\.wheels).first { $0.sha256 == digest }?.name
      ?? architectures.flatMap(\.npm).first { $0.sha256 == digest }?.name
    return name.map { [update($0), "or name a mirror that has it with --mirror"] }
  }

  /// What has been dropped somewhere is named with its remedy; elsewhere it may still be, if nobody
  /// has answered there.
  private static func explained(
    _ failure: PoolFailure, _ transfer: TransferFailure, remedies: [String]
  ) -> Report {
    var report = Report(of: failure)
    if !transfer.isDroppedSomewhere { return report }
    report.causes = transfer.answers
    if transfer.isDroppedEverywhere {
      report.summary = "cannot fetch \(failure.item): no place that is known has it any more"
      report.hints = remedies
    } else {
      let isDropped = transfer.cause == .notFound || transfer.cause == .notListed
      report.hints = isDropped ? ["build again when every place answers"] : report.hints
      report.hints += remedies
    }
    return report
  }
}
