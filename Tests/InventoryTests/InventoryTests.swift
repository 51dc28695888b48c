import FileTree
import Inventory
import Testing

@Suite struct InventoryTests {
  /// The inventory of a tree of these files.
  private func inventory(_ files: [TreePath: String]) throws -> Inventory {
    let entries = files.keys.sorted().map {
      FileEntry(path: $0, kind: .file, mode: 0o644, size: Int64(files[$0]!.utf8.count))
    }
    return try Inventory(of: entries) { Array(files[$0.path]!.utf8) }
  }

  @Test func `an empty tree has nothing`() throws {
    #expect(try inventory([:]) == inventory(["etc/hostname": "name\n"]))
    #expect(try inventory([:]).packages == [])
    #expect(try inventory([:]).system == nil)
  }

  @Test func `Debian packages are those whose files are there`() throws {
    let status = """
      Package: zsh
      Status: install ok installed
      Architecture: amd64
      Version: 5.9-4+b2
      Description: a shell
       Version: 1 of a line that continues another

      Package: gone
      Status: deinstall ok config-files
      Architecture: amd64
      Version: 1.0

      Package: never
      Status: unknown ok not-installed

      Package: base-files
      Status: install ok unpacked
      Architecture: all
      Version: 12.4
      """
    #expect(
      try inventory(["var/lib/dpkg/status": status]).packages == [
        InstalledPackage(name: "base-files", version: "12.4", source: .dpkg, architecture: "all"),
        InstalledPackage(name: "zsh", version: "5.9-4+b2", source: .dpkg, architecture: "amd64"),
      ])
  }

  @Test func `Python distributions are told with the directory they are in`() throws {
    let header = "Metadata-Version: 2.1\r\nName: Rich\r\nVersion: 13.9\r\n\r\nName: Another\r\nVersion: 1\r\n"
    let system: TreePath = "usr/lib/python3/dist-packages"
    let local: TreePath = "usr/local/lib/python3.11/dist-packages"
    #expect(
      try inventory([
        "usr/local/lib/python3.11/dist-packages/rich-13.9.dist-info/METADATA": header,
        "usr/local/lib/python3.11/dist-packages/rich-13.9.dist-info/licenses/METADATA": header,
        "usr/lib/python3/dist-packages/six.egg-info/PKG-INFO": "Name: six\nVersion: 1.16.0\n",
        "usr/lib/python3/dist-packages/one.egg-info": "Name: one\nVersion: 1\n",
        "usr/lib/python3/dist-packages/broken.dist-info/METADATA": "no header",
      ]).packages == [
        InstalledPackage(name: "Rich", version: "13.9", source: .python, place: local),
        InstalledPackage(name: "one", version: "1", source: .python, place: system),
        InstalledPackage(name: "six", version: "1.16.0", source: .python, place: system),
      ])
  }

  @Test func `npm packages are directories of node_modules, scoped or not`() throws {
    let place: TreePath = "usr/local/lib/node_modules"
    let nested: TreePath = "usr/local/lib/node_modules/npm/node_modules"
    #expect(
      try inventory([
        "usr/local/lib/node_modules/npm/package.json": #"{"name": "npm", "version": "11.17.0"}"#,
        "usr/local/lib/node_modules/npm/node_modules/@npmcli/git/package.json": #"{"version": "7.0.2"}"#,
        "usr/local/lib/node_modules/npm/test/package.json": #"{"version": "0"}"#,
        "usr/local/lib/node_modules/broken/package.json": "{",
        "home/project/package.json": #"{"version": "1"}"#,
      ]).packages == [
        InstalledPackage(name: "@npmcli/git", version: "7.0.2", source: .npm, place: nested),
        InstalledPackage(name: "broken", version: nil, source: .npm, place: place),
        InstalledPackage(name: "npm", version: "11.17.0", source: .npm, place: place),
      ])
  }

  @Test(
    arguments: [
      (
        "PRETTY_NAME=\"Debian GNU/Linux 12 (bookworm)\"\nID=debian\nVERSION_ID=\"12\"\n", "debian", "12",
        "Debian GNU/Linux 12 (bookworm)"
      ),
      ("# comment\nID='x'\nPRETTY_NAME=\"a \\\"b\\\" \\\\ \\$c\"", "x", nil, "a \"b\" \\ $c"),
      ("", "linux", nil, "Linux"),
    ] as [(String, String, String?, String)])
  func `os-release is read as a shell reads it`(
    text: String, id: String, version: String?, name: String
  ) throws {
    let system = try inventory(["usr/lib/os-release": text]).system
    #expect(system?.id == id)
    #expect(system?.version == version)
    #expect(system?.name == name)
  }
}
