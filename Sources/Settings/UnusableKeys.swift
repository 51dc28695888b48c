import BuildModel
import Diagnosis

extension GuestConfiguration {
  /// Table names that the config accepts, and that the host would misread in `defaults.json`.
  var unusableSettingsKeys: [Located<String>] {
    var found: [Located<String>] = []
    func check(_ key: String, _ what: String, at position: SourcePosition, taken: Set<String> = []) {
      let reason: String
      if key.isEmpty {
        reason = "an empty name is no part of a setting's id"
      } else if key.contains(".") {
        reason = "the parts of a setting's id are joined with dots"
      } else if SettingsNode.reservedKeys.contains(key) || taken.contains(key) {
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
        provider.filesKey, "the cli key of provider \(provider.key),", at: provider.position,
        taken: GuestProvider.settingsKeys)
      for file in provider.files { check(file.id, "file", at: file.file.position) }
    }
    for service in web.search + web.registry + web.repository {
      check(service.key, "service", at: service.position)
    }
    return found
  }
}
