import BuildModel
import Diagnosis

extension GuestConfiguration {
  /// What a person wants to know of a config at first sight; sections that have nothing to say are left
  /// out.
  var summary: String {
    var sections: [[String]] = []
    if let image {
      sections.append(
        ["Image: \(image.name) v\(image.version)"]
          + (image.description.isEmpty ? [] : ["  \(image.description)"]))
    }
    sections.append(
      ["Build", "  compression: \(build.compression.rawValue) (level \(build.compressionLevel))"]
        + ["  architectures:"]
        + build.architectures.map { "    \($0.name): \($0.dockerPlatform) (\($0.rustTarget))" })
    sections.append(
      GuestConfiguration.section("AI Providers", providers) { provider in
        [
          "  \(provider.key): \(provider.name) [\(provider.enabled ? "enabled" : "disabled")]",
          "    domains: " + provider.network.domains.map(\.value).joined(separator: ", "),
        ]
      })
    sections.append(
      GuestConfiguration.section("Package Sets", packageSets) {
        ["  \($0.key): \($0.manager.rawValue) (\($0.packages.count) packages)"]
      })
    sections.append(
      GuestConfiguration.section("MCP Servers", mcpServers) {
        ["  \($0.key): \($0.name) (\($0.transport.rawValue))"]
      })
    sections.append([
      "VM Resources",
      "  cpu: \(resources.cpuCount) cores, ram: \(resources.ramGB) GB, disk: \(resources.scratchDiskSizeGB) GB",
    ])
    return sections.filter { !$0.isEmpty }.map { $0.map { $0 + "\n" }.joined() }.joined(separator: "\n")
  }

  private static func section<Element>(
    _ title: String, _ elements: [Element], _ lines: (Element) -> [String]
  ) -> [String] {
    elements.isEmpty ? [] : [title] + elements.flatMap(lines)
  }
}
