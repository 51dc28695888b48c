import BuildModel
import FileTree
import Json

/// `build.json`: what one architecture's assets were made of, and how. A later build reads it to know
/// what has changed.
struct BuildRecord: Sendable, Equatable {
  static let format = 2

  var architecture: String
  /// Of the program that built: another one may build otherwise.
  var program: Digest
  var lockDate: Int64
  var tier: String?
  /// Digest of the image's tree text.
  var tree: Digest?
  /// Bytes of the image.
  var size: Int64
  /// Names of the assets that belong together, in the architecture's directory.
  var files: [String]
  /// Which packages the config asked for, in `ConfigurationIdentity`'s words.
  var resolution: [String]
  /// Those that were built, and what of.
  var parts: [AssetPart: PartInputs]
  /// Digest of the settings that the host offered at that time.
  var settings: Digest?
}

// MARK: - Writing

extension BuildRecord {
  var text: String {
    JSONText.object([
      ("format", .number(Int64(BuildRecord.format))),
      ("architecture", .string(architecture)),
      ("program", .string(program.hex)),
      ("lock_date", .number(lockDate)),
      ("tier", tier.map(JSONText.string) ?? .null),
      ("tree", tree.map { .string($0.hex) } ?? .null),
      ("size", .number(size)),
      ("files", .array(files.map(JSONText.string))),
      ("settings", settings.map { .string($0.hex) } ?? .null),
      ("resolution", .array(resolution.map(JSONText.string))),
      (
        "parts",
        .object(
          AssetPart.allCases.compactMap { part in
            parts[part].map { (part.rawValue, BuildRecord.json($0)) }
          })
      ),
    ]).rendered() + "\n"
  }

  private static func json(_ inputs: PartInputs) -> JSONText {
    .array(
      zip(inputs.stages, inputs.identities).map { stage, identity in
        .object([
          ("stage", .string(stage.name)),
          ("version", .number(Int64(stage.version))),
          ("identity", .string(identity.hex)),
          ("locked", .array(stage.locked.map(JSONText.string))),
          ("configured", .array(stage.configured.map(JSONText.string))),
        ])
      })
  }
}

// MARK: - Reading

extension BuildRecord {
  /// Of an output directory. Nil when there is none, or one that this version did not write: then
  /// nothing is known of what is there.
  init?(output: String, architecture: String) {
    guard let text = Outputs.text(of: "\(output)/\(architecture)/\(Outputs.report)") else { return nil }
    self.init(text)
  }

  init?(_ text: [UInt8]) {
    guard let json = try? JSONValue(parsing: text), json["format"] == .number(Double(BuildRecord.format)),
      let architecture = json["architecture"]?.string,
      let program = json["program"]?.string.flatMap({ Digest(hex: $0) }),
      let lockDate = json["lock_date"]?.integer,
      let size = json["size"]?.integer,
      let files = json["files"]?.strings, let resolution = json["resolution"]?.strings,
      let parts = json["parts"]
    else { return nil }
    self.architecture = architecture
    self.program = program
    self.lockDate = lockDate
    self.tier = json["tier"]?.string
    self.tree = json["tree"]?.string.flatMap { Digest(hex: $0) }
    self.size = size
    self.files = files
    self.settings = json["settings"]?.string.flatMap { Digest(hex: $0) }
    self.resolution = resolution
    self.parts = [:]
    for part in AssetPart.allCases {
      guard let stages = parts[part.rawValue]?.array else { continue }
      let inputs = stages.compactMap(BuildRecord.stage)
      guard inputs.count == stages.count else { return nil }
      self.parts[part] = PartInputs(inputs)
    }
  }

  private static func stage(_ json: JSONValue) -> StageInputs? {
    guard let name = json["stage"]?.string, let version = json["version"]?.integer,
      let locked = json["locked"]?.strings, let configured = json["configured"]?.strings
    else { return nil }
    return StageInputs(name, version: Int(version), locked: locked, configured: configured)
  }
}

extension JSONValue {
  /// A whole number that a double holds exactly.
  fileprivate var integer: Int64? {
    if case .number(let number) = self { Int64(exactly: number) } else { nil }
  }

  fileprivate var strings: [String]? {
    guard let array else { return nil }
    let strings = array.compactMap(\.string)
    return strings.count == array.count ? strings : nil
  }
}
