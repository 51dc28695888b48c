import BuildModel

/// What a host puts into a guest when it boots, where nobody has changed a setting: variables and files that
/// `defaults.json` leads to.
package struct BootSettings: Sendable, Equatable {
  package struct Variable: Sendable, Equatable {
    package var name: String
    package var value: String
  }

  package struct File: Sendable, Equatable {
    /// Absolute.
    package var path: String
    package var content: String
  }

  /// In the order of the settings, a variable once.
  package private(set) var environment: [Variable] = []
  /// A file whose content is empty is none.
  package private(set) var files: [File] = []

  /// Files may hold keys.
  package static let fileMode: UInt16 = 0o600

  package init(_ configuration: GuestConfiguration) {
    for (key, group) in SettingsDocument.groups(of: configuration) {
      for (id, leaf) in group.leaves(below: key) { collect(leaf, id: id) }
    }
  }

  /// Switches that programs in the guest can see.
  private static let switches = [
    "ai.anthropic.allow": "CAPSEM_ANTHROPIC_ALLOWED", "ai.openai.allow": "CAPSEM_OPENAI_ALLOWED",
    "ai.google.allow": "CAPSEM_GOOGLE_ALLOWED", "security.web.allow_read": "CAPSEM_WEB_ALLOW_READ",
    "security.web.allow_write": "CAPSEM_WEB_ALLOW_WRITE",
  ]

  /// Variables by which a program is made to load or run something else: no setting gets them into a guest.
  private static let blocked: Set<String> = [
    "BASH_ENV", "ENV", "IFS", "LD_AUDIT", "LD_LIBRARY_PATH", "LD_PRELOAD", "PROMPT_COMMAND", "PS4",
    "SHELLOPTS",
  ]

  private mutating func collect(_ leaf: SettingsLeaf, id: String) {
    switch leaf.value {
    case .text(let text), .apikey(let text): set(leaf.variables, to: text)
    case .file(let path, let content):
      if !content.isEmpty { files.append(File(path: path, content: content)) }
      set(leaf.variables, to: content)
    case .bool(let isOn):
      if let name = BootSettings.switches[id] { set([name], to: isOn ? "1" : "0") }
    case .number, .integers: break
    }
  }

  private mutating func set(_ names: [String], to value: String) {
    guard !value.isEmpty else { return }
    for name in names where !BootSettings.blocked.contains(name) {
      environment.removeAll { $0.name == name }
      environment.append(Variable(name: name, value: value))
    }
  }
}

extension SettingsLeaf {
  fileprivate var variables: [String] {
    meta.flatMap { if case .environment(let names) = $0 { names } else { [String]() } }
  }
}
