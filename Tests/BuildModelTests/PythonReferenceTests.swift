import BuildModel
import FileTree
import Testing

@Suite struct PythonReferenceTests {
  private static let digest = String(repeating: "ab", count: 32)

  @Test func `reads name, extras, address, digest and marker`() throws {
    let text =
      "Some.Thing[a, b] @ https://u@host.example/d/some_thing-1%2Bx-py3-none-any.whl#sha256=\(Self.digest) ; os_name == 'posix'"
    let reference = try #require(PythonReference(text))
    #expect(reference.name == "some-thing")
    #expect(reference.file == "some_thing-1+x-py3-none-any.whl")
    #expect(reference.sha256?.hex == Self.digest)
    #expect(reference.marker == "os_name == 'posix'")
    #expect(!reference.isLocal && reference.guestPath == nil)
    #expect(
      reference.text(address: "https://h/x.whl", sha256: nil)
        == "Some.Thing[a, b] @ https://h/x.whl ; os_name == 'posix'")
  }

  @Test(arguments: [
    "six", "six>=1", "httpx[http2]>=0.27", "six ; extra == '@ file:x'", "six @ nothing", "@ file:x",
  ])
  func `is nothing else than a requirement with an address`(text: String) {
    #expect(PythonReference(text) == nil)
  }

  @Test(
    arguments: [
      ("file:wheels/x-1.0-py3-none-any.whl", "wheels/x-1.0-py3-none-any.whl"),
      ("file:x-1.0-py3-none-any.whl", "x-1.0-py3-none-any.whl"), ("file:../x.whl", nil),
      ("file:/etc/x.whl", nil),
      ("file:///etc/x.whl", nil), ("file:a/./x.whl", nil), ("file:", nil), ("https://h/x.whl", nil),
    ] as [(String, String?)])
  func `a file of the guest directory stays below it`(address: String, path: String?) {
    #expect(PythonReference("x @ \(address)")?.guestPath == path)
  }
}
