import FileTree
import Foundation
import Glibc
import TestSupport
import Testing

/// What uv itself makes of a config's Python packages, from an index of ours.
@Suite(.tags(.network), .serialized, .enabled("needs the host's pip and its index", { Requirement.bookworm }))
struct PythonLockTests {
  private static let gammaOld = PythonIndex.Wheel(name: "gamma", version: "1.0")
  private static let gammaNew = PythonIndex.Wheel(name: "gamma", version: "2.0")
  private static let aside = PythonIndex.Wheel(
    name: "aside", version: "5.0", requires: ["gamma", "extraneous ; extra == 'more'"],
    extra: ["Provides-Extra: more"])
  private static let local = PythonIndex.Wheel(name: "local", version: "3.0", requires: ["gamma<2"])

  private static let index = Result {
    try PythonIndex(
      offered: [
        .init(name: "alpha", version: "1.0", requires: ["gamma<2"]),
        .init(name: "beta", version: "1.0", requires: ["gamma>=2"]),
        gammaOld, gammaNew, .init(name: "extraneous", version: "1.0"),
        .init(
          name: "rich", version: "1.0", requires: ["extraneous ; extra == 'all'"],
          extra: ["Provides-Extra: all"]),
      ], beside: [aside])
  }

  private static let archive = Result {
    try SignedArchive(
      packages: SignedArchive.packages + [
        FixturePackage("python3", "3.11.2-1+b1", depends: "libc6"), FixturePackage("libc6", "2.36-9"),
      ])
  }

  private func site(_ python: [String], constraints: [String] = []) throws -> BuildSite {
    let site = try BuildSite()
    try site.configure(["python3"], from: [try PythonLockTests.archive.get().stanza])
    try write(python, constraints, to: site)
    return site
  }

  /// Packages in lines 6 and following, then constraints, one a line.
  private func write(_ python: [String], _ constraints: [String], to site: BuildSite) throws {
    func list(_ texts: [String]) -> String { texts.map { "  '\($0)',\n" }.joined() }
    try site.write(
      """
      [python]
      name = "Python packages"
      manager = "uv"
      install_cmd = "uv pip install"
      packages = [
      \(list(python))]
      constraints = [
      \(list(constraints))]
      network = { name = "Index", domains = [] }

      """, to: "guest/config/packages/python.toml")
  }

  private func lock(_ site: BuildSite, _ arguments: String...) throws -> ProgramResult {
    try site.run(
      ["lock", "guest", "--progress", "none"] + arguments,
      environment: ["PIP_INDEX_URL": try PythonLockTests.index.get().address])
  }

  /// "name version" of the set's wheels.
  private func locked(_ site: BuildSite) throws -> [String] {
    let text = String(decoding: try contents(ofFile: "\(site.guest)/capsem.lock") ?? [], as: UTF8.self)
    return text.matches(of: /environment = "python"\nname = "([^"]+)"\nversion = "([^"]+)"/)
      .map { "\($0.1) \($0.2)" }
  }

  @Test func `extras bring what they need, and markers leave out what does not fit`() throws {
    let site = try site([
      "rich[all]", #"gamma<2 ; python_version >= "3.11""#, #"beta ; sys_platform == "win32""#,
    ])
    #expect(try site.run(["validate", "guest", "--strict"]).errors == "")
    let result = try lock(site)
    #expect(result.status == 0, "\(result.errors)")
    #expect(try locked(site) == ["extraneous 1.0", "gamma 1.0", "rich 1.0"])
    // Without the extra, its package goes.
    try write(["rich"], [], to: site)
    #expect(try lock(site).status == 0)
    #expect(try locked(site) == ["rich 1.0"])
  }

  @Test func `a constraint bounds a version and installs nothing`() throws {
    let site = try site(["gamma"])
    #expect(try lock(site).status == 0)
    #expect(try locked(site) == ["gamma 2.0"])
    try write(["gamma"], ["gamma<2", "extraneous<9"], to: site)
    let stale = try site.run(["build", "guest", "--locked", "--progress", "none"])
    #expect(stale.status == 1)
    #expect(
      stale.errors.contains(#"+ python-constraint "gamma<2" at guest/config/packages/python.toml:9:3"#),
      "\(stale.errors)")
    #expect(try lock(site).status == 0)
    #expect(try locked(site) == ["gamma 1.0"])
    // It holds when others are told to stay, too.
    #expect(try lock(site, "--update-package", "gamma").status == 0)
    #expect(try locked(site) == ["gamma 1.0"])
  }

  @Test func `what excludes what is told in uv's words, with the lines of the config`() throws {
    let site = try site(["rich", "alpha", "beta"])
    let result = try lock(site)
    #expect(result.status == 1)
    #expect(
      result.errors.hasPrefix("error: cannot resolve Python packages for Python 3.11 on "), "\(result.errors)"
    )
    #expect(result.errors.contains(": no versions satisfy all requirements\n  cause: "), "\(result.errors)")
    #expect(
      result.errors.contains("depend on gamma>=2 and") && result.errors.contains("depend on gamma<2"),
      "\(result.errors)")
    #expect(result.errors.contains("your requirements are unsatisfiable."), "\(result.errors)")
    for (name, line) in [("alpha", 7), ("beta", 8)] {
      let hint = "hint: \"\(name)\" is asked for at guest/config/packages/python.toml:\(line):3\n"
      #expect(result.errors.contains(hint), "\(result.errors)")
    }
    #expect(!result.errors.contains("\"rich\""), "\(result.errors)")
    // The harmless twin.
    try write(["rich", "alpha"], [], to: site)
    #expect(try lock(site).status == 0)

    try write(["beta"], ["gamma<2"], to: site)
    let constrained = try lock(site)
    #expect(constrained.status == 1)
    #expect(
      constrained.errors.contains(
        "hint: \"gamma<2\" is a constraint at guest/config/packages/python.toml:9:3\n"),
      "\(constrained.errors)")
  }

  @Test func `an address is locked with its digest, and the line to write is told`() throws {
    let index = try PythonLockTests.index.get()
    let (url, digest) = (index.url(PythonLockTests.aside), try index.digest(PythonLockTests.aside))
    let marker = "; python_version > \"3\""
    let site = try site(["aside[more] @ \(url) \(marker)"])
    let unpinned = try lock(site)
    #expect(unpinned.status == 1)
    let line = "aside[more] @ \(url)#sha256=\(digest) \(marker)"
    #expect(
      unpinned.errors.contains("hint: if that is the file you mean, write \"\(line)\"\n"),
      "\(unpinned.errors)")
    #expect(unpinned.errors.contains("at guest/config/packages/python.toml:6:3\n"), "\(unpinned.errors)")

    try write([line], [], to: site)
    let result = try lock(site)
    #expect(result.status == 0, "\(result.errors)")
    #expect(try locked(site) == ["aside 5.0", "extraneous 1.0", "gamma 2.0"])
    let text = String(decoding: try contents(ofFile: "\(site.guest)/capsem.lock") ?? [], as: UTF8.self)
    let size = try contents(ofFile: "\(index.directory)/wheels/\(PythonLockTests.aside.file)")?.count ?? 0
    #expect(
      text.contains("url = \"\(url)\"\nsize = \(size)\nsha256 = \"\(digest)\"\nrequested = true\n"), "\(text)"
    )

    try write([line.replacing(digest, with: String(repeating: "0", count: 64))], [], to: site)
    let wrong = try lock(site)
    #expect(wrong.status == 1)
    #expect(wrong.errors.contains(digest), "\(wrong.errors)")
  }

  @Test(arguments: ["gone", "unreachable"])
  func `a wheel that has left its address is found on the index's page`(fault: String) throws {
    let index = try PythonLockTests.index.get()
    let site = try site([
      "gamma",
      "aside @ \(index.url(PythonLockTests.aside))#sha256=\(try index.digest(PythonLockTests.aside))",
    ])
    #expect(try lock(site).status == 0)
    let path = "\(site.guest)/capsem.lock"
    let text = try String(contentsOfFile: path, encoding: .utf8)
    let host = fault == "gone" ? "127.0.0.1:\(index.port)" : "127.0.0.1:\(LoopbackServer.freePort())"
    func move(_ wheel: PythonIndex.Wheel, in text: String) throws -> String {
      let moved = text.replacing(index.url(wheel), with: "http://\(host)/moved/\(wheel.file)")
      #expect(moved != text)
      return moved
    }
    func mirror(_ environment: [String: String]) throws -> ProgramResult {
      // What is not from the index is there; what is, has to be fetched anew.
      for wheel in [PythonLockTests.gammaNew, PythonLockTests.aside] {
        let digest = try index.digest(wheel)
        unlink("\(site.cache)/objects/sha256/\(digest.prefix(2))/\(digest)")
      }
      return try site.run(
        ["mirror", "guest", "mirror", "--locked", "--progress", "none"], environment: environment)
    }
    let address = ["PIP_INDEX_URL": index.address]
    try site.write(move(PythonLockTests.gammaNew, in: text), to: "guest/capsem.lock")
    let found = try mirror(address)
    #expect(found.status == 0, "\(found.errors)")

    try FileManager.default.removeItem(atPath: "\(site.directory)/mirror")
    try site.write(move(PythonLockTests.aside, in: text), to: "guest/capsem.lock")
    let lost = try mirror(address)
    #expect(lost.status == 1)
    #expect(lost.errors.contains("error: cannot fetch \(PythonLockTests.aside.file): "), "\(lost.errors)")
    #expect(lost.errors.contains("  cause: \(index.address)aside/: not found (404)\n"), "\(lost.errors)")
    #expect(lost.errors.contains("any more\n") == (fault == "gone"), "\(lost.errors)")
    #expect(lost.errors.contains("hint: `capsem-native lock --update-package aside` locks"), "\(lost.errors)")
  }

  @Test func `a wheel of the guest directory is locked by its content`() throws {
    let site = try site(["local @ file:wheels/\(PythonLockTests.local.file)"])
    let absent = try lock(site)
    #expect(absent.status == 1)
    let wheels = "\(site.guest)/wheels"
    try FileManager.default.createDirectory(atPath: wheels, withIntermediateDirectories: true)
    try PythonIndex.write(PythonLockTests.local, to: wheels)
    try site.user.own(site.guest)
    #expect(try site.run(["validate", "guest", "--strict"]).errors == "")
    let result = try lock(site)
    #expect(result.status == 0, "\(result.errors)")
    // Its dependencies bound others.
    #expect(try locked(site) == ["gamma 1.0", "local 3.0"])
    let text = String(decoding: try contents(ofFile: "\(site.guest)/capsem.lock") ?? [], as: UTF8.self)
    #expect(text.contains("url = \"file:wheels/\(PythonLockTests.local.file)\"\n"))
    #expect(!text.contains(site.directory))

    // It belongs into a mirror, and a build from the mirror does without the guest's file.
    let mirrored = try site.run(["mirror", "guest", "mirror", "--locked", "--progress", "none"])
    #expect(mirrored.status == 0, "\(mirrored.errors)")
    try runTool(
      "/usr/bin/python3",
      ["-m", "pip", "install", "--isolated", "--quiet", "--no-cache-dir", "--no-compile"]
        + [
          "--target", "\(site.directory)/runs/pip", "--index-url", "file://\(site.directory)/mirror/simple/",
        ]
        + ["local"])
    #expect(
      site.names(in: "\(site.directory)/runs/pip").filter { $0.hasSuffix(".dist-info") }
        == ["gamma-1.0.dist-info", "local-3.0.dist-info"])

    func build(_ arguments: String..., cache: String) throws -> ProgramResult {
      try site.run(
        ["build", "guest", "--locked", "--until", "staged", "--progress", "none"] + arguments,
        cache: "\(site.directory)/home/\(cache)")
    }
    try FileManager.default.moveItem(atPath: wheels, toPath: "\(site.directory)/moved")
    let offline = try build("--offline", "--mirror", "mirror", cache: "first")
    #expect(offline.status == 0, "\(offline.errors)")
    let missing = try build(cache: "second")
    #expect(missing.status == 1)
    #expect(
      missing.errors.contains("there is no guest/wheels/\(PythonLockTests.local.file)"), "\(missing.errors)")
    try FileManager.default.moveItem(atPath: "\(site.directory)/moved", toPath: wheels)
    #expect(try build(cache: "second").status == 0)

    // Another file of the same name is not what was locked.
    var other = PythonLockTests.local
    other.requires = []
    try PythonIndex.write(other, to: wheels)
    let changed = try build(cache: "second")
    #expect(changed.status == 1)
    #expect(
      changed.errors.contains(
        "error: cannot build from guest/wheels/\(PythonLockTests.local.file): expected SHA-256"),
      "\(changed.errors)")
    #expect(try lock(site).status == 0)
    #expect(try build(cache: "second").status == 0)
    #expect(try locked(site) == ["local 3.0"])
  }

  @Test func `an image has such wheels as any others, and nothing of where they came from`() throws {
    let index = try PythonLockTests.index.get()
    let (url, digest) = (index.url(PythonLockTests.aside), try index.digest(PythonLockTests.aside))
    let site = try BuildSite()
    try site.configure(["python3"])
    try write(
      ["local @ file:wheels/\(PythonLockTests.local.file)", "aside @ \(url)#sha256=\(digest)"], [], to: site)
    let wheels = "\(site.guest)/wheels"
    try FileManager.default.createDirectory(atPath: wheels, withIntermediateDirectories: true)
    try PythonIndex.write(PythonLockTests.local, to: wheels)
    try site.user.own(site.guest)
    #expect(try lock(site).status == 0)
    let built = try site.run(["build", "guest", "--locked", "--until", "installed", "--progress", "none"])
    #expect(built.status == 0, "\(built.errors)")
    let tree = try site.run(["inspect", "--tree", site.image]).output
    let modules = "/usr/local/lib/python3.11/dist-packages"
    for name in ["aside.py", "local.py", "gamma.py", "local-3.0.dist-info/REQUESTED"] {
      #expect(tree.contains("\(modules)/\(name) "), "\(name)")
    }
    #expect(!tree.contains("gamma-1.0.dist-info/REQUESTED"))
    #expect(!tree.contains("direct_url.json"))
    for place in [site.directory, "127.0.0.1:\(index.port)"] {
      let found = try runTool(
        "sh", ["-c", "LC_ALL=C grep -aFc -e \"$1\" \"$2\" || test $? = 1", "sh", place, site.image])
      #expect(found == "0\n", "\(place)")
    }
    // The judge of that search: it finds what is there.
    let present = try runTool(
      "sh", ["-c", "LC_ALL=C grep -aFc -e 'Requires-Dist: gamma<2' \"$1\"", "sh", site.image])
    #expect(present != "0\n")
  }

  @Test(arguments: ["file:../local-3.0-py3-none-any.whl", "file:///srv/local-3.0-py3-none-any.whl"])
  func `a wheel from elsewhere on the machine is refused`(address: String) throws {
    let site = try site(["local @ \(address)"])
    let result = try lock(site)
    #expect(result.status == 1)
    #expect(
      result.errors.contains(
        "cannot lock local: expected a file below the guest directory, found \(address)\n"),
      "\(result.errors)")
  }
}
