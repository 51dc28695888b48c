import BuildModel
import Testing

@Suite struct PythonVersionTests {
  /// The order that PEP 440 itself shows, and what surrounds it.
  static let ascending = [
    "0.9", "1.dev0", "1.0.dev456", "1.0a1", "1.0a2.dev456", "1.0a12.dev456", "1.0a12", "1.0b1.dev456",
    "1.0b2",
    "1.0b2.post345.dev456", "1.0b2.post345", "1.0rc1.dev456", "1.0rc1", "1.0", "1.0+abc.5", "1.0+abc.7",
    "1.0+5",
    "1.0.post456.dev34", "1.0.post456", "1.0.15", "1.1.dev1", "24.9.0", "24.10", "1!0.1",
  ]

  @Test func `orders as PEP 440 does`() throws {
    let versions = try Self.ascending.map { try #require(PythonVersion($0), "\($0)") }
    for (a, b) in zip(versions, versions.dropFirst()) { #expect(a < b && !(b < a)) }
    #expect(versions.reversed().sorted() == versions)
  }

  @Test(arguments: [
    ("1.0", "1.0.0"), ("1.0-1", "1.0.post1"), ("1.0RC1", "1.0c1"), ("v1.0-alpha.2", "1.0a2"),
    ("1.0.rev3", "1.0.post3"),
    (" 1.0_dev ", "1.0.dev0"), ("1.0+ubuntu-1", "1.0+ubuntu.1"),
  ])
  func `takes one version for another's spelling`(a: String, b: String) throws {
    let first = try #require(PythonVersion(a))
    #expect(first == PythonVersion(b))
  }

  @Test(arguments: ["", "x", "1.0-", "1..0", "1.0.x", "1.0+", "1.0 beta gamma", "1.99999999999"])
  func `refuses what is no version`(text: String) { #expect(PythonVersion(text) == nil) }

  @Test(
    arguments: [
      ("24.*", "", "24"), ("==24.*", "24.19.0", "25.0"), (">=3.9,<4", "3.11", "4.0"), ("~=2.2", "2.3", "3.0"),
      ("~=1.4.5", "1.4.9", "1.5.0"), ("!=1.0.*", "1.1", "1.0.3"), (">1.7", "1.7.1", "1.7.post1"),
      ("<2", "1.9", "2.0rc1"),
      ("<=1.0", "1.0+local", "1.0.1"), ("==1.0", "1.0.0+abc", "1.0.1"), ("", "7", nil),
      ("===1.0", "1.0", "1.1"),
    ] as [(String, String, String?)])
  func `allows one and not the other`(text: String, inside: String, outside: String?) throws {
    guard let specifier = PythonSpecifier(text) else {
      #expect(inside.isEmpty, "\(text) is a condition")
      return
    }
    #expect(specifier.allows(try #require(PythonVersion(inside))))
    if let outside { #expect(!specifier.allows(try #require(PythonVersion(outside)))) }
  }

  @Test func `orders tags as the interpreter does`() throws {
    let target = try #require(PythonTarget(python: "3.11", machine: "x86_64", glibcMinor: 36))
    let ascending = [
      "a-1-cp311-cp311-manylinux_2_36_x86_64", "a-1-cp311-cp311-manylinux_2_28_x86_64",
      "a-1-cp311-cp311-manylinux2014_x86_64", "a-1-cp311-abi3-manylinux_2_17_x86_64",
      "a-1-cp39-abi3-manylinux_2_34_x86_64", "a-1-py3-none-manylinux1_x86_64", "a-1-py3-none-any",
      "a-1-py2.py30-none-any",
    ]
    let ranks = try ascending.map { name in
      try #require(WheelName("\(name).whl").flatMap(target.rank), "\(name)")
    }
    #expect(ranks == ranks.sorted() && Set(ranks).count == ranks.count)
    for other in [
      "a-1-cp312-abi3-manylinux_2_17_x86_64", "a-1-py3-none-manylinux_2_17_aarch64", "a-1-py2-none-any",
    ] {
      let name = try #require(WheelName("\(other).whl"))
      #expect(target.rank(of: name) == nil, "\(other)")
    }
    let arm = try #require(PythonTarget(python: "3.11", machine: "aarch64", glibcMinor: 36))
    #expect(!arm.tags.contains { $0.contains("manylinux1_") || $0.contains("manylinux_2_16") })
  }
}
