import BuildModel
import Diagnosis
import FileTree
import Json
import Pipeline

extension BuildPlan {
  /// The keys of older builders, and the plan of each architecture under `plan`.
  func json(template: String) -> JSONText {
    .object([
      ("template", .string(template)),
      ("compression", .string(compression.rawValue)),
      ("compression_level", .number(Int64(compressionLevel))),
      (
        "architectures",
        .object(
          architectures.map { architecture in
            (
              architecture.name,
              .object([
                ("platform", .string(architecture.platform)),
                ("rust_target", .string(architecture.rustTarget)),
                ("plan", architecture.json),
              ])
            )
          })
      ),
    ])
  }
}

extension ArchitecturePlan {
  fileprivate var json: JSONText {
    var members: [(String, JSONText)] = [
      ("suite", .string(suite)),
      ("origin", origin.map(JSONText.string) ?? .null),
      ("unknown", .array(unknown.map(JSONText.string))),
      ("obstacles", .array(obstacles.map { .string($0.summary) })),
      ("requests", .array(requests.map(ArchitecturePlan.json))),
      ("packages", .array(packages.map(ArchitecturePlan.json))),
      ("configuring", .array(configuring.map(JSONText.string))),
      ("python", .array(wheels.map(ArchitecturePlan.json))),
      ("npm", .array(npm.map(ArchitecturePlan.json))),
      ("files_fetched", .array(fetched.map(ArchitecturePlan.json))),
      ("files", .array(files.map(ArchitecturePlan.json))),
      ("stages", .array(stages.map(ArchitecturePlan.json))),
      ("sources", ArchitecturePlan.json(sources)),
      ("download", ArchitecturePlan.json(download)),
    ]
    members += room.map(ArchitecturePlan.json) ?? [("image", .null), ("disk", .null)]
    return .object(members)
  }

  private static func json(_ room: Room) -> [(String, JSONText)] {
    [
      ("image", .object([("size", .number(room.image)), ("exact", .boolean(room.isExact))])),
      (
        "disk",
        .object([
          ("cache", .number(room.cache)), ("workspace", .number(room.workspace)),
          ("output", .number(room.output)),
        ])
      ),
    ]
  }

  private static func json(_ request: Request) -> JSONText {
    .object([
      ("manager", .string(request.manager.rawValue)), ("text", .string(request.text)),
      ("position", .string("\(request.position)")),
    ])
  }

  private static func json(_ package: Package) -> JSONText {
    .object([
      ("name", .string(package.locked.name)),
      ("version", .string(package.locked.version)),
      ("architecture", .string(package.locked.architecture)),
      ("size", .number(package.locked.size)),
      ("installed_size", .number(package.locked.installedSize)),
      ("sha256", .string(package.locked.sha256.hex)),
      ("essential", .boolean(package.locked.essential)),
      ("order", .number(Int64(package.locked.order))),
      ("reason", .string(package.reason)),
    ])
  }

  private static func json(_ package: LockedNpmPackage) -> JSONText {
    .object([
      ("place", .string(package.place)),
      ("name", .string(package.name)),
      ("version", .string(package.version)),
      ("size", .number(package.size)),
      ("sha256", .string(package.sha256.hex)),
      ("integrity", .string(package.integrity.text)),
      ("requested", .boolean(package.requested)),
    ])
  }

  private static func json(_ file: LockedFile) -> JSONText {
    .object([
      ("owner", .string(file.owner)),
      ("name", .string(file.name)),
      ("url", .string(file.url)),
      ("size", .number(file.size)),
      ("sha256", .string(file.sha256.hex)),
    ])
  }

  private static func json(_ wheel: LockedWheel) -> JSONText {
    .object([
      ("environment", .string(wheel.environment)),
      ("name", .string(wheel.name)),
      ("version", .string(wheel.version)),
      ("file", .string(wheel.file)),
      ("size", .number(wheel.size)),
      ("sha256", .string(wheel.sha256.hex)),
      ("requested", .boolean(wheel.requested)),
    ])
  }

  private static func json(_ file: File) -> JSONText {
    .object([
      ("path", .string(file.path)),
      ("mode", .string(String(file.mode, radix: 8))),
      ("source", .string(file.source)),
      ("size", .number(file.size)),
      ("sha256", file.sha256.map { .string($0.hex) } ?? .null),
    ])
  }

  private static func json(_ stage: PlannedStage) -> JSONText {
    .object([
      ("stage", .string(stage.name)),
      ("reused", .boolean(stage.isReused)),
      ("reason", .string(stage.reason)),
      ("changes", .array(stage.changes.map { .string($0.line) })),
    ])
  }

  private static func json(_ amount: Amount?) -> JSONText {
    guard let amount else { return .null }
    return .object([("files", .number(Int64(amount.files))), ("bytes", .number(amount.bytes))])
  }
}
