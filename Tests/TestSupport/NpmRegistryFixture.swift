import FileTree
import Foundation

/// An npm registry on a loopback server, made of real packages and of packages that a test writes.
package struct NpmRegistryFixture {
  package let server = LoopbackServer()
  private let scratch: ScratchDirectory
  /// Manifests as the registry tells them, by name and version.
  private var packages: [String: [String: [String: Any]]] = [:]
  /// What it wants to see as Authorization; nil for nothing.
  private var words: String?

  package init(demanding words: String? = nil) throws {
    self.words = words
    scratch = try ScratchDirectory()
  }

  package var address: String { server.url("/") }

  /// A package that lies unpacked in a directory, and all that lie in its `node_modules`, each with a page of
  /// its own. Those that it brings along in its tarball are `bundled`.
  package mutating func add(directory: String, bundled: Bool = false) throws {
    var manifest = try json("\(directory)/package.json")
    // As npm does when a package is published.
    if manifest["man"] == nil, let pages = (manifest["directories"] as? [String: String])?["man"] {
      let place = URL(filePath: pages, relativeTo: URL(filePath: directory + "/")).path
      let found = try runTool("find", [place, "-name", "*.[0-9]", "-printf", "man/%P\n"])
      manifest["man"] = found.split(separator: "\n").map(String.init).sorted()
    }
    try add(tarball(of: directory, withModules: bundled), manifest: manifest)
    let modules = "\(directory)/node_modules"
    for name in names(in: modules) where !name.hasPrefix(".") {
      let inner = name.hasPrefix("@") ? names(in: "\(modules)/\(name)").map { "\(name)/\($0)" } : [name]
      for name in inner { try add(directory: "\(modules)/\(name)") }
    }
  }

  /// A package of these files; package.json comes from `manifest`.
  package mutating func add(_ manifest: [String: Any], files: [String: String] = [:]) throws {
    let directory = scratch.file("package-\(UUID().uuidString)")
    try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
    let text = try JSONSerialization.data(withJSONObject: manifest, options: [.sortedKeys])
    for (name, content) in files.merging(
      ["package.json": String(decoding: text, as: UTF8.self)], uniquingKeysWith: { $1 })
    {
      let file = URL(filePath: "\(directory)/\(name)")
      try FileManager.default.createDirectory(
        at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
      try Data(content.utf8).write(to: file)
    }
    try add(tarball(of: directory, withModules: true), manifest: manifest)
  }

  private mutating func add(_ tarball: [UInt8], manifest: [String: Any]) throws {
    guard let name = manifest["name"] as? String, let version = manifest["version"] as? String else {
      throw ToolFailure(description: "a package without name or version")
    }
    let path = "/\(name)/-/\(name.split(separator: "/").last!)-\(version).tgz"
    offer(tarball, at: path)
    var manifest = manifest
    manifest["dist"] = ["tarball": server.url(path), "integrity": try NpmRegistryFixture.integrity(tarball)]
    let scripts = manifest["scripts"] as? [String: String] ?? [:]
    if ["preinstall", "install", "postinstall"].contains(where: { scripts[$0] != nil }) {
      manifest["hasInstallScript"] = true
    }
    packages[name, default: [:]][version] = manifest
    try publish(name)
  }

  /// The page of one package, after `change` of what it says of one version.
  package mutating func change(_ name: String, _ version: String, _ change: (inout [String: Any]) -> Void)
    throws
  {
    change(&packages[name]![version]!)
    try publish(name)
  }

  package mutating func remove(_ name: String, _ version: String) throws {
    packages[name]?[version] = nil
    try publish(name)
  }

  /// Where a version's tarball is asked for.
  package func path(_ name: String, _ version: String) -> String {
    "/\(name)/-/\(name.split(separator: "/").last!)-\(version).tgz"
  }

  private func publish(_ name: String) throws {
    let versions = packages[name] ?? [:]
    let newest = versions.keys.max { $0.compare($1, options: .numeric) == .orderedAscending }
    let page: [String: Any] = ["name": name, "dist-tags": ["latest": newest ?? ""], "versions": versions]
    offer(
      Array(try JSONSerialization.data(withJSONObject: page, options: [.sortedKeys])),
      at: "/" + name.replacingOccurrences(of: "/", with: "%2f"))
  }

  private func offer(_ bytes: [UInt8], at path: String) {
    server.on(path, words.map { .demand($0, then: .serve(bytes)) } ?? .serve(bytes))
  }

  package static func integrity(_ bytes: [UInt8]) throws -> String {
    let digest = try runTool("openssl", ["dgst", "-sha512", "-r"], input: bytes).prefix { $0 != " " }
    let raw = stride(from: 0, to: 128, by: 2).map { offset in
      let start = digest.index(digest.startIndex, offsetBy: offset)
      return UInt8(digest[start..<digest.index(start, offsetBy: 2)], radix: 16)!
    }
    return "sha512-" + Data(raw).base64EncodedString()
  }

  private func tarball(of directory: String, withModules: Bool) throws -> [UInt8] {
    let file = scratch.file("\(UUID().uuidString).tgz")
    try runTool(
      "tar",
      ["--create", "--gzip", "--file", file, "--sort=name", "--mtime=@499162500", "--owner=0", "--group=0"]
        + (withModules ? [] : ["--exclude=./node_modules"])
        + ["--transform=s,^[.],package,", "--directory", directory, "."])
    return try contents(ofFile: file) ?? []
  }

  private func json(_ path: String) throws -> [String: Any] {
    let data = try Data(contentsOf: URL(filePath: path))
    return try JSONSerialization.jsonObject(with: data) as? [String: Any] ?? [:]
  }

  private func names(in directory: String) -> [String] {
    ((try? FileManager.default.contentsOfDirectory(atPath: directory)) ?? []).sorted()
  }
}
