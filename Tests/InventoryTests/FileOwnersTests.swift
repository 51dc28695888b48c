import FileTree
import Inventory
import Testing

@Suite struct FileOwnersTests {
  /// Who has what in a tree of these files and links.
  private func owners(
    _ files: [TreePath: String], links: [TreePath: String] = [:]
  ) throws -> (TreePath) -> [String] {
    var entries = files.keys.map {
      FileEntry(path: $0, kind: .file, mode: 0o644, size: Int64(files[$0]!.utf8.count))
    }
    entries += links.map {
      FileEntry(path: $0.key, kind: .symbolicLink(target: Array($0.value.utf8)), mode: 0o777)
    }
    entries.sort { $0.path < $1.path }
    let read = { (entry: FileEntry) in Array(files[entry.path]!.utf8) }
    let packages = try Inventory(of: entries, content: read).packages
    let owners = try FileOwners(of: entries, packages: packages, content: read)
    return { path in
      owners.owners(of: path).map { "\($0.source) \($0.name)" + ($0.architecture.map { ":\($0)" } ?? "") }
    }
  }

  private func status(_ packages: (String, String)...) -> String {
    packages.map { "Package: \($0)\nStatus: install ok installed\nArchitecture: \($1)\nVersion: 1\n\n" }
      .joined()
  }

  @Test func `Debian's lists say whose a path is, through merged directories`() throws {
    let whose = try owners(
      [
        "var/lib/dpkg/status": status(
          ("dash", "amd64"), ("g++", "amd64"), ("libc6", "amd64"), ("libc6", "i386")),
        "var/lib/dpkg/info/dash.list": "/.\n/bin\n/bin/dash\n/usr\n/usr/share/a b\n",
        "var/lib/dpkg/info/dash.postinst": "",
        "var/lib/dpkg/info/g++.list": "/.\n/usr\n/usr/bin/g++\n",
        "var/lib/dpkg/info/libc6:amd64.list": "/usr/share/doc/libc6/copyright\n/lib/amd64/libc.so.6\n",
        "var/lib/dpkg/info/libc6:i386.list": "/usr/share/doc/libc6/copyright\n/lib/i386/libc.so.6\n",
        "var/lib/dpkg/info/gone.list": "/usr/bin/gone\n",
        "var/lib/dpkg/info/format": "1\n",
      ], links: ["bin": "usr/bin", "lib": "usr/lib"])
    #expect(whose("usr/bin/dash") == ["dpkg dash:amd64"])
    #expect(whose("usr/share/a b") == ["dpkg dash:amd64"])
    #expect(whose("usr") == ["dpkg dash:amd64", "dpkg g++:amd64"])
    #expect(whose("usr/bin/g++") == ["dpkg g++:amd64"])
    #expect(whose("usr/lib/amd64/libc.so.6") == ["dpkg libc6:amd64"])
    #expect(whose("usr/lib/i386/libc.so.6") == ["dpkg libc6:i386"])
    #expect(whose("usr/share/doc/libc6/copyright") == ["dpkg libc6:amd64", "dpkg libc6:i386"])
    #expect(whose("var/lib/dpkg/info/dash.postinst") == ["dpkg dash:amd64"])
    for path in ["usr/bin/gone", "var/lib/dpkg/status", "var/lib/dpkg/info/format", "usr/bin"] as [TreePath] {
      #expect(whose(path) == [], "\(path)")
    }
  }

  @Test func `a diverted path is the diverting package's, and the other one's lies aside`() throws {
    let whose = try owners(
      [
        "var/lib/dpkg/status": status(("a", "all"), ("b", "all")),
        "var/lib/dpkg/diversions": "/bin/x\n/bin/x.distrib\nb\n/bin/y\n/bin/y.distrib\n:\n",
        "var/lib/dpkg/info/a.list": "/bin/x\n/bin/y\n",
        "var/lib/dpkg/info/b.list": "/bin/x\n",
      ], links: ["bin": "usr/bin"])
    #expect(whose("usr/bin/x") == ["dpkg b:all"])
    #expect(whose("usr/bin/x.distrib") == ["dpkg a:all"])
    #expect(whose("usr/bin/y") == [])
    #expect(whose("usr/bin/y.distrib") == ["dpkg a:all"])
  }

  @Test func `a wheel's RECORD counts where dpkg says nothing`() throws {
    let site = "usr/local/lib/python3/dist-packages"
    func path(_ name: String) -> TreePath { TreePath("\(site)/\(name)")! }
    let whose = try owners([
      "var/lib/dpkg/status": status(("python3-x", "all")),
      "var/lib/dpkg/info/python3-x.list": "/\(site)/x.py\n",
      path("x_y-1.0.dist-info/METADATA"): "Name: X.Y\nVersion: 1.0\n",
      path("x_y-1.0.dist-info/RECORD"):
        "x.py,sha256=a,1\n../../../bin/tool,,\r\n\"a,\"\"b\"\".py\",,\n/etc/x,,\n../../../../../../etc/y,,\n",
      path("x_y-1.0.dist-info/INSTALLER"): "",
      path("x_y_z-1.0.dist-info/METADATA"): "Name: x-y-z\nVersion: 1.0\n",
      path("x_y_z-1.0.dist-info/RECORD"): "z.py,,\n",
      path("old.egg-info/PKG-INFO"): "Name: old\nVersion: 1.0\n",
    ])
    #expect(whose(path("x.py")) == ["dpkg python3-x:all"])
    #expect(whose(path("__pycache__/x.cpython-311.pyc")) == ["dpkg python3-x:all"])
    #expect(whose(path("__pycache__/x.cpython-311.opt-1.pyc")) == ["dpkg python3-x:all"])
    #expect(whose(path("__pycache__/w.cpython-311.pyc")) == [])
    #expect(whose("usr/local/bin/tool") == ["python X.Y"])
    #expect(whose(path("a,\"b\".py")) == ["python X.Y"])
    #expect(whose("etc/x") == ["python X.Y"])
    #expect(whose("etc/y") == [])
    #expect(whose(path("z.py")) == ["python x-y-z"])
    #expect(whose(path("x_y-1.0.dist-info/INSTALLER")) == ["python X.Y"])
    #expect(whose(path("old.egg-info/PKG-INFO")) == ["python old"])
  }

  @Test func `an npm package has what is in its directory, and the innermost counts`() throws {
    let whose = try owners([
      "opt/node_modules/npm/package.json": "{}", "opt/node_modules/@a/b/package.json": "{}",
      "opt/node_modules/npm/node_modules/c/package.json": "{}",
    ])
    #expect(whose("opt/node_modules/npm/lib/x.js") == ["npm npm"])
    #expect(whose("opt/node_modules/@a/b") == ["npm @a/b"])
    #expect(whose("opt/node_modules/npm/node_modules/c/x") == ["npm c"])
    #expect(whose("opt/node_modules/@a") == [])
    #expect(whose("opt/node_modules/.package-lock.json") == [])
  }
}
