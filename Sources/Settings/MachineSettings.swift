import BuildModel
import Diagnosis

extension SettingsGroup {
  static func machine(_ resources: VMResources, _ environment: VMEnvironment) -> SettingsGroup {
    var group = SettingsGroup(
      "Virtual machine", "The guest's machine, and what it starts with.", collapsed: false)
    group.add(
      "rerun_wizard",
      SettingsAction(
        "Set up again", "Go through the questions of the first start once more.", action: "rerun_wizard"))
    group.add("snapshots", .snapshots)
    group.add("environment", .environment(environment))
    group.add("resources", .resources(resources))
    return group
  }

  private static var snapshots: SettingsGroup {
    var group = SettingsGroup("Snapshots", "Copies of the workspace to go back to.")
    group.add(
      "auto_max",
      SettingsLeaf(
        "Automatic snapshots", "How many are kept; the oldest goes first.", .number(10), .range(1...50)))
    group.add(
      "manual_max", SettingsLeaf("Named snapshots", "How many you can keep.", .number(12), .range(1...50)))
    group.add(
      "auto_interval",
      SettingsLeaf("Interval", "Seconds between two automatic snapshots.", .number(300), .range(30...3600)))
    return group
  }

  private static func environment(_ environment: VMEnvironment) -> SettingsGroup {
    let settings = environment.shell
    var shell = SettingsGroup("Shell", "What a login shell starts with.")
    shell.add("term", SettingsLeaf("TERM", "Kind of terminal.", .text(settings.term), .environment(["TERM"])))
    shell.add("home", SettingsLeaf("HOME", "Home directory.", .text(settings.home), .environment(["HOME"])))
    shell.add(
      "path",
      SettingsLeaf(
        "PATH", "Where programs are looked for, separated by colons.", .text(settings.path.value),
        .environment(["PATH"])))
    shell.add(
      "lang", SettingsLeaf("LANG", "Language and encoding.", .text(settings.lang), .environment(["LANG"])))
    if let file = settings.bashrc {
      shell.add(
        "bashrc", .file("Bash", "Content of \(file.path), which every interactive shell reads.", file, "bash")
      )
    }
    if let file = settings.tmuxConf {
      shell.add("tmux_conf", .file("tmux", "Content of \(file.path), which tmux reads.", file, "conf"))
    }

    var ssh = SettingsGroup("SSH", "Access to the guest by SSH.")
    ssh.add("public_key", SettingsLeaf("Public key", "Who has its private half may log in.", .text("")))
    var tls = SettingsGroup("TLS", "Whom programs in the guest trust.")
    tls.add(
      "ca_bundle",
      SettingsLeaf(
        "CA bundle", "File of the certificates that Python, Node.js and OpenSSL are pointed to.",
        .text(environment.tls.caBundle),
        .environment(["REQUESTS_CA_BUNDLE", "NODE_EXTRA_CA_CERTS", "SSL_CERT_FILE"])))

    var group = SettingsGroup("Environment", "What programs in the guest find.")
    group.add("shell", shell)
    group.add("ssh", ssh)
    group.add("tls", tls)
    return group
  }

  private static func resources(_ resources: VMResources) -> SettingsGroup {
    var group = SettingsGroup("Resources", "The machine's size, and how long its traces are kept.")
    func add(
      _ key: String, _ name: String, _ description: String, _ number: Int, _ range: ClosedRange<Int>,
      step: Int? = nil
    ) {
      group.add(
        key,
        SettingsLeaf(
          name, description, .number(number), meta: [.range(range)] + (step.map { [.step($0)] } ?? [])))
    }
    typealias Limits = VMResources.Limits
    add("cpu_count", "Processors", "Virtual processors.", resources.cpuCount, Limits.cpuCount)
    add("ram_gb", "Memory", "GiB of memory.", resources.ramGB, Limits.ramGB)
    add(
      "scratch_disk_size_gb", "Scratch disk", "GiB of disk for what the guest writes.",
      resources.scratchDiskSizeGB, Limits.scratchDiskSizeGB)
    group.add(
      "log_bodies",
      SettingsLeaf(
        "Keep bodies", "Keep the bodies of requests and answers in the network log.",
        .bool(resources.logBodies)))
    add(
      "max_body_capture", "Body size", "Bytes kept of each body.", resources.maxBodyCapture,
      Limits.maxBodyCapture)
    add(
      "retention_days", "Keep sessions", "Days until a session is removed.", resources.retentionDays,
      Limits.retentionDays)
    add("max_sessions", "Sessions", "How many are kept at most.", resources.maxSessions, Limits.maxSessions)
    add(
      "min_content_sessions", "Sessions with content", "How many keep their content in any case.",
      resources.minContentSessions, Limits.minContentSessions, step: 1)
    add(
      "max_disk_gb", "Disk space", "GiB that all sessions may take together.", resources.maxDiskGB,
      Limits.maxDiskGB)
    add(
      "terminated_retention_days", "List ended sessions", "Days until an ended session leaves the list.",
      resources.terminatedRetentionDays, Limits.terminatedRetentionDays)
    return group
  }
}

extension SettingsLeaf {
  /// A file whose type its place decides, whatever its path.
  fileprivate static func file(
    _ name: String, _ description: String, _ file: GuestFile, _ type: String
  ) -> SettingsLeaf {
    SettingsLeaf(name, description, .file(path: file.path, content: file.content), .fileType(type))
  }
}
