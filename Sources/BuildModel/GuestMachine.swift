import Diagnosis

/// `[resources]` of `vm/resources.toml`: the limits that the host starts the machine with.
package struct VMResources: Sendable, Equatable, Codable {
  package var cpuCount = 4
  package var ramGB = 4
  package var scratchDiskSizeGB = 16
  package var logBodies = false
  package var maxBodyCapture = 4096
  package var retentionDays = 30
  package var maxSessions = 100
  package var minContentSessions = 25
  package var maxDiskGB = 100
  package var terminatedRetentionDays = 365

  package init() {}
}

/// `[environment]` of `vm/environment.toml`.
package struct VMEnvironment: Sendable, Equatable, Codable {
  package var shell = Shell()
  package var tls = TLS()

  package init() {}

  package struct Shell: Sendable, Equatable, Codable {
    package var term = "xterm-256color"
    package var home = "/root"
    package var path = Located(
      "/opt/ai-clis/bin:/root/.local/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
      at: SourcePosition(file: ""))
    package var lang = "C"
    package var bashrc: GuestFile?
    package var tmuxConf: GuestFile?

    package init() {}
  }

  package struct TLS: Sendable, Equatable, Codable {
    package var caBundle = "/etc/ssl/certs/ca-certificates.crt"

    package init() {}
  }
}
