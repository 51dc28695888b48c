import BuildModel
import Diagnosis
import GuestConfig

/// `packages/*.toml`
extension Findings {
  mutating func checkPackageSets() {
    for set in guest.configuration.packageSets {
      for package in set.packages where package.value.hasSuffix("-dev") || package.value.hasSuffix("-devel") {
        add(
          .developmentPackage, at: package.position, "\(quoted(package.value)) is a development package",
          hint: "headers and static libraries are for compiling; leave it out if nothing is compiled inside")
      }
      if set.network == nil, guest.isSound("\(set.key).network", in: set.position.file) {
        add(
          .noNetwork, at: set.position, "package set \(quoted(set.key)) has no network table",
          hint: "[\(set.key).network] with the domains that its packages are installed from")
      }
      for domain in set.network?.domains ?? [] { checkDomainSyntax(domain) }
      if let first = set.constraints.first, set.key != "python" {
        add(
          .idleOption, at: first.position, "constraints have no effect: only the set \"python\" has any",
          hint: "remove them, or move them into the table [python]")
      }
      if let first = set.sources.first, set.key != "python" {
        add(
          .idleOption, at: first.position, "allow_sdist has no effect: only the set \"python\" has any",
          hint: "remove it, or move it into the table [python]")
      }
      checkInstallCommand(of: set)
      checkUse(of: set)
    }
  }

  private mutating func checkInstallCommand(of set: GuestPackageSet) {
    let text = set.installCommand
    let meta = text.value.filter { ";|&`$()".contains($0) }
    if let first = meta.first {
      add(
        .shellCommand, at: text.position, "install_cmd has the shell character \(quoted(String(first)))",
        hint: "write one plain command; it is read for its options and never run")
    }
    // Nothing else of a set that is not installed has an effect either.
    guard GuestPackageSet.installed.contains(set.key) else { return }
    let command = InstallCommand(text.value)
    for option in command.disregarded {
      add(
        .idleOption, at: text.position, "\(option) has no effect: the command is read and never run",
        hint: InstallCommand.remedy(for: option))
    }
    if command.needsShell && meta.isEmpty {
      add(.idleOption, at: text.position, "only the options have an effect: a shell never sees the command")
    }
  }

  private mutating func checkUse(of set: GuestPackageSet) {
    switch set.key {
    case "apt": checkPackageNames(set.packages, of: .apt)
    case "python":
      checkPackageNames(set.packages, of: .uv)
      checkPackageNames(set.constraints + set.sources, of: .uv)
      checkPython(for: "package set \"python\"", at: set.position)
    default:
      if guest.isSound("\(set.key).manager", in: set.position.file) {
        checkPackageNames(set.packages, of: set.manager)
      }
      let home =
        switch set.manager {
        case .apt: "move its packages into the table [apt]"
        case .uv, .pip: "move its packages into the table [python]"
        case .npm, .curl: "programs of \(set.manager.rawValue) are installed by providers: [PROVIDER.install]"
        }
      add(
        .unusedSet, at: set.position,
        "nothing installs package set \(quoted(set.key)): only the sets \"apt\" and \"python\" are installed",
        hint: didYouMean(set.key, among: GuestPackageSet.installed) ?? home)
    }
  }

  /// Python's packages need an interpreter, which another package may still bring.
  mutating func checkPython(for user: String, at position: SourcePosition) {
    if mayHavePython { return }
    add(
      .noPython, at: position, "\(user) needs python3, which no list of Debian packages names",
      hint: "add \"python3\" to the set \"apt\"")
  }

  /// Whether a list of Debian packages names python3 or a part of it, or could not be read.
  static func mayHavePython(_ guest: LoadedGuest) -> Bool {
    let configuration = guest.configuration
    let apt = configuration.packageSets.first { $0.key == "apt" }
    if !guest.isComplete("packages") { return true }
    if let apt, !guest.isSound("apt.packages", in: apt.position.file) { return true }
    let fromProviders = configuration.providers.filter(\.enabled).compactMap(\.install)
      .filter { $0.manager == .apt }.flatMap(\.packages)
    return ((apt?.packages ?? []) + fromProviders).contains { $0.value.hasPrefix("python3") }
  }

  /// Names that cannot exist, whatever the archive holds.
  mutating func checkPackageNames(_ packages: [Located<String>], of manager: PackageManager) {
    for package in packages {
      let fault: (String, String)? =
        switch manager {
        case .apt where !PackageNames.isDebian(package.value):
          ("Debian package", "\"name\", \"name=version\" or \"name/release\"; lower case, digits, + - .")
        case .uv where !PackageNames.isPython(package.value),
          .pip where !PackageNames.isPython(package.value):
          ("Python requirement", "\"name\", \"name==1.2\" or \"name[extra]>=1,<2\", as PEP 508 has it")
        case .npm where !PackageNames.isNpm(package.value):
          ("npm package", "\"name\" or \"@scope/name\", with \"@version\" if need be")
        default: nil
        }
      guard let (kind, form) = fault else { continue }
      add(
        .packageName, at: package.position, "\(quoted(package.value)) cannot be a \(kind)",
        hint: "expected \(form)")
    }
  }
}

extension GuestPackageSet {
  /// Keys of the sets whose packages come into the image: see `InstallPlan`.
  static let installed = ["apt", "python"]
}
