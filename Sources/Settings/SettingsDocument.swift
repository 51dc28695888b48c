import BuildModel
import Json

/// `defaults.json`: what the host offers as settings of a guest, with their defaults, and the tool servers
/// that it brings. A pure function of the config; equal configs give equal bytes. A host reads it only if
/// the config has no `unusableSettingsKeys`.
package struct SettingsDocument: Sendable {
  /// JSON with a blank indent of two and a final newline.
  package let text: String

  package init(_ configuration: GuestConfiguration) {
    let settings = SettingsDocument.groups(of: configuration)
    let document = JSONText.object([
      ("settings", .object(settings.map { ($0.key, $0.group.json) })),
      ("mcp", .object(configuration.mcpServers.map { ($0.key, $0.settings) })),
    ])
    text = document.rendered() + "\n"
  }

  /// The top of the tree.
  static func groups(of configuration: GuestConfiguration) -> [(key: String, group: SettingsGroup)] {
    [
      ("app", .app), ("ai", .providers(configuration.providers)),
      ("repository", .repository(configuration.web)),
      ("security", .security(configuration.web)),
      ("vm", .machine(configuration.resources, configuration.environment)), ("appearance", .appearance),
    ]
  }
}

extension SettingsGroup {
  fileprivate static var app: SettingsGroup {
    var group = SettingsGroup("Application", "The host program itself.", collapsed: false)
    group.add(
      "auto_update",
      SettingsLeaf("Automatic updates", "Keep the host program up to date by itself.", .bool(true)))
    group.add(
      "check_update",
      SettingsAction(
        "Look for updates", "Ask at once whether there is a newer version.", action: "check_update"))
    return group
  }

  fileprivate static var appearance: SettingsGroup {
    var group = SettingsGroup("Appearance", "How windows and terminals look.", collapsed: false)
    group.add(
      "dark_mode",
      SettingsLeaf("Dark mode", "Light text on a dark ground.", .bool(true), .sideEffect("toggle_theme")))
    group.add(
      "font_size",
      SettingsLeaf("Font size", "Size of the terminal's letters in pixels.", .number(14), .range(8...32)))
    return group
  }
}

extension MCPServer {
  fileprivate var settings: JSONText {
    var members: [(String, JSONText)] = [
      ("name", .string(name)), ("description", .string(description)),
      ("transport", .string(transport.rawValue)),
    ]
    if let command, !command.isEmpty { members.append(("command", .string(command))) }
    if let url, !url.isEmpty { members.append(("url", .string(url))) }
    if !arguments.isEmpty { members.append(("args", .array(arguments.map { .string($0) }))) }
    if !environment.isEmpty { members.append(("env", environment.object)) }
    if !headers.isEmpty { members.append(("headers", headers.object)) }
    if builtin { members.append(("builtin", .boolean(true))) }
    // A host takes an absent one for true: said always, a server that is switched off stays off.
    members.append(("enabled", .boolean(enabled)))
    return .object(members)
  }
}

extension [NamedText] {
  fileprivate var object: JSONText { .object(map { ($0.name, .string($0.text)) }) }
}
