import BuildModel

/// A key that the loader reads. The list is made by the loader itself, so it cannot miss one.
package struct ConfigKey: Sendable, Equatable {
  /// Below `config/`: "build.toml", "ai/*.toml".
  package var file: String
  /// Dotted, with capitals for names that are free: "build.architectures.NAME.node_major".
  package var path: String
  /// "integer 1–22", "list of strings"
  package var type: String
  /// "required", "none", or the value as TOML.
  package var fallback: String

  /// Every key of every file, in the order of reading: what docs/config.md has to list.
  package static let all: [ConfigKey] = {
    let journal = Journal()
    for file in ConfigFile.allCases {
      let section = Section(listing: "", of: file, in: journal)
      var configuration = GuestConfiguration(directory: "")
      file.decode(section, into: &configuration)
    }
    return journal.keys
  }()
}
