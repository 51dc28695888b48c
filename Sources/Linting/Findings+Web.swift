import BuildModel
import Diagnosis
import GuestConfig

/// `security/web.toml`, and what all lists of domains have in common.
extension Findings {
  private var services: [(kind: String, service: WebService)] {
    let web = guest.configuration.web
    return web.search.map { ("search", $0) } + web.registry.map { ("registry", $0) }
      + web.repository.map { ("repository", $0) }
  }

  mutating func checkWeb() {
    let web = guest.configuration.web
    let source = file("security/web.toml")
    for (kind, service) in services {
      checkDomains(service.domains, of: "service \(quoted("\(kind).\(service.key)"))")
    }
    for domain in web.customAllow {
      checkBreadth(of: domain, "custom_allow")
      checkDomainSyntax(domain)
    }
    for domain in web.customBlock { checkDomainSyntax(domain) }
    if !guest.configuration.packageSets.isEmpty, web.registry.isEmpty,
      guest.isSound("web.registry", in: source)
    {
      add(
        .noRegistry, at: guest.position(of: "web", "registry", in: source),
        "there are package sets, and no registry that packages may be fetched from inside",
        hint: "[web.registry.NAME] with the domains of the archive")
    }
    let both = Set(web.customAllow.map(\.value)).intersection(web.customBlock.map(\.value))
    if !both.isEmpty {
      let position = web.customAllow.first { both.contains($0.value) }?.position
      add(
        .allowedAndBlocked, at: position ?? SourcePosition(wholeFile: source),
        "in custom_allow and in custom_block: \(both.sorted().joined(separator: ", "))",
        hint: "a block beats an allow; remove one of the two")
    }
    if web.allowRead, web.allowWrite, web.customBlock.isEmpty, guest.isSound("web.custom_block", in: source) {
      add(
        .openWeb, at: guest.position(of: "web", "allow_write", in: source),
        "reading and writing are allowed everywhere, and nothing is blocked",
        hint: "name what the guest may reach, or block what it must not: custom_block")
    }
    checkSwallowed()
  }

  /// Entries of allow lists that can never matter, since a block beats an allow.
  private mutating func checkSwallowed() {
    let written = Set(guest.configuration.web.customBlock.map(\.value))
    let blocked = Set(written.map { $0.lowercased() })
    if blocked.isEmpty { return }
    let configuration = guest.configuration
    let lists =
      [configuration.web.customAllow]
      + configuration.providers.filter(\.enabled).map(\.network.domains)
      + services.filter(\.service.enabled).map(\.service.domains)
      + configuration.packageSets.compactMap { $0.network?.domains }
    for (index, list) in lists.enumerated() {
      for domain in list {
        guard let cover = DomainPattern.cover(of: domain.value, in: blocked) else { continue }
        // An entry that stands in both custom lists is told already.
        if index == 0, written.contains(domain.value) { continue }
        add(
          .swallowedAllow, at: domain.position,
          "\(quoted(domain.value)) is allowed in vain: custom_block has \(quoted(cover))",
          hint: "a block beats an allow; narrow the block, or remove the entry")
      }
    }
  }

  /// The domains of a provider or service.
  mutating func checkDomains(_ domains: [Located<String>], of owner: String) {
    for domain in domains {
      checkBreadth(of: domain, owner)
      if let reason = DomainPattern.refusal(of: domain.value) {
        add(
          .domain, at: domain.position,
          "invalid domain pattern \(quoted(domain.value)) of \(owner): \(reason)",
          hint: DomainPattern.host(in: domain.value).map { "write \(quoted($0))" }
            ?? "write a host's name, or \"*.\" and a name")
      } else {
        checkDomainSyntax(domain)
      }
    }
  }

  mutating func checkDomainSyntax(_ domain: Located<String>) {
    let fault =
      DomainPattern.refusal(of: domain.value).map { reason in
        (reason, DomainPattern.host(in: domain.value).map { "write \(quoted($0))" })
      } ?? DomainPattern.fault(of: domain.value)
    guard let (reason, hint) = fault else { return }
    add(
      .domainSyntax, at: domain.position,
      "nothing matches the domain pattern \(quoted(domain.value)): \(reason)",
      hint: hint)
  }

  private mutating func checkBreadth(of domain: Located<String>, _ owner: String) {
    guard DomainPattern.isBroad(domain.value) else { return }
    add(
      .broadWildcard, at: domain.position, "\(quoted(domain.value)) of \(owner) is a very broad wildcard",
      hint: "name the domains that are really needed")
  }
}

extension DomainPattern {
  /// The host in what may be a URL or a host with a port; nil when that would not do either.
  static func host(in text: String) -> String? {
    var host = text.trimmed[...]
    for scheme in ["http://", "https://"] where host.hasPrefix(scheme) { host = host.dropFirst(scheme.count) }
    host = host.prefix { $0 != "/" && $0 != ":" }
    return host.isEmpty || fault(of: String(host)) != nil ? nil : String(host)
  }
}
