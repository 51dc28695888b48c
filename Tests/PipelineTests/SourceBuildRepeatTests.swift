import FileTree
import Foundation
import Json
import TestSupport
import Testing

/// What else a build from source has to keep, and what other commands make of it.
extension SourceBuildTests {
  /// Builds `NAME.py` with what its own Python program `module` prints, and a wheel that needs `requires`.
  private static func source(
    _ name: String, _ version: String, module: String = "text = ''", requires: [String] = []
  ) -> PythonIndex.Source {
    let needs = requires.map { "\"Requires-Dist: \($0)\"," }.joined(separator: " ")
    let backend = """
      import os, sys, zipfile
      \(module)
      def build_wheel(directory, settings=None, metadata=None):
          info = "\(name)-\(version).dist-info"
          needs = [\(needs)]
          files = {
              "\(name).py": text,
              info + "/METADATA": open("PKG-INFO").read() + "\\n".join(needs) + "\\n",
              info + "/WHEEL": "Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n",
          }
          import base64, hashlib
          def row(file, content):
              digest = base64.urlsafe_b64encode(hashlib.sha256(content.encode()).digest()).rstrip(b"=").decode()
              return f"{file},sha256={digest},{len(content)}\\n"
          record = "".join(row(*item) for item in files.items()) + info + "/RECORD,,\\n"
          wheel = "\(name)-\(version)-py3-none-any.whl"
          with zipfile.ZipFile(os.path.join(directory, wheel), "w") as archive:
              for file, content in files.items():
                  archive.writestr(file, content)
              archive.writestr(info + "/RECORD", record)
          return wheel
      """
    return .init(
      name: name, version: version, files: ["pyproject.toml": project(""), "backend.py": backend])
  }

  /// What a build's own Python and a child of it are told.
  private static let seeded = """
    import subprocess
    words = "print(hash('capsem'), sys.dont_write_bytecode, 'usercustomize' in sys.modules)"
    own = f"{hash('capsem')} {sys.dont_write_bytecode} {'usercustomize' in sys.modules}"
    child = subprocess.run(["python3", "-c", "import sys; " + words], capture_output=True, text=True).stdout
    beside = os.path.dirname(os.path.abspath(sys.argv[0])) in sys.path
    text = f"{own}\\n{child}{beside} {os.environ['SOURCE_DATE_EPOCH']}\\n"
    """

  static let told: [PythonIndex.Source] = [
    source("seeded", "1.0", module: seeded), source("several", "1.0"), source("several", "2.0"),
    source(
      "surprising", "1.0",
      requires: [
        "nowhere ; sys_platform == 'win32'", "nowhere ; extra == 'more'",
        "alpha[some] (>=1) ; python_version > '3'",
      ]),
    source("bounded", "1.0", requires: ["gamma<2"]),
  ]

  @Test func `a build's Python hashes by one seed, and so do its children`() throws {
    let site = try site("'seeded'", sources: "'seeded'")
    #expect(try lock(site).status == 0)
    let built = try build(site)
    #expect(built.status == 0, "\(built.errors)")
    let text = try site.run(["inspect", "--cat", "\(SourceBuildTests.modules)/seeded.py", site.image]).output
    let lines = text.split(separator: "\n")
    try #require(lines.count == 3, "\(text)")
    let judge = try runTool(
      "/usr/bin/python3", ["-c", "print(hash('capsem'))"],
      environment: ["PYTHONHASHSEED": "0", "PATH": "/usr/bin"]
    ).split(separator: "\n")[0]
    #expect(lines[0] == lines[1] && lines[0].hasPrefix("\(judge) True False"), "\(text)")
    #expect(lines[2].hasPrefix("False "), "\(text)")
  }

  @Test func `of several versions, none with a wheel, the line to write is told`() throws {
    let site = try site("'several'", sources: "")
    let refused = try lock(site)
    #expect(refused.status == 1)
    #expect(
      refused.errors.contains("\nhint: write allow_sdist = [\"several\"] beside packages\n"),
      "\(refused.errors)")
    try write("'several'", sources: "'several'", to: site)
    #expect(try lock(site).status == 0)
  }

  @Test func `a wheel that needs more than its source says is not installed without it`() throws {
    let site = try site("'surprising'", sources: "'surprising'")
    #expect(try lock(site).status == 0)
    let refused = try build(site)
    #expect(refused.status == 1)
    let problem =
      "cannot install surprising-1.0.tar.gz: its wheel needs alpha[some] (>=1), which is not locked"
    #expect(refused.errors.hasPrefix("error: \(problem)\n"), "\(refused.errors)")
    #expect(
      refused.errors.hasSuffix(
        "\nhint: its source does not say so before it is built: add \"alpha[some] (>=1)\" to packages\n"),
      "\(refused.errors)")
    try write("'surprising', 'alpha'", sources: "'surprising'", to: site)
    #expect(try lock(site).status == 0)
    let built = try build(site)
    #expect(built.status == 0, "\(built.errors)")

    try write("'bounded', 'gamma'", sources: "'bounded'", to: site)
    #expect(try lock(site).status == 0)
    let other = try build(site)
    #expect(other.status == 1)
    #expect(
      other.errors.contains("cannot install bounded-1.0.tar.gz: its wheel needs gamma<2, the lock has 2.0\n"),
      "\(other.errors)")
    #expect(try site.leftovers() == [])
  }

  @Test func `a provider's own packages are bounded, and built, too`() throws {
    let site = try site("'alpha'", sources: "")
    let install = """
      [acme.install]
      manager = "uv"
      prefix = "/opt/acme"
      packages = ["tiny", "gamma"]
      allow_sdist = ["tiny"]
      constraints = ["gamma<=2.0", "alpha<2"]
      """
    try site.write(GuestFiles.provider() + "\n\(install)\n", to: "guest/config/ai/acme.toml")
    let locked = try lock(site)
    #expect(locked.status == 0, "\(locked.errors)")
    let text = String(decoding: try contents(ofFile: "\(site.guest)/capsem.lock") ?? [], as: UTF8.self)
    #expect(
      text.contains("environment = \"build:provider:acme:tiny\"\nname = \"gamma\"\nversion = \"1.0\"\n"),
      "\(text)")
    #expect(text.contains(#"provider-constraint \"acme\" \"gamma<=2.0\""#), "\(text)")
    let built = try build(site)
    #expect(built.status == 0, "\(built.errors)")
    let tree = try site.run(["inspect", "--tree", site.image]).output
    #expect(tree.contains("/opt/acme/") && tree.contains("/tiny/__init__.py "))
    #expect(!tree.contains("\(SourceBuildTests.modules)/tiny/"))
  }

  @Test func `plan, status and verify know what is built from source`() throws {
    let site = try site("'tiny', 'seeded'", sources: "'tiny', 'seeded'")
    #expect(try lock(site).status == 0)
    let plan = try site.run(["build", "guest", "--dry-run", "--locked", "--json"])
    #expect(plan.status == 0, "\(plan.errors)")
    let packages = try JSONValue(parsing: plan.output)["architectures"]?[BuildSite.architecture]?["plan"]?[
      "python"]
    let names = packages?.array?.compactMap { $0["file"]?.string } ?? []
    #expect(["tiny-1.5.tar.gz", "seeded-1.0.tar.gz"].allSatisfy(names.contains), "\(plan.output)")
    let environments = Set(packages?.array?.compactMap { $0["environment"]?.string } ?? [])
    #expect(environments.isSuperset(of: ["python", "build:python:tiny"]), "\(environments)")
    let built = try site.run(["build", "guest", "--locked", "--progress", "none"])
    #expect(built.status == 0, "\(built.errors)")
    func state() throws -> JSONValue? {
      let status = try site.run(["status", "--json"])
      #expect(status.status == 0, "\(status.errors)")
      return try JSONValue(parsing: status.output)["architectures"]?[BuildSite.architecture]?["rootfs"]
    }
    #expect(try state()?["state"]?.string == "up to date")
    let again = try site.run(["build", "guest", "--locked", "--offline", "--progress", "plain"])
    #expect(again.status == 0 && !again.errors.contains("building tiny"), "\(again.errors)")

    let verified = try site.run(
      ["verify", "guest", "--json", "--progress", "none", "--offline"], environment: ["TMPDIR": "/var/tmp"])
    #expect(verified.status == 0, "\(verified.errors)\(verified.output)")
    #expect(
      try JSONValue(parsing: verified.output)[BuildSite.architecture]?["same"] == .boolean(true),
      "\(verified.output)")

    // Another build requirement is another image, though the package is the same.
    try write("'tiny', 'seeded', 'several'", sources: "'tiny', 'seeded', 'several'", to: site)
    #expect(try state()?["state"]?.string == "changed")
  }

  @Test func `status, verify and a build that has nothing to do heed a wheel of the guest`() throws {
    var wheel = PythonIndex.Wheel(name: "local", version: "3.0", requires: ["gamma<2"])
    let site = try site("'local @ file:wheels/\(wheel.file)'", sources: "")
    let wheels = "\(site.guest)/wheels"
    try FileManager.default.createDirectory(atPath: wheels, withIntermediateDirectories: true)
    try PythonIndex.write(wheel, to: wheels)
    try site.user.own(site.guest)
    #expect(try lock(site).status == 0)
    let plan = try site.run(["build", "guest", "--dry-run", "--locked"])
    #expect(plan.status == 0 && plan.output.contains("local"), "\(plan.errors)\(plan.output)")
    #expect(!plan.output.contains("file://"), "\(plan.output)")
    let built = try site.run(["build", "guest", "--locked", "--progress", "none"])
    #expect(built.status == 0, "\(built.errors)")
    let verified = try site.run(
      ["verify", "guest", "--progress", "none", "--offline"], environment: ["TMPDIR": "/var/tmp"])
    #expect(verified.status == 0, "\(verified.errors)\(verified.output)")

    // Not what was locked, and the assets are still those of the lock.
    wheel.requires = []
    try PythonIndex.write(wheel, to: wheels)
    let problem = "cannot build from guest/wheels/\(wheel.file): expected SHA-256"
    let again = try site.run(["build", "guest", "--locked", "--progress", "plain"])
    #expect(again.status == 1)
    #expect(again.errors.contains(problem), "\(again.errors)")
    let status = try site.run(["status"])
    #expect(status.output.contains(problem) && !status.output.contains("up to date"), "\(status.output)")
    let planned = try site.run(["build", "guest", "--dry-run", "--locked"])
    #expect(planned.output.contains(problem), "\(planned.output)")
    // Locked again, it is another image.
    #expect(try lock(site).status == 0)
    #expect(try site.run(["status"]).output.contains("gamma"))
    let rebuilt = try site.run(["build", "guest", "--locked", "--progress", "plain"])
    #expect(rebuilt.status == 0 && !rebuilt.errors.contains("nothing has changed"), "\(rebuilt.errors)")
  }
}
