import BuildModel
import Diagnosis

extension SettingsGroup {
  static func repository(_ web: WebPolicy) -> SettingsGroup {
    var identity = SettingsGroup("Git identity", "Who the commits are from that are made in the guest.")
    identity.add(
      "author_name",
      SettingsLeaf(
        "Name", "Author and committer of commits.", .text(""),
        .environment(["GIT_AUTHOR_NAME", "GIT_COMMITTER_NAME"])))
    identity.add(
      "author_email",
      SettingsLeaf(
        "Email", "Address of author and committer.", .text(""),
        .environment(["GIT_AUTHOR_EMAIL", "GIT_COMMITTER_EMAIL"])))
    var git = SettingsGroup()
    git.add("identity", identity)

    var providers = SettingsGroup("Code hosts", "Where the guest may fetch code from, and push it to.")
    for service in web.repository {
      var group = SettingsGroup.service(
        service, in: "repository.providers",
        "Let the guest fetch from \(service.name), and push with a token.")
      if let token = RepositoryToken.known[service.key] { group.add("token", token.leaf(of: service.name)) }
      providers.add(service.key, group)
    }
    var group = SettingsGroup("Repositories", "Git: who you are, and where code lives.", collapsed: false)
    group.add("git", git)
    group.add("providers", providers)
    return group
  }

  static func security(_ web: WebPolicy) -> SettingsGroup {
    var group = SettingsGroup("Security", "What the guest may reach on the network.", collapsed: false)
    group.add(
      "preset",
      SettingsAction("Preset", "Set everything below to one of the prepared levels.", action: "preset_select")
    )
    group.add("web", .web(web))
    var services = SettingsGroup("Services", "Known services, each with a switch.")
    services.add(
      "search",
      .services(web.search, in: "security.services.search", "Search engines", "Where the guest may search.") {
        "Let the guest search with \($0)."
      })
    services.add(
      "registry",
      .services(
        web.registry, in: "security.services.registry", "Package registries",
        "Where the guest may install packages from."
      ) { "Let the guest install packages from \($0)." })
    group.add("services", services)
    return group
  }

  private static func web(_ web: WebPolicy) -> SettingsGroup {
    var group = SettingsGroup("Web", "Domains that no switch covers.")
    group.add(
      "allow_read",
      SettingsLeaf("Read from anywhere", "GET and the like, from every domain.", .bool(web.allowRead)))
    group.add(
      "allow_write",
      SettingsLeaf("Write to anywhere", "POST and the like, to every domain.", .bool(web.allowWrite)))
    group.add(
      "custom_allow",
      SettingsLeaf(
        "Always allow",
        "Domains that are allowed in any case, separated by commas; *.DOMAIN covers those below.",
        .text(web.customAllow.map(\.value).joined(separator: ", ")), .domainList))
    group.add(
      "custom_block",
      SettingsLeaf(
        "Always block", "Domains that are refused in any case, separated by commas. Blocking beats allowing.",
        .text(web.customBlock.map(\.value).joined(separator: ", ")), .domainList))
    group.add(
      "http_upstream_ports",
      SettingsLeaf(
        "Plain HTTP ports", "Ports to which the guest may speak HTTP without encryption.",
        .integers(web.httpUpstreamPorts)))
    return group
  }

  private static func services(
    _ services: [WebService], in path: String, _ name: String, _ description: String,
    allow: (String) -> String
  ) -> SettingsGroup {
    var group = SettingsGroup(name, description)
    for service in services { group.add(service.key, .service(service, in: path, allow(service.name))) }
    return group
  }

  private static func service(_ service: WebService, in path: String, _ allow: String) -> SettingsGroup {
    let domains = service.domains.map(\.value)
    var group = SettingsGroup(
      service.name, "\(service.name) and its domains.", enabledBy: "\(path).\(service.key).allow")
    group.add(
      "allow",
      SettingsLeaf(
        "Allow \(service.name)", allow, .bool(service.enabled), .domains(domains),
        .rules(get: service.allowGet, post: service.allowPost)))
    group.add(
      "domains",
      SettingsLeaf(
        "\(service.name) domains", "Domains that belong to \(service.name), separated by commas.",
        .text(domains.joined(separator: ", ")), .domainList))
    return group
  }
}

/// The code hosts for whose tokens the host writes git's credentials.
private struct RepositoryToken {
  var variables: [String]
  var documentation: String
  var prefix: String

  static let known = [
    "github": RepositoryToken(
      variables: ["GH_TOKEN", "GITHUB_TOKEN"], documentation: "https://github.com/settings/tokens",
      prefix: "ghp_"),
    "gitlab": RepositoryToken(
      variables: ["GITLAB_TOKEN"], documentation: "https://gitlab.com/-/user_settings/personal_access_tokens",
      prefix: "glpat-"),
  ]

  func leaf(of service: String) -> SettingsLeaf {
    SettingsLeaf(
      "\(service) token", "A personal access token. Git in the guest uses it for HTTPS.", .apikey(""),
      .environment(variables), .documentation(documentation), .prefix(prefix))
  }
}
