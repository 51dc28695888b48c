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

  /// What the config may say, and what the host's sliders offer.
  package enum Limits {
    package static let cpuCount = 1...8
    package static let ramGB = 1...16
    package static let scratchDiskSizeGB = 1...128
    package static let maxBodyCapture = 0...1_048_576
    package static let retentionDays = 1...365
    package static let maxSessions = 1...10000
    package static let minContentSessions = 0...1000
    package static let maxDiskGB = 1...1000
    package static let terminatedRetentionDays = 30...3650
  }
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
