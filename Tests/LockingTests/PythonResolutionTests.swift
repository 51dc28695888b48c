import BuildModel
import Diagnosis
import FileTree
import Foundation
import Testing

@testable import Locking

@Suite struct PythonResolutionTests {
  static let target = PythonTarget(python: "3.11", machine: "x86_64", glibcMinor: 36)!
  static let digest = String(repeating: "ab", count: 32)

  private func resolution(_ address: String = "https://index.example/simple") throws -> PythonResolution {
    PythonResolution(
      index: try PythonIndexSource(environment: ["PIP_INDEX_URL": address], files: [], askPip: { nil }),
      target: Self.target)
  }

  /// As uv writes it, shortened.
  static let lock = """
    lock-version = "1.0"
    created-by = "uv"
    requires-python = ">=3.11"

    [[packages]]
    name = "cffi"
    version = "2.1.1"
    marker = "platform_python_implementation != 'PyPy'"
    wheels = [{ url = "https://u:p@files.example/cffi-2.1.1%2Blocal-cp311-cp311-manylinux_2_17_x86_64.whl", upload-time = 2026-08-03T21:19:36Z, size = 217807, hashes = { sha256 = "\(digest)" } }]

    [[packages]]
    name = "numpy"
    version = "2.4.6"
    sdist = { url = "https://files.example/numpy-2.4.6.tar.gz", size = 1, hashes = { sha256 = "\(digest)" } }
    wheels = [
        { url = "https://files.example/numpy-2.4.6-py3-none-any.whl", size = 1, hashes = { sha256 = "\(digest)" } },
        { url = "https://files.example/numpy-2.4.6-cp311-cp311-manylinux_2_28_x86_64.whl", size = 2, hashes = { sha256 = "\(digest)" } },
    ]

    [[packages]]
    name = "colorama"
    version = "0.4.6"
    marker = "sys_platform == 'win32'"
    """

  @Test func `locks one wheel a package`() throws {
    var asked: PythonResolution.Invocation?
    let wheels = try resolution("https://user:secret@index.example/simple").wheels(
      for: ["NumPy>=2", "cryptography"], environment: "python"
    ) { invocation in
      asked = invocation
      return .init(status: 0, output: Array(Self.lock.utf8), errors: "")
    }
    #expect(
      wheels.map { "\($0.name) \($0.version) \($0.file) \($0.size) \($0.requested)" } == [
        "cffi 2.1.1 cffi-2.1.1+local-cp311-cp311-manylinux_2_17_x86_64.whl 217807 false",
        "numpy 2.4.6 numpy-2.4.6-cp311-cp311-manylinux_2_28_x86_64.whl 2 true",
      ])
    #expect(wheels[0].url == "https://files.example/cffi-2.1.1%2Blocal-cp311-cp311-manylinux_2_17_x86_64.whl")
    let invocation = try #require(asked)
    #expect(invocation.input == "NumPy>=2\ncryptography\n")
    #expect(!invocation.arguments.contains { $0.contains("secret") })
    #expect(invocation.environment == ["UV_DEFAULT_INDEX": "https://user:secret@index.example/simple"])
  }

  @Test func `says what exists when no wheel runs here`() throws {
    let package = PylockPackage(
      name: "odd", version: "1.0", marker: "",
      wheels: [
        .init(file: "odd-1.0-cp312-cp312-manylinux_2_17_x86_64.whl", url: "", size: 1, sha256: Digest(of: ""))
      ],
      hasSource: true)
    let error = #expect(throws: Report.self) {
      try resolution().choose(from: [package], requested: ["odd"], environment: "python")
    }
    #expect(
      error?.summary
        == "cannot lock odd 1.0: expected a wheel for Python 3.11 on x86_64 with glibc 2.36, found none")
    #expect(
      error?.causes == [
        "its wheels: odd-1.0-cp312-cp312-manylinux_2_17_x86_64.whl",
        "it also comes as source",
      ])
    #expect(error?.hints.last == "write allow_sdist = [\"odd\"] beside packages, and it is built")
  }

  @Test func `passes on what uv says, without credentials`() throws {
    let error = #expect(throws: Report.self) {
      try resolution("https://user:secret@index.example/simple").wheels(for: ["x"], environment: "python") {
        _ in
        .init(
          status: 1, output: [],
          errors: "error: no such thing\n  at https://user:secret@index.example/simple/x\n")
      }
    }
    #expect(error?.causes == ["no such thing", "at [address]"])
    for requirement in ["-r /etc/passwd", "--index-url=x", "a\nb"] {
      #expect(throws: Report.self) {
        try resolution().wheels(for: [requirement], environment: "python") { _ in
          Issue.record("uv was asked")
          return .init(status: 0, output: [], errors: "")
        }
      }
    }
  }

  @Test(
    arguments: [
      ("python_full_version >= '3.11'", true), ("python_version < \"3.11\"", false),
      ("python_version < '3.9'", false),
      ("sys_platform == 'linux' and (os_name == 'nt' or platform_machine == 'x86_64')", true),
      ("platform_machine in 'aarch64 arm64'", false), ("'linux' not in sys_platform", false),
      ("extra == 'x'", false),
      ("implementation_name != 'pypy' or nonsense == 'x'", nil), ("os_name ==", nil),
      ("os_name == 'posix", nil),
    ] as [(String, Bool?)])
  func `evaluates markers for the target`(text: String, holds: Bool?) {
    #expect(PythonMarker(text)?.holds(on: Self.target) == holds)
  }

  /// As uv of today and of 2024 lay it out.
  @Test(arguments: [
    "error: No solution found when resolving dependencies\n  cause: Because you require a, no.\n         And so b.\n",
    "  × No solution found when resolving dependencies:\n  ╰─▶ Because you require a, no.\n      And so b.\n",
  ])
  func `tells a conflict sentence by sentence, with the places of what it names`(said: String) throws {
    let error = #expect(throws: Report.self) {
      try resolution().wheels(for: ["A>=1", "b", "because-of"], environment: "python") { _ in
        .init(status: 1, output: [], errors: said)
      }
    }
    #expect(error?.causes == ["Because you require a, no.", "And so b."])
    let places = ["A>=1", "b", "because-of"].enumerated().map {
      Located($1, at: SourcePosition(file: "x.toml", line: $0 + 1))
    }
    #expect(
      error?.placed(places, constraints: [Located("b<2", at: SourcePosition(file: "x.toml", line: 9))]).hints
        == [
          "the index is the one of PIP_INDEX_URL", "\"A>=1\" is asked for at x.toml:1:1",
          "\"b\" is asked for at x.toml:2:1", "\"b<2\" is a constraint at x.toml:9:1",
        ])
  }

  /// As uv 0.13 says it of one version, of several, and of what stands beside others.
  @Test(arguments: [
    "Because odd==1.0 has no usable wheels and only odd==1.0 is available, we can conclude that no.",
    "Because all versions of Odd have no usable wheels and you require odd, we can conclude that no.",
    "Because odd>=1,<3 have no usable wheels and other==1 depends on odd, we can conclude that no.",
  ])
  func `tells the line by which what has no wheel is built`(sentence: String) throws {
    let error = #expect(throws: Report.self) {
      try resolution().wheels(for: ["odd"], environment: "python") { _ in
        .init(
          status: 1, output: [],
          errors: "error: No solution found when resolving dependencies\n  cause: \(sentence)\n")
      }
    }
    #expect(error?.hints.contains("write allow_sdist = [\"odd\"] beside packages") == true)
    #expect(error?.hints.filter { $0.hasPrefix("write") }.count == 1)
  }

  @Test func `constraints hold, and what is kept gives way`() throws {
    var asked: [[String]] = []
    _ = try resolution().wheels(
      for: ["numpy"], environment: "python", constraints: ["cffi<3"], keeping: ["numpy==1"]
    ) { invocation in
      asked.append(invocation.constraints)
      return .init(status: asked.count == 1 ? 1 : 0, output: Array(Self.lock.utf8), errors: "")
    }
    #expect(asked == [["cffi<3", "numpy==1"], ["cffi<3"]])
  }

  @Test func `asks the host's own configuration for the index`() throws {
    func source(_ environment: [String: String], _ files: [(String, String)], pip: String?) throws -> String {
      let source = try PythonIndexSource(
        environment: environment, files: files.map { .init(path: $0.0, text: $0.1) }, askPip: { pip })
      return "\(source.address) from \(source.origin)"
    }
    let files = [
      (
        "/etc/pip.conf",
        "# c\n[install]\nindex-url = https://no\n[global]\ntimeout = 3\nindex-url: https://etc/simple\n"
      ),
      ("/home/a/pip.conf", "[global]\nextra-index-url = https://extra\n"),
    ]
    #expect(
      try source(["UV_INDEX_URL": "https://uv"], files, pip: "https://pip") == "https://uv from UV_INDEX_URL")
    #expect(
      try source(["PIP_INDEX_URL": " "], files, pip: "https://pip") == "https://etc/simple from /etc/pip.conf"
    )
    #expect(
      try source([:], Array(files.suffix(1)), pip: "https://pip\n") == "https://pip from the default of pip")
    #expect(throws: Report.self) { try source([:], [], pip: nil) }
    #expect(throws: Report.self) { try source(["PIP_INDEX_URL": "--evil"], [], pip: nil) }
  }
}
