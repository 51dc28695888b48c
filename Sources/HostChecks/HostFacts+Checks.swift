extension HostFacts {
  /// In the order of their sections.
  package var checks: [Check] {
    systemChecks + libraries.map(check) + tools.map { Check(.tools, $0) }
      + mappers.map { Check(.tools, $0, otherwise: mapping) } + emulatorChecks
      + namespaceChecks
      + places.flatMap(\.checks) + networkChecks + guestChecks
  }

  /// Of what maps sub-ids and is not there: where owners are recorded, builds only take longer.
  private var mapping: Check.Verdict { recordsOwners ? .warn : .fail }

  private var systemChecks: [Check] {
    [kernelCheck, clockCheck, filterCheck] + (privilegeCheck.map { [$0] } ?? [])
  }

  /// Overlays in user namespaces, and close_range(2) with CLOSE_RANGE_CLOEXEC.
  private static let oldestKernel = (major: 5, minor: 11)

  private var kernelCheck: Check {
    let numbers = system.kernel.split(whereSeparator: { !$0.isNumber }).compactMap { Int($0) }
    let least = HostFacts.oldestKernel
    let wanted = "expected \(least.major).\(least.minor) or later"
    guard numbers.count >= 2 else { return Check(.host, .warn, "Linux \(system.kernel): \(wanted)") }
    if (numbers[0], numbers[1]) >= (least.major, least.minor) {
      return Check(.host, .pass, "Linux \(system.kernel)")
    }
    return Check(
      .host, .fail, "Linux \(system.kernel): \(wanted)", fixes: ["run a newer kernel: Debian 12 has 6.1"])
  }

  /// 2026-01-01: this program did not exist before.
  private static let beginning: Int64 = 1_767_225_600

  private var clockCheck: Check {
    if system.now >= HostFacts.beginning { return Check(.host, .pass, "the clock says \(system.clock)") }
    return Check(
      .host, .fail, "the clock says \(system.clock), and archives will seem to be from the future",
      fixes: ["sudo timedatectl set-ntp true"])
  }

  private var filterCheck: Check {
    guard let actions = system.filterActions else {
      return Check(.host, .warn, "the kernel does not say whether it filters system calls (seccomp)")
    }
    if actions.contains("errno") { return Check(.host, .pass, "system call filters (seccomp)") }
    return Check(
      .host, .fail, "the kernel cannot filter system calls (seccomp)",
      fixes: ["run a kernel with CONFIG_SECCOMP_FILTER"])
  }

  private var privilegeCheck: Check? {
    if system.isRoot { return Check(.host, .pass, "run as root: no user namespace is needed") }
    guard system.forbidsPrivileges else { return nil }
    return Check(
      .host, mapping, "this process may not gain privileges (no_new_privs), so newuidmap cannot map ids",
      fixes: ["start it without NoNewPrivileges=, allowPrivilegeEscalation: false or setpriv --no-new-privs"])
  }

  private func check(_ library: Library) -> Check {
    if library.missing.isEmpty { return Check(.libraries, .pass, library.version) }
    return Check(
      .libraries, .fail, "\(library.version): built without \(library.missing.joined(separator: ", "))",
      fixes: ["install Debian's own build of it, and look for another one in LD_LIBRARY_PATH"])
  }

  /// The host's own architecture can be built without.
  private var emulatorChecks: [Check] {
    guest.foreignPrograms.map { Check(.tools, $0, otherwise: .warn) }
  }

  private var namespaceChecks: [Check] {
    var checks: [Check] = []
    if let subordinateIDs { checks.append(Check(.namespaces, subordinateIDs, otherwise: mapping)) }
    if let worker {
      checks.append(Check(.namespaces, worker))
    } else {
      checks.append(
        Check(.namespaces, .warn, "namespaces were not tried, for what failed elsewhere on this page"))
    }
    return checks
  }

  private var networkChecks: [Check] {
    [Check(.network, certificates), Check(.network, pythonIndex, otherwise: .warn)]
      + guest.keyrings.map { Check(.network, $0) }
      + (guest.mirrorChoice.map { [Check(.network, .fail, $0)] } ?? [])
      + guest.releases.map { Check(.network, $0.answer, otherwise: $0.isUnreachable ? .warn : .fail) }
  }

  private var guestChecks: [Check] {
    [Check(.configuration, guest.configuration)]
      + guest.artifacts.map { Check(.sources, $0) }
      // The root image does not need them.
      + guest.kernelConfigurations.map { Check(.sources, $0, otherwise: .warn) }
  }
}
