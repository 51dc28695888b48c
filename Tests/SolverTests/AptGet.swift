import Foundation
import TestSupport

/// The host's apt-get over a private root: the judge of what `Solver` chooses.
struct AptGet {
  let root: String

  /// `sources` are lines of sources.list. `lists` holds index files that were fetched already; with
  /// none, apt-get fetches them itself.
  init(in root: String, sources: [String], lists: String? = nil, recommends: Bool = false) throws {
    self.root = root
    for name in ["lists/partial", "cache/archives/partial", "etc/preferences.d", "log"] {
      try FileManager.default.createDirectory(
        atPath: "\(root)/\(name)", withIntermediateDirectories: true)
    }
    try sources.map { $0 + "\n" }.joined()
      .write(toFile: "\(root)/etc/sources.list", atomically: false, encoding: .utf8)
    try """
    Dir "\(root)/";
    Dir::State "\(root)/";
    Dir::State::lists "\(root)/lists/";
    Dir::State::status "\(root)/status";
    Dir::Cache "\(root)/cache/";
    Dir::Log "/dev/null";
    Dir::Etc "\(root)/etc/";
    Dir::Etc::main "/dev/null";
    Dir::Etc::parts "/dev/null";
    APT::Architecture "amd64";
    APT::Architectures { "amd64"; };
    APT::Install-Recommends "\(recommends)";
    APT::Sandbox::User "";
    Acquire::Languages "none";
    pkgCacheGen::ForceEssential ",";
    """.write(toFile: "\(root)/apt.conf", atomically: false, encoding: .utf8)
    try setStatus("")
    guard let lists else {
      try run(["update", "--error-on=any"])
      return
    }
    for name in try FileManager.default.contentsOfDirectory(atPath: lists) where name != "partial" {
      try FileManager.default.createSymbolicLink(
        atPath: "\(root)/lists/\(name)", withDestinationPath: "\(lists)/\(name)")
    }
  }

  func setStatus(_ text: String) throws {
    try text.write(toFile: "\(root)/status", atomically: false, encoding: .utf8)
  }

  /// "name version" in the order of unpacking.
  func install(_ arguments: [String]) throws -> [String] {
    try run(["-s", "install"] + arguments).split(separator: "\n").compactMap { line in
      let words = line.split(separator: " ")
      guard words.first == "Inst" else { return nil }
      return "\(words[1]) \(words[2].dropFirst())"
    }
  }

  /// What dpkg would be called with: "unpack a b", "configure a", names without versions.
  func dpkgCalls(_ arguments: [String]) throws -> [String] {
    // It prints the calls to stderr.
    let said = try runTool(
      "sh",
      [
        "-c", "exec \"$@\" 2>&1", "sh", "apt-get", "--yes", "-oDebug::pkgDPkgPM=1",
        "-oDebug::NoLocking=1", "-oDpkg::Use-Pty=0", "--allow-unauthenticated", "install",
      ] + arguments, environment: ["APT_CONFIG": "\(root)/apt.conf"])
    return said.split(separator: "\n").compactMap { line in
      let words = line.split(separator: " ").map(String.init)
      if let place = words.firstIndex(of: "--auto-deconfigure") {
        let files = words[(place + 1)...].compactMap { $0.split(separator: "/").last }
        return "unpack " + files.map { $0.prefix { $0 != "_" } }.joined(separator: " ")
      }
      if let place = words.firstIndex(of: "--configure"), !words.contains("--pending") {
        return "configure " + words[(place + 1)...].map { $0.prefix { $0 != ":" } }.joined(separator: " ")
      }
      return nil
    }
  }

  @discardableResult
  private func run(_ arguments: [String]) throws -> String {
    try runTool("apt-get", arguments, environment: ["APT_CONFIG": "\(root)/apt.conf"])
  }

  static let essential = "?narrow(?architecture(amd64),?essential)"
  static let required = "?narrow(?architecture(amd64),?and(?priority(required),?not(?essential)))"
}
