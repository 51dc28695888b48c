import FileTree
import Foundation
import Glibc
import TestSupport
import Testing

/// Source distributions: locked without being run, built offline in the sandbox.
@Suite(.tags(.network), .serialized, .enabled("needs bookworm and the host's pip", { Requirement.bookworm }))
struct SourceBuildTests {
  /// Makes a wheel by zipfile, out of what a build requirement says. It refuses to run under uv.
  private static let backend = """
    import base64, hashlib, os, zipfile
    if any(name.startswith("UV_") for name in os.environ):
        raise SystemExit("uv ran this on the host")

    def build_wheel(directory, settings=None, metadata=None):
        import gamma
        info = "tiny-1.5.dist-info"
        files = {
            "tiny/__init__.py": open("tiny.py").read() + f"built_with = {gamma.value}\\\\n",
            info + "/METADATA": open("PKG-INFO").read() + "Requires-Dist: alpha\\\\n",
            info + "/WHEEL": "Wheel-Version: 1.0\\\\nGenerator: t\\\\nRoot-Is-Purelib: true\\\\nTag: py3-none-any\\\\n",
            info + "/entry_points.txt": "[console_scripts]\\\\ntiny = tiny:main\\\\n",
        }
        def row(name, text):
            digest = base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=").decode()
            return f"{name},sha256={digest},{len(text)}\\\\n"
        record = "".join(row(*item) for item in files.items()) + info + "/RECORD,,\\\\n"
        name = "tiny-1.5-py3-none-any.whl"
        with zipfile.ZipFile(os.path.join(directory, name), "w") as archive:
            for file, text in files.items():
                archive.writestr(file, text)
            archive.writestr(info + "/RECORD", record)
        return name
    """.replacing("\\\\", with: "\\")

  static func project(_ requires: String) -> String {
    """
    [build-system]
    requires = [\(requires)]
    build-backend = "backend"
    backend-path = ["."]

    """
  }

  private static let tiny = PythonIndex.Source(
    name: "tiny", version: "1.5",
    files: [
      "pyproject.toml": project("'gamma<2'"), "backend.py": backend, "tiny.py": "def main(): print(42)\n",
      "tiny.egg-info/requires.txt": "alpha\n\n[:sys_platform == 'win32']\nnowhere\n\n[more]\nnowhere\n",
    ])

  static let index = Result {
    try PythonIndex(
      offered: [
        .init(name: "alpha", version: "1.0", requires: ["gamma>=2"]), .init(name: "gamma", version: "1.0"),
        .init(name: "gamma", version: "2.0"),
      ],
      sources: [
        tiny,
        .init(
          name: "compiled", version: "1.0",
          files: [
            "pyproject.toml": project(""),
            "backend.py": """
            import subprocess
            def build_wheel(directory, settings=None, metadata=None):
                print("compiling compiled.c")
                subprocess.run(["gcc", "-c", "compiled.c"], check=True)
            """,
          ]),
      ] + told)
  }

  func site(_ packages: String, sources: String) throws -> BuildSite {
    let site = try BuildSite()
    try site.configure(["python3"])
    try write(packages, sources: sources, to: site)
    return site
  }

  func write(_ packages: String, sources: String, to site: BuildSite) throws {
    try site.write(
      """
      [python]
      name = "Python packages"
      manager = "uv"
      install_cmd = "uv pip install"
      packages = [\(packages)]
      allow_sdist = [\(sources)]
      network = { name = "Index", domains = [] }

      """, to: "guest/config/packages/python.toml")
  }

  func lock(_ site: BuildSite, _ arguments: String...) throws -> ProgramResult {
    try site.run(
      ["lock", "guest", "--progress", "none"] + arguments,
      environment: ["PIP_INDEX_URL": try SourceBuildTests.index.get().address])
  }

  func build(_ site: BuildSite, _ arguments: String..., cache: String? = nil, inside: [String] = [])
    throws -> ProgramResult
  {
    try site.run(
      ["build", "guest", "--locked", "--until", "installed", "--progress", "none"] + arguments,
      inside: inside,
      cache: cache)
  }

  static let modules = "/usr/local/lib/python3.11/dist-packages"

  @Test func `a wheel is built from source, offline, as pip builds it`() throws {
    let site = try site("'tiny'", sources: "")
    let refused = try lock(site)
    #expect(refused.status == 1)
    #expect(
      refused.errors.contains("\nhint: write allow_sdist = [\"tiny\"] beside packages\n"), "\(refused.errors)"
    )

    try write("'tiny'", sources: "'tiny'", to: site)
    #expect(try site.run(["validate", "guest", "--strict"]).errors == "")
    let locked = try lock(site)
    #expect(locked.status == 0, "\(locked.errors)")
    let text = String(decoding: try contents(ofFile: "\(site.guest)/capsem.lock") ?? [], as: UTF8.self)
    let entries = text.matches(
      of: /environment = "([^"]+)"\nname = "([^"]+)"\nversion = "([^"]+)"\nfile = "([^"]+)"/
    )
    .map { "\($0.1) \($0.2) \($0.3)" }
    #expect(
      entries.filter { !$0.hasPrefix("uv ") && !$0.hasPrefix("node ") } == [
        "build:python:tiny gamma 1.0", "python alpha 1.0", "python gamma 2.0", "python tiny 1.5",
      ])
    #expect(text.contains("file = \"tiny-1.5.tar.gz\"\n"))
    // A name that has no package changes nothing of it, and is told.
    try write("'tiny'", sources: "'tiny', 'Absent.One'", to: site)
    let idle = try lock(site, "--progress", "plain")
    #expect(idle.status == 0, "\(idle.errors)")
    #expect(
      idle.errors.split(separator: "\n").filter { $0.hasPrefix("warning: ") } == [
        #"warning: guest/config/packages/python.toml:6:24: allow_sdist names "Absent.One", and nothing that is installed needs it"#
      ])
    try write("'tiny'", sources: "'tiny'", to: site)
    #expect(try lock(site).status == 0)
    let again = try lock(site, "--update-package", "alpha", "--diff")
    #expect(again.output == "nothing would change\n", "\(again.errors)")

    let built = try build(site)
    #expect(built.status == 0, "\(built.errors)")
    let tree = try site.run(["inspect", "--tree", site.image]).output
    for name in ["tiny/__init__.py", "tiny-1.5.dist-info/RECORD", "tiny-1.5.dist-info/REQUESTED"] {
      #expect(tree.contains("\(SourceBuildTests.modules)/\(name) "), "\(name)")
    }
    #expect(tree.contains("/usr/local/bin/tiny "))
    #expect(!tree.contains("capsem-build"))

    // The same from a mirror, without a network, with an empty cache; and pip installs from it.
    let mirrored = try site.run(["mirror", "guest", "mirror", "--locked", "--progress", "none"])
    #expect(mirrored.status == 0, "\(mirrored.errors)")
    #expect(try site.run(["mirror", "--verify", "mirror"]).status == 0)
    let offline = try build(
      site, "--offline", "--mirror", "mirror", "--output", "offline", cache: "\(site.directory)/home/empty",
      inside: getuid() == 0 ? ["/usr/bin/unshare", "--net"] : [])
    #expect(offline.status == 0, "\(offline.errors)")
    let image = try site.digest("\(site.directory)/offline/\(BuildSite.architecture)/rootfs.ext4")
    #expect(try image != nil && image == site.digest(site.image))

    let target = "\(site.directory)/runs/pip"
    try runTool(
      "/usr/bin/python3",
      ["-m", "pip", "install", "--isolated", "--quiet", "--no-cache-dir", "--no-compile", "--target", target]
        + ["--no-binary", "tiny", "--index-url", "file://\(site.directory)/mirror/simple/", "tiny"])
    for name in ["tiny/__init__.py", "tiny-1.5.dist-info/METADATA", "tiny-1.5.dist-info/entry_points.txt"] {
      let ours = try site.run(["inspect", "--cat", "\(SourceBuildTests.modules)/\(name)", site.image]).output
      let theirs = String(decoding: try contents(ofFile: "\(target)/\(name)") ?? [], as: UTF8.self)
      #expect(ours == theirs && !ours.isEmpty, "\(name)")
    }
  }

  @Test func `a build that lacks a compiler says so with its last lines`() throws {
    let site = try site("'compiled'", sources: "'compiled'")
    #expect(try lock(site).status == 0)
    let result = try build(site)
    #expect(result.status == 1)
    #expect(
      result.errors.hasPrefix(
        "error: cannot build compiled-1.0.tar.gz: the build backend exited with status 1\n  cause: "),
      "\(result.errors)")
    #expect(
      result.errors.contains("  cause: FileNotFoundError: [Errno 2] No such file or directory: 'gcc'\n"),
      "\(result.errors)")
    #expect(
      result.errors.contains(
        "hint: it needs gcc, which the image may lack: add its package to packages/apt.toml\n"),
      "\(result.errors)")
    #expect(try site.leftovers() == [])
  }

  /// An old one, without pyproject.toml, by setuptools.
  @Test func `setuptools builds a project of the index`() throws {
    let site = try site("'docopt==0.6.2'", sources: "'docopt'")
    let locked = try site.run(["lock", "guest", "--progress", "none"])
    #expect(locked.status == 0, "\(locked.errors)")
    let built = try build(site)
    #expect(built.status == 0, "\(built.errors)")
    let tree = try site.run(["inspect", "--tree", site.image]).output
    #expect(tree.contains("\(SourceBuildTests.modules)/docopt.py "))
    #expect(!tree.contains("\(SourceBuildTests.modules)/setuptools"))
    let second = try build(site, "--output", "second")
    #expect(second.status == 0, "\(second.errors)")
    let image = try site.digest("\(site.directory)/second/\(BuildSite.architecture)/rootfs.ext4")
    #expect(try image != nil && image == site.digest(site.image))
  }
}
