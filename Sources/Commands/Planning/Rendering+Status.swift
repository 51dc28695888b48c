import BuildModel
import Diagnosis
import Json
import Pipeline

extension Rendering {
  /// `guest` is named in the commands that bring everything up to date.
  static func status(_ status: GuestStatus, guest: String, style: Style) -> String {
    var text = ""
    for architecture in status.architectures {
      text += "\(style.paint(.cyan, architecture.name))\n"
      text += table(
        architecture.parts.map { part in [part.part.title, part.state.words] },
        lines: architecture.parts.map { lines($0.state) })
      for obstacle in architecture.obstacles {
        text += "  \(style.paint(.yellow, "cannot be built:")) \(obstacle.summary.harmlessLine)\n"
      }
      for template in templates(for: architecture.parts.filter(\.state.needsBuild).map(\.part)) {
        text += "  run: capsem-native build \(guest) --arch \(architecture.name)\(template)\n"
      }
    }
    text += "\(style.paint(.cyan, "settings"))\n"
    text += table([[status.settings.words]])
    if status.settings == .changed {
      text += "  run: capsem-native settings \(guest) --output defaults.json\n"
    }
    return text
  }

  /// What to add to `build` for these parts, once for each command.
  private static func templates(for parts: [AssetPart]) -> [String] {
    if parts.count == AssetPart.allCases.count { return [" --template all"] }
    return parts.map { $0 == .rootfs ? "" : " --template \($0)" }
  }

  private static func lines(_ state: GuestStatus.PartState) -> [String] {
    guard case .changed(let stages) = state else { return [] }
    return stages.flatMap { changes($0.changes) }
  }
}

extension GuestStatus {
  var json: JSONText {
    .object([
      ("settings", .string(settings.word)),
      (
        "architectures",
        .object(
          architectures.map { architecture in
            (
              architecture.name,
              .object(
                architecture.parts.map { part, state in (part.rawValue, state.json) }
                  + [("obstacles", .array(architecture.obstacles.map { .string($0.summary) }))])
            )
          })
      ),
    ])
  }
}

extension AssetPart {
  fileprivate var title: String {
    switch self {
    case .rootfs: "root image"
    case .kernel: "kernel"
    case .initrd: "initrd"
    }
  }
}

extension GuestStatus.PartState {
  fileprivate var needsBuild: Bool {
    switch self {
    case .current, .absent: false
    case .notBuilt, .changed, .lost, .unknown: true
    }
  }

  fileprivate var words: String {
    switch self {
    case .notBuilt: "not built yet"
    case .current: "up to date"
    case .changed(let stages): "has to be built again, from \(stages.first?.stage ?? "the beginning") on"
    case .lost: "has to be built again: its files are gone or have changed"
    case .unknown: "cannot be built as it is"
    case .absent: "the guest has no sources of one"
    }
  }

  fileprivate var json: JSONText {
    let word =
      switch self {
      case .notBuilt: "not built yet"
      case .current: "up to date"
      case .changed: "changed"
      case .lost: "lost"
      case .unknown: "unknown"
      case .absent: "absent"
      }
    guard case .changed(let stages) = self else { return .object([("state", .string(word))]) }
    return .object([
      ("state", .string(word)),
      (
        "changes",
        .object(stages.map { ($0.stage, .array($0.changes.map { .string($0.line) })) })
      ),
    ])
  }
}

extension GuestStatus.Settings {
  fileprivate var word: String {
    switch self {
    case .unknown: "not built yet"
    case .current: "up to date"
    case .changed: "changed"
    }
  }

  fileprivate var words: String {
    switch self {
    case .unknown: "no build has recorded any yet"
    case .current: "as in the last build"
    case .changed: "changed since the last build: no rebuild, the host reads them when it starts"
    }
  }
}
