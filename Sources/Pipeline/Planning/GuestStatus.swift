import BuildModel
import Diagnosis
import FileTree
import Glibc
import GuestConfig
import Linting
import Settings

/// What an edit of a guest directory leads to: which parts of the assets have to be built again, and which
/// need not.
package struct GuestStatus: Sendable {
  package var architectures: [Architecture]
  package var settings: Settings

  package struct Architecture: Sendable {
    package var name: String
    package var parts: [(part: AssetPart, state: PartState)]
    /// What would keep the root image from being built.
    package var obstacles: [Report]
  }

  package enum PartState: Sendable {
    case notBuilt
    case current
    /// By stage, in the order of the build.
    case changed([(stage: String, changes: [InputChange])])
    /// It was built, and its files are not what they were.
    case lost
    /// It cannot be built as it is.
    case unknown
    /// The guest does not have what it would be made of.
    case absent
  }

  package enum Settings: Sendable {
    /// No build has recorded any.
    case unknown
    case current
    /// The host reads them when it starts: nothing has to be built.
    case changed
  }
}

extension BuildPlanner {
  /// Of the architectures asked for, or all of the config.
  package func status(_ request: BuildRequest) throws -> GuestStatus {
    let configuration = try Validation(of: request.guest).buildableConfiguration()
    let architectures =
      request.architectures.isEmpty
      ? configuration.build.architectures : try configuration.architectures(named: request.architectures)
    let outlooks = try architectures.map {
      try BuildOutlook(configuration, $0, of: request, context: context)
    }
    let recorded = outlooks.compactMap { $0.record?.settings }
    let settings = Digest(of: SettingsDocument(configuration).text)
    return GuestStatus(
      architectures: try outlooks.map { outlook in
        GuestStatus.Architecture(
          name: outlook.architecture.name, parts: try outlook.states, obstacles: outlook.obstacles)
      },
      settings: recorded.isEmpty ? .unknown : recorded.allSatisfy { $0 == settings } ? .current : .changed)
  }
}

extension BuildOutlook {
  fileprivate var states: [(part: AssetPart, state: GuestStatus.PartState)] {
    get throws {
      try AssetPart.allCases.map { part in
        (part, part == .rootfs ? try rootfsState : try state(of: part))
      }
    }
  }

  private var rootfsState: GuestStatus.PartState {
    get throws {
      if record?.parts[.rootfs] == nil { return .notBuilt }
      if !isPublished { return .lost }
      guard let changes = try rootfsChanges else { return .unknown }
      return changes.isEmpty ? .current : .changed(changes)
    }
  }
}
