import Diagnosis

/// Everything that `GUEST/config` says, with the defaults filled in. Lists and tables keep the order in
/// which they were written. The initial values of these types are the defaults that docs/config.md lists;
/// a required key starts empty and is never empty after loading.
package struct GuestConfiguration: Sendable, Equatable, Codable {
  /// The guest directory as it was named: "guest".
  package var directory: String
  package var build = GuestBuild()
  /// `manifest.toml`; nil when there is none.
  package var image: GuestIdentity?
  package var providers: [GuestProvider] = []
  package var packageSets: [GuestPackageSet] = []
  package var mcpServers: [MCPServer] = []
  package var web = WebPolicy()
  package var resources = VMResources()
  package var environment = VMEnvironment()

  /// Keys and tables that nothing reads, by their dotted path: a misspelling, or a newer schema.
  package var ignored: [Located<String>] = []
  /// Tables that a later file of the same directory replaced.
  package var replaced: [ReplacedTable] = []

  package init(directory: String) { self.directory = directory }

  /// `GUEST/config`
  package var configDirectory: String { "\(directory)/config" }
}

/// A table written in two files of one directory: the later one counts.
package struct ReplacedTable: Sendable, Equatable, Codable {
  package var key: String
  package var kind: Kind
  package var earlier: SourcePosition
  package var later: SourcePosition

  package enum Kind: String, Sendable, Codable { case provider, packageSet, mcpServer }

  package init(key: String, kind: Kind, earlier: SourcePosition, later: SourcePosition) {
    self.key = key
    self.kind = kind
    self.earlier = earlier
    self.later = later
  }
}

/// `[image]` of `manifest.toml`: what `inspect` shows. Nothing of it enters the image.
package struct GuestIdentity: Sendable, Equatable, Codable {
  package var name = ""
  package var version = "0.1.0"
  package var description = ""
  package var changelog: [Change] = []

  package init() {}

  package struct Change: Sendable, Equatable, Codable {
    package var version = ""
    package var date = ""
    package var changes: [String] = []

    package init() {}
  }
}

/// A name and its text, for tables whose keys are free: variables, headers, version commands.
package struct NamedText: Sendable, Equatable, Codable {
  package var name: String
  package var text: String
  /// Of the name.
  package var position: SourcePosition
  package var textPosition: SourcePosition

  package init(
    _ name: String, _ text: String, at position: SourcePosition, textAt textPosition: SourcePosition? = nil
  ) {
    self.name = name
    self.text = text
    self.position = position
    self.textPosition = textPosition ?? position
  }
}

/// A file that the host writes into the guest at boot.
package struct GuestFile: Sendable, Equatable, Codable {
  package var path = ""
  package var content = ""
  /// Of its table.
  package var position: SourcePosition
  package var pathPosition: SourcePosition
  package var contentPosition: SourcePosition

  package init(at position: SourcePosition) {
    self.position = position
    pathPosition = position
    contentPosition = position
  }
}
