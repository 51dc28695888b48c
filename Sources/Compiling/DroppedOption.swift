import BuildModel
import Diagnosis
import FileTree

/// An option that a kernel configuration asks for and `make olddefconfig` decided otherwise, in silence.
struct DroppedOption: Equatable {
  /// "CONFIG_EXT4_FS"
  var name: String
  var wanted: String
  var found: String
  /// Of the kernel configuration.
  var line: Int

  /// Sorted by line. Not to be there is to be off.
  static func all(asked: Defconfig, result: Defconfig) -> [DroppedOption] {
    asked.settings.compactMap { name, setting in
      let found = result.settings[name]?.value ?? "n"
      return found == setting.value
        ? nil : DroppedOption(name: name, wanted: setting.value, found: found, line: setting.line)
    }.sorted { $0.line < $1.line }
  }

  /// Warns of every option that was dropped. One that no image can do without ends the build, whether it was
  /// asked for or not.
  static func check(
    _ recipe: KernelRecipe, _ configuration: String, source: KernelSource, writer: inout TreeWriter,
    events: EventHandler
  ) throws {
    let (asked, result) = (Defconfig(recipe.defconfig), Defconfig(configuration))
    let dropped = all(asked: asked, result: result)
    let missing = KernelOption.required.filter { result.settings[$0.name]?.value != "y" }
    if dropped.isEmpty && missing.isEmpty { return }
    let kconfig = try Kconfig(architecture: recipe.architecture == .amd64 ? "x86" : "arm64") { path in
      guard let path = TreePath(path) else { return nil }
      var place = KernelSource.directory
      for part in path.bytes.split(separator: UInt8(ascii: "/")) { place = place.appending(part) }
      return try writer.read(place).map { String(decoding: $0, as: UTF8.self) }
    }
    func reason(_ name: String, _ wanted: String) -> String {
      kconfig.reason(String(name.dropFirst("CONFIG_".count)), wanted: wanted) {
        result.settings["CONFIG_\($0)"]?.value ?? "n"
      }
    }
    if !missing.isEmpty {
      throw Report(
        "cannot compile the kernel of \(recipe.name): its configuration ends without "
          + missing.map(\.name).joined(separator: ", "),
        causes: missing.map { option in
          let line = asked.settings[option.name].map { " at \(recipe.defconfigPath):\($0.line)" } ?? ""
          return "\(option.name)\(line): \(reason(option.name, "y")); it is needed: \(option.reason)"
        },
        hints: ["write what is missing to \(recipe.defconfigPath); kernel/README.md tells what images need"])
    }
    for option in dropped {
      events(
        .warning(
          Report(
            "\(recipe.defconfigPath):\(option.line): \(option.name)=\(option.wanted) became \(option.found) "
              + "in \(source.version)",
            causes: [reason(option.name, option.wanted)])))
    }
  }
}
