import BuildModel
import Diagnosis
import FileTree
import TestSupport

@testable import Mirroring

/// Locks, and the objects that they name.
final class MirrorFixture: Sendable {
  let scratch: ScratchDirectory
  let directory: String

  init() throws {
    scratch = try ScratchDirectory()
    directory = scratch.file("mirror")
  }

  static let date: Int64 = 1_700_000_000

  /// A release whose InRelease file is its own name.
  static func release(_ name: String, _ suite: String, at uri: String?, text: String? = nil) -> LockedRelease
  {
    let bytes = Array((text ?? "InRelease of \(suite)").utf8)
    return LockedRelease(
      name: name, imageURI: uri, suite: suite, components: ["main"], date: date, inRelease: Digest(of: bytes),
      inReleaseSize: Int64(bytes.count), signedBy: [])
  }

  /// A package whose content is `text`.
  static func package(_ name: String, in release: String, text: String? = nil) -> LockedPackage {
    let bytes = Array((text ?? name).utf8)
    return LockedPackage(
      name: name, version: "1", architecture: "all", size: Int64(bytes.count), sha256: Digest(of: bytes),
      path: "pool/main/\(name)_1_all.deb", release: release, essential: false, order: 0, installedSize: 0)
  }

  static func wheel(_ file: String, _ bytes: [UInt8]) -> LockedWheel {
    let parts = file.split(separator: "-").map(String.init)
    return LockedWheel(
      environment: "python", name: parts[0], version: parts[1], file: file,
      url: "https://example.org/\(file)",
      size: Int64(bytes.count), sha256: Digest(of: bytes), requested: true)
  }

  static func lock(
    _ releases: [LockedRelease], packages: [LockedPackage] = [], wheels: [LockedWheel] = []
  ) -> Lockfile {
    Lockfile(
      configuration: Digest(of: "config"), date: date, solver: "none", releases: releases,
      architectures: [
        LockedArchitecture(
          name: "x86_64", debian: "amd64", indexes: [], packages: packages, configureSteps: [],
          python: "3.11", wheels: wheels)
      ])
  }

  /// With any bytes for keys: nobody verifies anything here.
  static func plan(_ lock: Lockfile) throws -> MirrorPlan {
    let names = lock.releases.map { ($0.name, Array("keys of \($0.name)".utf8)) }
    return try MirrorPlan(lock, keyrings: Dictionary(uniqueKeysWithValues: names))
  }

  /// Mirrors `lock`, whose objects are texts.
  @discardableResult
  func mirror(
    _ lock: Lockfile, texts: [String], wheels: [[UInt8]] = [], url: String? = nil, keeping: Set<Digest>? = nil
  ) throws -> MirrorDirectory.Change {
    let objects = Dictionary(
      (texts.map { Array($0.utf8) } + wheels).map { (Digest(of: $0), $0) }, uniquingKeysWith: { $1 })
    let plan = try MirrorFixture.plan(lock)
    var mirror = try MirrorDirectory(writing: directory)
    let missing = try mirror.missing(of: plan)
    return try mirror.update(plan, missing: missing, url: url, keeping: keeping) { [scratch] digest, name in
      guard let bytes = objects[digest] else { throw Report("no object for \(name)") }
      return try Descriptor(opening: scratch.write(bytes, to: "object-\(digest)"), 0)
    }
  }

  /// Paths of the mirror's files but for by-hash and what is made for every mirror.
  func names() throws -> [String] {
    try files(below: directory).filter {
      !$0.contains("/by-hash/") && !$0.hasPrefix("keyrings/") && !$0.hasPrefix("simple/")
        && $0 != AptSources.name && $0 != MirrorCatalogue.name
    }
  }

  func text(_ name: String) throws -> String? {
    try contents(ofFile: "\(directory)/\(name)").map { String(decoding: $0, as: UTF8.self) }
  }

  /// Names with inode numbers and times: what was written anew has others.
  func state() throws -> String {
    try runTool("find", [directory, "-type", "f", "-printf", "%P %i %T@ %m\\n"])
  }

  /// A wheel made by Python's own zipfile.
  func buildWheel(_ file: String, name: String, requires: [String] = []) throws -> [UInt8] {
    let parts = file.split(separator: "-")
    let requirements = requires.map { "Requires-Dist: \($0)\\n" }.joined()
    let module = name.lowercased()
    let program = """
      import base64, hashlib, sys, zipfile
      info = "\(parts[0])-\(parts[1]).dist-info"
      files = {
        "\(module).py": "value = 42\\n",
        info + "/METADATA":
          "Metadata-Version: 2.1\\nName: \(name)\\nVersion: \(parts[1])\\nRequires-Python: >=3.7,<4\\n\(requirements)\\nText\\n",
        info + "/WHEEL": "Wheel-Version: 1.0\\nGenerator: test\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n",
      }
      def line(name, text):
        digest = base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=").decode()
        return f"{name},sha256={digest},{len(text)}\\n"
      record = "".join(line(*item) for item in files.items()) + info + "/RECORD,,\\n"
      with zipfile.ZipFile(sys.argv[1], "w") as archive:
        for name, text in files.items(): archive.writestr(name, text)
        archive.writestr(info + "/RECORD", record)
      """
    let path = scratch.file(file)
    try runTool("python3", ["-c", program, path])
    return try contents(ofFile: path) ?? []
  }
}
