import BuildModel
import FileTree
import Locking
import Testing

@Suite struct LockfileTextTests {
  @Test func `writes one key a line, sorted`() {
    #expect(Self.lockfile.text == Self.text)
  }

  @Test func `reads back what it wrote, exactly`() throws {
    #expect(try Lockfile(parsing: Array(Self.text.utf8), file: "capsem.lock") == Self.lockfile)
    var odd = Self.lockfile
    odd.solver = "libapt-pkg \"6.0\" \\ \u{e9}"
    odd.architectures[0].python = nil
    odd.imageLayout = nil
    odd.architectures[0].configureSteps = []
    odd.releases[0].imageURI = nil
    odd.releases[0].signedBy = []
    odd.releases[0].components = []
    odd.date = 0
    #expect(try Lockfile(parsing: Array(odd.text.utf8), file: "capsem.lock") == odd)
    odd.architectures = []
    odd.releases = []
    odd.buildRoots = []
    #expect(try Lockfile(parsing: Array(odd.text.utf8), file: "capsem.lock") == odd)
  }

  @Test func `the order in memory does not show`() {
    var shuffled = Self.lockfile
    shuffled.architectures.reverse()
    for index in shuffled.architectures.indices {
      shuffled.architectures[index].packages.reverse()
      shuffled.architectures[index].wheels.reverse()
    }
    #expect(shuffled.text == Self.text)
  }

  @Test(arguments: [0, 951_782_400, 951_868_800, 1_709_164_800, 4_107_542_400, 253_402_300_799] as [Int64])
  func `keeps every second`(seconds: Int64) throws {
    var lockfile = Self.lockfile
    lockfile.date = seconds
    #expect(try Lockfile(parsing: Array(lockfile.text.utf8), file: "l").date == seconds)
  }

  @Test func `writes dates as the calendar has them`() {
    var lockfile = Self.lockfile
    lockfile.date = 951_782_400
    #expect(lockfile.text.contains("\ndate = 2000-02-29T00:00:00Z\n"))
  }

  @Test(arguments: [
    ("version = 1", "version = 2", "2:11: expected version 1, found 2"),
    ("version = 1\n", "", "1:1: version is missing"),
    (
      "path = \"pool/main/b/bash/bash.deb\"", "path = \"pool/../../etc/passwd\"",
      "path: expected a relative path"
    ),
    ("path = \"pool/main/b/bash/bash.deb\"", "path = \"/etc/passwd\"", "path: expected a relative path"),
    ("path = \"pool/main/b/bash/bash.deb\"", "path = \"./pool\"", "path: expected a relative path"),
    ("path = \"pool/main/b/bash/bash.deb\"", "path = \"\"", "path: expected a relative path"),
    ("path = \"main/binary-amd64/Packages.xz\"", "path = \"../Packages\"", "path: expected a relative path"),
    ("file = \"numpy.whl\"", "file = \"../numpy.whl\"", "file: expected a file name"),
    ("file = \"numpy.whl\"", "file = \"..\"", "file: expected a file name"),
    ("name = \"amd\"", "name = \"a/b\"", "name: expected a file name"),
    ("name = \"numpy\"", "name = \"num\\npy\"", "name: expected a file name"),
    ("sha256 = \"bb", "sha256 = \"xb", "expected 64 hexadecimal digits"),
    ("sha256 = \"bb", "sha256 = \"b", "expected 64 hexadecimal digits"),
    ("python = \"3.11\"", "python = \"../3\"", "python: expected a file name"),
    ("[\"dash\"]", "[\"da sh\"]", "expected words, found \"da sh\""),
    ("needed_by = \"bash\"", "needed_by = \"../bash\"", "needed_by: expected a file name"),
    ("size = 7", "size = -7", "expected 0 or more, found -7"),
    ("size = 7", "size = \"7\"", "expected an integer, found a string"),
    ("release = \"main\"\npath", "release = \"other\"\npath", "release: expected the name of a release"),
    ("date = 2026-08-10T12:00:00Z", "date = 2026-08-10", "expected a moment"),
    ("date = 2026-08-10T12:00:00Z", "date = 2026-08-10T12:00:00+02:00", "expected a moment"),
    ("https://deb", "https://user:secret@deb", "image_uri: expected an https address"),
    ("https://deb", "http://deb", "image_uri: expected an https address"),
    ("image_layout = 1", "image_layout = -1", "expected 0 or more, found -1"),
    ("solver = ", "solvent = 1\nsolver = ", "unknown key solvent"),
    ("essential = true", "essential = 1", "expected true or false, found an integer"),
    ("[[release]]", "<<<<<<< HEAD\n[[release]]", "saw '<'"),
    (
      "name = \"zlib1g\"\nversion = \"1\"\narchitecture = \"amd64\"",
      "name = \"bash\"\nversion = \"1\"\narchitecture = \"amd64\"", "written twice"
    ),
  ])
  func `refuses a lock that was tampered with`(original: String, changed: String, reason: String) throws {
    let parts = Self.text.split(separator: original, maxSplits: 1, omittingEmptySubsequences: false)
    try #require(parts.count == 2)
    let text = parts[0] + changed + parts[1]
    let error = #expect(throws: LockfileTextError.self) {
      try Lockfile(parsing: Array(text.utf8), file: "guest/capsem.lock")
    }
    #expect(error?.summary.hasPrefix("cannot read guest/capsem.lock:") == true)
    #expect(error?.summary.contains(reason) == true, "\(error?.summary ?? "")")
    #expect(error?.hints.count == 1)
  }

  private static func digest(_ digit: String) -> Digest { Digest(hex: String(repeating: digit, count: 64))! }

  private static let lockfile = Lockfile(
    configuration: digest("c"), requests: ["apt \"bash\"", "suite \"bookworm\""], date: 1_786_363_200,
    solver: "libapt-pkg 6.0",
    releases: [
      LockedRelease(
        name: "main", imageURI: "https://deb.example/debian", suite: "bookworm", components: ["main"],
        date: 1_786_363_200, inRelease: digest("a"), inReleaseSize: 151_078, signedBy: ["AB12", "CD34"])
    ],
    architectures: [
      LockedArchitecture(
        name: "amd", debian: "amd64",
        indexes: [
          LockedIndex(
            release: "main", component: "main", path: "main/binary-amd64/Packages.xz", size: 7,
            sha256: digest("b"))
        ],
        packages: [
          LockedPackage(
            name: "bash", version: "5.2.15-2+b2", architecture: "amd64", size: 8, sha256: digest("d"),
            path: "pool/main/b/bash/bash.deb", release: "main", essential: true, order: 0,
            installedSize: 20),
          LockedPackage(
            name: "zlib1g", version: "1", architecture: "amd64", size: 9, sha256: digest("e"),
            path: "pool/main/z/zlib/zlib1g.deb", release: "main", essential: false, order: 1,
            installedSize: 30, neededBy: "bash"),
        ],
        configureSteps: [
          ConfigureStep(before: 1, packages: ["bash", "zlib1g"]),
          ConfigureStep(before: 2, packages: ["dash"]),
        ], python: "3.11",
        wheels: [
          LockedWheel(
            environment: "node", name: "nodejs", version: "24", file: "node.whl",
            url: "https://files.example/node.whl", size: 10, sha256: digest("f"), requested: false),
          LockedWheel(
            environment: "python", name: "numpy", version: "2", file: "numpy.whl",
            url: "https://files.example/numpy.whl", size: 11, sha256: digest("1"), requested: true),
        ]),
      LockedArchitecture(
        name: "arm", debian: "arm64", indexes: [], packages: [], configureSteps: [], python: nil, wheels: [],
        kernel: LockedKernel(branch: "6.12", source: .package(package("linux-source-6.12", "2"))),
        busybox: package("busybox-static", "3")),
    ],
    buildRoots: [
      LockedBuildRoot(
        builder: "amd64", packages: [package("gcc", "4")],
        configureSteps: [ConfigureStep(before: 0, packages: ["dash"])])
    ], imageLayout: 1)

  private static func package(_ name: String, _ content: String) -> LockedPackage {
    LockedPackage(
      name: name, version: "1", architecture: "all", size: 5, sha256: digest(content),
      path: "pool/\(name).deb", release: "main", essential: false, order: 0, installedSize: 6)
  }

  private static func hex(_ digit: String) -> String { String(repeating: digit, count: 64) }

  private static let text = """
    # Written by `capsem-native lock`. Review its changes; do not edit it.
    version = 1
    configuration = "\(hex("c"))"
    requests = [
      "apt \\"bash\\"",
      "suite \\"bookworm\\"",
    ]
    date = 2026-08-10T12:00:00Z
    solver = "libapt-pkg 6.0"
    image_layout = 1

    [[release]]
    name = "main"
    image_uri = "https://deb.example/debian"
    suite = "bookworm"
    components = ["main"]
    date = 2026-08-10T12:00:00Z
    in_release = "\(hex("a"))"
    in_release_size = 151078
    signed_by = ["AB12", "CD34"]

    [[architecture]]
    name = "amd"
    debian = "amd64"
    python = "3.11"

    [[architecture.configure]]
    before = 1
    packages = ["bash", "zlib1g"]

    [[architecture.configure]]
    before = 2
    packages = ["dash"]

    [[architecture.index]]
    release = "main"
    component = "main"
    path = "main/binary-amd64/Packages.xz"
    size = 7
    sha256 = "\(hex("b"))"

    [[architecture.package]]
    name = "bash"
    version = "5.2.15-2+b2"
    architecture = "amd64"
    release = "main"
    path = "pool/main/b/bash/bash.deb"
    size = 8
    sha256 = "\(hex("d"))"
    essential = true
    order = 0
    installed_size = 20

    [[architecture.package]]
    name = "zlib1g"
    version = "1"
    architecture = "amd64"
    release = "main"
    path = "pool/main/z/zlib/zlib1g.deb"
    size = 9
    sha256 = "\(hex("e"))"
    order = 1
    installed_size = 30
    needed_by = "bash"

    [[architecture.wheel]]
    environment = "node"
    name = "nodejs"
    version = "24"
    file = "node.whl"
    url = "https://files.example/node.whl"
    size = 10
    sha256 = "\(hex("f"))"

    [[architecture.wheel]]
    environment = "python"
    name = "numpy"
    version = "2"
    file = "numpy.whl"
    url = "https://files.example/numpy.whl"
    size = 11
    sha256 = "\(hex("1"))"
    requested = true

    [[architecture]]
    name = "arm"
    debian = "arm64"

    [architecture.kernel]
    branch = "6.12"

    [architecture.kernel.package]
    name = "linux-source-6.12"
    version = "1"
    architecture = "all"
    release = "main"
    path = "pool/linux-source-6.12.deb"
    size = 5
    sha256 = "\(hex("2"))"
    order = 0
    installed_size = 6

    [architecture.busybox]
    name = "busybox-static"
    version = "1"
    architecture = "all"
    release = "main"
    path = "pool/busybox-static.deb"
    size = 5
    sha256 = "\(hex("3"))"
    order = 0
    installed_size = 6

    [[build_root]]
    builder = "amd64"

    [[build_root.configure]]
    before = 0
    packages = ["dash"]

    [[build_root.package]]
    name = "gcc"
    version = "1"
    architecture = "all"
    release = "main"
    path = "pool/gcc.deb"
    size = 5
    sha256 = "\(hex("4"))"
    order = 0
    installed_size = 6

    """
}
