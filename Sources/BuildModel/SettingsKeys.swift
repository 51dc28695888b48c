import Diagnosis

/// Keys of the settings that the host reads. A setting's id is the path of keys to it, joined with dots.
package enum SettingsKey {
  /// Member names that are the grammar's own: a node named so would be taken for a part of its parent.
  package static let reserved: Set<String> = [
    "name", "description", "enabled_by", "collapsed", "type", "action",
  ]

  /// The keys that every provider has beside the group of its files.
  package static let ofProvider: Set<String> = ["allow", "api_key", "domains"]
}

extension GuestProvider {
  /// The key of the group of its files. They need no program: those of a provider without one have a
  /// group of their own.
  package var filesKey: String { cli?.key ?? "files" }
}

extension GuestConfiguration {
  /// Names that the config accepts, and that the host would misread as keys of settings; and why.
  package var unusableSettingsKeys: [Located<String>] {
    var found: [Located<String>] = []
    func check(_ key: String, _ what: String, at position: SourcePosition, taken: Set<String> = []) {
      let reason: String
      if key.isEmpty {
        reason = "an empty name is no part of a setting's id"
      } else if key.contains(".") {
        reason = "the parts of a setting's id are joined with dots"
      } else if SettingsKey.reserved.contains(key) || taken.contains(key) {
        reason = "the settings have another meaning for this name"
      } else {
        return
      }
      found.append(Located("\(what) \"\(key)\": \(reason)", at: position))
    }
    for provider in providers {
      check(provider.key, "provider", at: provider.position)
      if provider.files.isEmpty { continue }
      check(
        provider.filesKey, "cli.key of provider \(provider.key),", at: provider.position,
        taken: SettingsKey.ofProvider)
      for file in provider.files { check(file.id, "file", at: file.file.position) }
    }
    for service in web.search + web.registry + web.repository {
      check(service.key, "service", at: service.position)
    }
    return found
  }
}
