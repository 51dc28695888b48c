import BuildModel
import Diagnosis
import Toml

extension WebPolicy {
  mutating func read(from section: Section) {
    section.boolean("allow_read", &allowRead)
    section.boolean("allow_write", &allowWrite)
    section.strings("custom_allow", &customAllow)
    section.strings("custom_block", &customBlock)
    section.integers("http_upstream_ports", &httpUpstreamPorts)
    search = WebPolicy.services("search", of: section)
    registry = WebPolicy.services("registry", of: section)
    repository = WebPolicy.services("repository", of: section)
  }

  private static func services(_ kind: String, of section: Section) -> [WebService] {
    section.sections(kind, placeholder: "SERVICE").map { part in
      var service = WebService(key: part.name.value, at: part.position)
      part.string("name", &service.name, required: true)
      part.boolean("enabled", &service.enabled)
      part.strings("domains", &service.domains, required: true)
      part.boolean("allow_get", &service.allowGet)
      part.boolean("allow_post", &service.allowPost)
      return service
    }
  }
}

extension VMResources {
  mutating func read(from section: Section) {
    section.integer("cpu_count", &cpuCount, in: Limits.cpuCount)
    section.integer("ram_gb", &ramGB, in: Limits.ramGB)
    section.integer("scratch_disk_size_gb", &scratchDiskSizeGB, in: Limits.scratchDiskSizeGB)
    section.boolean("log_bodies", &logBodies)
    section.integer("max_body_capture", &maxBodyCapture, in: Limits.maxBodyCapture)
    section.integer("retention_days", &retentionDays, in: Limits.retentionDays)
    section.integer("max_sessions", &maxSessions, in: Limits.maxSessions)
    section.integer("min_content_sessions", &minContentSessions, in: Limits.minContentSessions)
    section.integer("max_disk_gb", &maxDiskGB, in: Limits.maxDiskGB)
    section.integer("terminated_retention_days", &terminatedRetentionDays, in: Limits.terminatedRetentionDays)
  }
}

extension VMEnvironment {
  mutating func read(from section: Section) {
    if let part = section.section("shell") {
      part.string("term", &shell.term)
      part.string("home", &shell.home)
      part.string("path", &shell.path)
      part.string("lang", &shell.lang)
      shell.bashrc = VMEnvironment.file("bashrc", of: part)
      shell.tmuxConf = VMEnvironment.file("tmux_conf", of: part)
    }
    if let part = section.section("tls") { part.string("ca_bundle", &tls.caBundle) }
  }

  private static func file(_ key: String, of section: Section) -> GuestFile? {
    guard let part = section.section(key) else { return nil }
    var file = GuestFile(at: part.position)
    file.read(from: part)
    return file
  }
}
