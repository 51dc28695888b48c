import BuildModel
import Diagnosis
import GuestConfig

/// A root to resolve, whatever it is for: an image, or a place to compile in.
struct RootRequest {
  /// Debian's.
  var architecture: String
  var packages: [Package]
  var recommends = false
  /// Comes along where a source has it.
  var base: [String] = []
  /// What the last lock had of it; nil when it had none.
  var locked: [LockedPackage]?

  struct Package {
    /// "less", "less=590-2"
    var text: String
    var name: String
    /// Where it is asked for, if a person does.
    var position: SourcePosition?
  }

  /// An image's: what the config asks for, and apt.
  init(image architecture: GuestArchitecture, of configuration: GuestConfiguration, relocking: Relocking)
    throws
  {
    self.architecture = try configuration.debianArchitecture(of: architecture).rawValue
    packages = InstallPlan(configuration).apt.map {
      Package(text: $0.text, name: $0.name, position: $0.position)
    }
    recommends = configuration.build.apt.recommends
    base = ["apt"]
    locked = relocking.locked(architecture.name)?.packages
  }

  init(architecture: String, names: [String], locked: [LockedPackage]?) {
    self.architecture = architecture
    packages = names.map { Package(text: $0, name: $0) }
    self.locked = locked
  }
}
