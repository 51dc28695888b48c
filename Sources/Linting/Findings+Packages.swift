import BuildModel
import Diagnosis
import FileTree
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
    guard guest.isSound("\(set.key).manager", in: set.position.file) else { return }
    let installer = set.installer
    if set.manager != installer {
      add(
        .overruledManager, at: guest.position(of: set.key, "manager", in: set.position.file),
        "the set \(quoted(set.key)) is installed with \(installer.rawValue), whatever its manager is",
        hint: "manager = \(quoted(installer.rawValue)), or another name for the set")
    }
    checkPackageNames(set.packages, of: installer)
    switch installer {
    case .uv, .pip:
      checkPackageNames(set.options.constraints + set.options.sources, of: installer)
      checkPython(for: "package set \(quoted(set.key))", at: set.position)
    case .curl:
      checkFiles(
        set.packages, digests: set.options.digests, key: set.key, of: "package set \(quoted(set.key))",
        in: set.position.file)
    case .apt, .npm: break
    }
  }

  /// What `curl` fetches has to be an address with a digest.
  mutating func checkFiles(
    _ files: [Located<String>], digests: [Located<Digest>], key: String, of user: String, in file: String
  ) {
    for url in files where !url.value.isWebAddress {
      add(
        .installer, at: url.position, "expected a URL, found \(quoted(url.value))",
        hint: "manager \"curl\" fetches files: \"https://HOST/PATH\"")
    }
    if digests.isEmpty, let first = files.first, guest.isSound("\(key).sha256", in: file) {
      add(
        .installer, at: first.position, "no sha256 says what \(user) fetches",
        hint: "sha256 = [\"…\"] beside packages, one for each; `capsem-native lock` prints the line")
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
    if !guest.isComplete("packages") { return true }
    let sets = configuration.packageSets.filter { $0.installer == .apt }
    if sets.contains(where: { !guest.isSound("\($0.key).packages", in: $0.position.file) }) { return true }
    return InstallPlan(configuration).apt.contains { $0.name.hasPrefix("python3") }
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
