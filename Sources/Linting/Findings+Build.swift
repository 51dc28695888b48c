import BuildModel
import Diagnosis
import GuestConfig

/// `build.toml`, the kernel's configurations, and the artifacts.
extension Findings {
  mutating func checkBuild() {
    checkSuite()
    let build = file("build.toml")
    for architecture in guest.configuration.build.architectures {
      let key = "build.architectures.\(architecture.name)"
      if guest.isSound("\(key).docker_platform", in: build) {
        do throws(GuestConfigError) {
          _ = try guest.configuration.debianArchitecture(of: architecture)
        } catch {
          for problem in error.problems { add(problem, as: .architecture) }
        }
      }
      let known = ["aarch64-unknown-linux-musl", "x86_64-unknown-linux-musl"]
      if guest.isSound("\(key).rust_target", in: build), !known.contains(architecture.rustTarget) {
        add(
          .rustTarget,
          at: guest.position(of: "build", "architectures", architecture.name, "rust_target", in: build),
          "\(architecture.name) has rust_target \(quoted(architecture.rustTarget)), which the guest's programs are not built for",
          hint: didYouMean(architecture.rustTarget, among: known) ?? "use \(known.joined(separator: " or "))")
      }
      if guest.isSound("\(key).defconfig", in: build) { checkDefconfig(of: architecture) }
    }
    for missing in disk.missingArtifacts { add(missing) }
  }

  private mutating func checkSuite() {
    let build = file("build.toml")
    let configuration = guest.configuration
    guard !configuration.build.architectures.isEmpty, guest.isSound("build.apt", in: build),
      configuration.build.architectures.allSatisfy({
        guest.isSound("build.architectures.\($0.name).base_image", in: build)
      })
    else { return }
    do throws(GuestConfigError) {
      _ = try configuration.debianSuite()
    } catch {
      for problem in error.problems { add(problem, as: .suite) }
    }
  }

  private mutating func checkDefconfig(of architecture: GuestArchitecture) {
    guard let path = guest.configuration.defconfigPath(of: architecture) else {
      add(
        .defconfig, at: architecture.defconfig.position, "missing kernel defconfig for \(architecture.name)",
        hint: "name a file of \(file("kernel"))")
      return
    }
    let place = SourcePosition(wholeFile: path)
    guard let text = disk.defconfigs[path] else {
      add(
        .defconfig, at: place, "missing kernel defconfig for \(architecture.name)",
        hint: "write the kernel's configuration there; the default guest has one for each architecture")
      return
    }
    let defconfig = Defconfig(text)
    var unset: [String] = []
    for option in KernelOption.required {
      let reason = "\(option.name)=y is required: \(option.reason)"
      switch defconfig.settings[option.name] {
      case nil: unset.append(option.name)
      case let setting? where setting.value != "y":
        add(
          .kernelOption, at: SourcePosition(file: path, line: setting.line),
          setting.value == "n"
            ? "\(option.name) is off, but \(reason)"
            : "\(option.name) is \(quoted(setting.value)), but \(reason)",
          hint: "write \(option.name)=y")
      default: break
      }
    }
    guard let first = unset.first else { return }
    let others = unset.count == 1 ? "" : " and \(unset.count - 1) more"
    add(
      .kernelOption, at: place, "says nothing of \(first)\(others), which the image needs",
      hint: "add " + unset.map { "\($0)=y" }.joined(separator: ", "))
  }

  private mutating func add(_ missing: ReferredFiles.MissingArtifact) {
    let place = SourcePosition(wholeFile: missing.path)
    switch missing.kind {
    case .certificate:
      add(
        .certificate, at: place, "missing CA certificate",
        hint: "put the certificate of the host's proxy there: the image trusts it")
    case .file:
      add(.artifact, at: place, "missing required artifact", hint: "the default guest's artifacts have it")
    case .directory:
      add(
        .artifact, at: place, "missing required directory", hint: "the default guest's artifacts have it")
    }
  }
}
