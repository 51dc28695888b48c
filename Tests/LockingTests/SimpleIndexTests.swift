import BuildModel
import Diagnosis
import FileTree
import Testing

@testable import Locking

@Suite struct SimpleIndexTests {
  static let digest = String(repeating: "ab", count: 32)
  static let address = "https://user:secret@index.example/simple/node/"

  static let json = """
    {"meta": {"api-version": "1.1"}, "name": "node", "files": [
      {"filename": "node-24.1.0-py3-none-manylinux_2_28_x86_64.whl", "url": "../../files/node-24.1.0.whl#x",
       "hashes": {"sha256": "\(digest)"}, "requires-python": ">=3.7", "size": 45, "yanked": false},
      {"filename": "node-25.0.0.tar.gz", "url": "https://files.example/node-25.0.0.tar.gz", "hashes": {},
       "yanked": "broken"}
    ]}
    """

  static let html = """
    <!DOCTYPE html><html><head><title>Links for node</title></head><body><h1>Links</h1>
    <a class=x href="../../files/node-24.1.0.whl#sha256=\(digest)" data-requires-python="&gt;=3.7">
      node-24.1.0-py3-none-manylinux_2_28_x86_64.whl </a><br/>
    <A HREF='https://files.example/node-25.0.0.tar.gz' data-yanked="a > b">node-25.0.0.tar.gz</A>
    <abbr href="x">no</abbr><a>no</a>
    </body></html>
    """

  @Test func `reads both forms of a page alike`() throws {
    let json = try SimpleIndex(parsing: Array(Self.json.utf8), project: "node", address: Self.address)
    var html = try SimpleIndex(parsing: Array(Self.html.utf8), project: "node", address: Self.address)
    // Only JSON tells the size.
    #expect(json.files.first?.size == 45)
    html.files[0].size = 45
    #expect(json == html)
    #expect(json.files[0].url == "https://index.example/files/node-24.1.0.whl")
    #expect(json.files[0].requiresPython == ">=3.7")
    #expect(json.files.map(\.isYanked) == [false, true])
    #expect(throws: Report.self) {
      try SimpleIndex(parsing: Array("{\"files\": 1}".utf8), project: "node", address: Self.address)
    }
  }

  @Test(arguments: [
    ("a.whl", "https://h:8/simple/node/a.whl"), ("/a", "https://h:8/a"), ("//o/a", "https://o/a"),
    ("../../../../a?b=../c", "https://h:8/a?b=../c"), ("https://u:p@o/a", "https://o/a"),
    ("./x/./a", "https://h:8/simple/node/x/a"),
  ])
  func `resolves names against the page`(name: String, address: String) {
    #expect(WebAddress("https://h:8/simple/node/").resolve(name) == address)
  }

  @Test func `asks for the normalised name`() {
    #expect(SimpleIndex.page(of: "Node_JS.x", at: "https://h/simple/") == "https://h/simple/node-js-x/")
  }

  static let target = PythonTarget(python: "3.11", machine: "x86_64", glibcMinor: 36)!

  private func index(_ files: [(String, requires: String, yanked: Bool)]) throws -> SimpleIndex {
    var page = try SimpleIndex(
      parsing: Array("{\"files\": []}".utf8), project: "node-bin", address: Self.address)
    page.files = files.map {
      SimpleIndex.File(
        name: $0.0, url: "https://h/\($0.0)", sha256: Digest(hex: Self.digest), size: 1,
        requiresPython: $0.requires,
        isYanked: $0.yanked)
    }
    return page
  }

  @Test func `chooses the newest stable wheel that runs here`() throws {
    let page = try index([
      ("node_bin-24.9.0-py3-none-manylinux_2_28_x86_64.whl", "", false),
      ("node_bin-24.10.0-py3-none-manylinux_2_28_x86_64.whl", "", false),
      ("node_bin-24.10.0-py3-none-manylinux_2_28_aarch64.whl", "", false),
      ("node_bin-24.11.0-py3-none-manylinux_2_28_x86_64.whl", "", true),
      ("node_bin-24.12.0-py3-none-manylinux_2_28_x86_64.whl", ">=3.12", false),
      ("node_bin-24.13.0-py3-none-manylinux_2_38_x86_64.whl", "", false),
      ("node_bin-24.14.0rc1-py3-none-manylinux_2_28_x86_64.whl", "", false),
      ("node_bin-25.0.0-py3-none-manylinux_2_28_x86_64.whl", "", false),
      ("node_bin-24.15.0.tar.gz", "", false),
      ("other-24.16.0-py3-none-any.whl", "", false),
    ])
    let wheel = try page.newest(matching: "==24.*", for: Self.target, environment: "node")
    #expect(wheel.version == "24.10.0" && wheel.name == "node-bin" && wheel.requested)
    #expect(try page.newest(matching: "", for: Self.target, environment: "node").version == "25.0.0")
    let error = #expect(throws: Report.self) {
      try page.newest(matching: "==24.13.*", for: Self.target, environment: "node")
    }
    #expect(
      error?.summary
        == "cannot choose a version of node-bin: expected a wheel of ==24.13.* for Python 3.11 on x86_64 with glibc 2.36, found none"
    )
    #expect(error?.causes == ["24.13.0 has node_bin-24.13.0-py3-none-manylinux_2_38_x86_64.whl"])
  }

  @Test func `chooses among the wheels of one version whatever their order`() {
    let names = [
      "a-1-cp39-abi3-manylinux_2_28_x86_64.whl", "a-1-cp311-abi3-manylinux_2_17_x86_64.whl",
      "a-1-py3-none-any.whl",
      "a-1-cp311-abi3-manylinux_2_34_x86_64.whl", "a-1-2-cp311-abi3-manylinux_2_34_x86_64.whl",
      "a-1-cp312-cp312-manylinux_2_34_x86_64.whl",
    ]
    let offers = names.map { OfferedWheel(file: $0, url: "", size: nil, sha256: nil) }
    for _ in 0..<10 {
      #expect(Self.target.best(of: offers.shuffled())?.file == "a-1-2-cp311-abi3-manylinux_2_34_x86_64.whl")
    }
    #expect(Self.target.best(of: offers.suffix(1)) == nil)
  }
}
