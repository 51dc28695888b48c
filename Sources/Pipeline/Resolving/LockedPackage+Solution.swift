import BuildModel
import Solver

extension LockedPackage {
  /// The packages of a solution, sorted, with what brought each. `requests` are the names that were asked for.
  static func all(of solution: Solution, requests: [String]) -> [LockedPackage] {
    let bringers = bringers(in: solution.packages, requests: requests)
    return solution.packages.map { package in
      LockedPackage(
        name: package.name, version: package.version, architecture: package.architecture, size: package.size,
        sha256: package.sha256, path: package.filename, release: package.source,
        essential: package.essential, order: package.order, installedSize: package.installedSize,
        neededBy: bringers[package.name])
    }.sorted { ($0.name, $0.architecture) < ($1.name, $1.architecture) }
  }

  /// Breadth first from what was asked for, in that order, and from the Essential packages, then from
  /// what was chosen beside: by the shortest way. What was asked for, and what nothing needs, has no
  /// bringer.
  private static func bringers(in packages: [Solution.Package], requests: [String]) -> [String: String] {
    var needs: [String: [String]] = [:]
    for package in packages { needs[package.name, default: []] += package.dependsOn }
    let needed = Set(packages.flatMap(\.dependsOn))
    let asked = requests.filter { needs[$0] != nil } + packages.filter(\.essential).map(\.name)
    let beside = packages.map(\.name).filter { !needed.contains($0) }
    var seen = Set(asked)
    var bringers: [String: String] = [:]
    for roots in [asked, beside] {
      var layer = roots
      while !layer.isEmpty {
        var next: [String] = []
        for name in layer {
          for other in needs[name] ?? [] where seen.insert(other).inserted {
            bringers[other] = name
            next.append(other)
          }
        }
        layer = next
      }
    }
    return bringers
  }
}
