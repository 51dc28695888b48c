import BuildModel
import Diagnosis

/// Why a Debian package is in an image, in words.
struct PackageReasons {
  private var requests: [String: String] = [:]
  private let installsRecommends: Bool
  /// Names that no package of the image has: something else provides them.
  private let provided: [String]

  init(_ configuration: GuestConfiguration, packages: [LockedPackage]) {
    let plan = InstallPlan(configuration)
    installsRecommends = configuration.build.apt.recommends
    for request in plan.apt { requests[request.name] = "asked for at \(request.position)" }
    let names = Set(packages.map(\.name))
    provided = requests.keys.filter { !names.contains($0) }.sorted()
  }

  func reason(for package: LockedPackage) -> String {
    if let request = requests[package.name] { return request }
    if let other = package.neededBy { return "needed by \(other)" }
    if package.essential { return "essential" }
    if installsRecommends { return "recommended, or part of every image" }
    return provided.isEmpty
      ? "part of every image" : "provides \(provided.joined(separator: " or ")), or part of every image"
  }
}
