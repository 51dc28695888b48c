import Foundation

/// The host's apt-get as on a machine of its own that knows one `.sources` file and no keys but those
/// in it.
package struct AptClient: Sendable {
  private let root: String

  /// `sources` is the text of the file; everything of this client lies below `root`.
  package init(in root: String, sources: String) throws {
    self.root = root
    for name in ["lists/partial", "cache/archives/partial", "etc/preferences.d", "etc/sources.d"] {
      try FileManager.default.createDirectory(
        atPath: "\(root)/\(name)", withIntermediateDirectories: true)
    }
    func write(_ text: String, to name: String) throws {
      try text.write(toFile: "\(root)/\(name)", atomically: false, encoding: .utf8)
    }
    try write(sources, to: "etc/sources.d/capsem.sources")
    try write("", to: "etc/sources.list")
    try write("", to: "status")
    try write(
      """
      Dir "\(root)/";
      Dir::State "\(root)/";
      Dir::State::lists "\(root)/lists/";
      Dir::State::status "\(root)/status";
      Dir::Cache "\(root)/cache/";
      Dir::Log "/dev/null";
      Dir::Etc "\(root)/etc/";
      Dir::Etc::main "/dev/null";
      Dir::Etc::parts "/dev/null";
      Dir::Etc::sourceparts "\(root)/etc/sources.d/";
      Dir::Etc::Trusted "/dev/null";
      Dir::Etc::TrustedParts "\(root)/etc/none/";
      APT::Architecture "\(BuildSite.debian)";
      APT::Architectures { "\(BuildSite.debian)"; };
      APT::Install-Recommends "false";
      APT::Sandbox::User "";
      pkgCacheGen::ForceEssential ",";
      """, to: "apt.conf")
  }

  /// Throws when anything of it is not found or not signed as it should be.
  package func update() throws { try run(["update", "--error-on=any"]) }

  /// Fetches what an installation would install; returns "name version", sorted.
  package func fetch(_ packages: [String]) throws -> [String] {
    let said = try run(["-y", "install", "--download-only"] + packages)
    guard said.contains("\nDownload complete and in download only mode\n") else {
      throw ToolFailure(description: said)
    }
    return try run(["-s", "install"] + packages).split(separator: "\n").compactMap { line in
      let words = line.split(separator: " ")
      return words.first == "Inst" ? "\(words[1]) \(words[2].dropFirst())" : nil
    }.sorted()
  }

  /// The first package that another one depends on, and whose name begins so.
  package func dependency(of package: String, startingWith prefix: String) throws -> String {
    let lines = try runTool(
      "apt-cache", ["depends", package], environment: ["APT_CONFIG": "\(root)/apt.conf"])
    let names = lines.split(separator: "\n").compactMap { $0.split(separator: ": ").last.map(String.init) }
    guard let name = names.dropFirst().first(where: { $0.hasPrefix(prefix) }) else {
      throw ToolFailure(description: lines)
    }
    return name
  }

  /// Fetches one package, and returns the path of its file.
  package func download(_ package: String, into directory: String) throws -> String {
    try runTool(
      "apt-get", ["download", package], in: directory, environment: ["APT_CONFIG": "\(root)/apt.conf"])
    let files = try FileManager.default.contentsOfDirectory(atPath: directory).sorted()
    guard let file = files.first(where: { $0.hasPrefix("\(package)_") }) else {
      throw ToolFailure(description: "apt-get download left no \(package): \(files)")
    }
    return "\(directory)/\(file)"
  }

  @discardableResult
  private func run(_ arguments: [String]) throws -> String {
    try runTool("apt-get", arguments, environment: ["APT_CONFIG": "\(root)/apt.conf"])
  }
}
