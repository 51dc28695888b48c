import BuildModel
import Diagnosis
import FileTree
import Glibc
import Sandbox

/// Builds the wheel of a source distribution: in the sandbox, with the image's own Python, from locked
/// build requirements alone. The tree is the lower side of an overlay that is thrown away; the wheel comes
/// out through a pipe.
struct SourceBuilder {
  var tree: String
  var root: CInt
  var lock: LockedArchitecture
  var objects: any ObjectSource
  var environment: ScriptEnvironment
  var events: EventHandler

  /// Where everything lies during a build. Compilers write paths into what they make.
  private static let place: TreePath = ".capsem-build"
  private static let lines = 12

  /// Writes the wheel to an open, empty file; returns its file name.
  func wheel(of source: LockedWheel, to target: CInt) throws -> String {
    events(.activity(.install, "building \(source.file)"))
    var writer = TreeWriter(root: root)
    guard try writer.exists("usr/bin/python3") else {
      throw Report(
        "cannot build \(source.file): the image has no /usr/bin/python3",
        hints: ["add \"python3\" to packages/apt.toml"])
    }
    if try writer.exists(SourceBuilder.place) { try writer.removeTree(SourceBuilder.place) }
    _ = try writer.makeDirectory(SourceBuilder.place)
    let result = Result { try build(source, to: target, &writer) }
    writer.forgetDirectories()
    try writer.removeTree(SourceBuilder.place)
    try writer.setTime(Timestamp(seconds: environment.sourceDate), of: .root)
    return try result.get()
  }

  private func build(
    _ source: LockedWheel, to target: CInt, _ writer: inout TreeWriter
  ) throws -> String {
    let requirements = lock.wheels.filter { $0.environment == source.buildEnvironment }
    try place(source, as: source.file, &writer)
    for wheel in requirements { try place(wheel, as: wheel.file, &writer) }
    try writer.replaceFile(
      SourceBuilder.place.appending("build.py".utf8), with: Array(SourceBuilder.program.utf8))
    let directory = SourceBuilder.place.description
    let plan = SandboxPlan(
      tree: tree, command: ["/usr/bin/python3", "-s", "-S", "\(directory)/build.py", source.file],
      environment: environment.variables + [("PYTHONHASHSEED", "0"), ("PYTHONDONTWRITEBYTECODE", "1")],
      throwAway: true, lent: environment.clock?.library, directory: directory)
    var (output, lines, answer) = ([String](), LineBuffer(), [UInt8]())
    func show(_ line: Substring) {
      let text = String(line)
      events(.output(.install, text))
      if !text.allSatisfy(\.isWhitespace) { output.append(text) }
      if output.count > SourceBuilder.lines { output.removeFirst() }
    }
    let status = try Sandbox.run(
      plan, output: { lines.append($0, show) }, status: { answer.append(contentsOf: $0) })
    lines.finish(show)
    guard status.isSuccess, let end = answer.firstIndex(of: UInt8(ascii: "\n")) else {
      throw failure(source, status, output)
    }
    let file = String(decoding: answer[..<end], as: UTF8.self)
    guard let name = WheelName(file), WheelName.normalized(name.distribution) == source.name,
      PythonVersion(name.version) == PythonVersion(source.version)
    else {
      throw Report(
        "cannot build \(source.file): expected a wheel of \(source.name) \(source.version), found \(file)")
    }
    try answer[(end + 1)...].withUnsafeBytes { try writeAll($0, to: target, at: 0, named: file) }
    return file
  }

  private func place(_ wheel: LockedWheel, as name: String, _ writer: inout TreeWriter) throws {
    let content = try objects.open(wheel.sha256, named: wheel.file)
    try writer.replaceFile(
      SourceBuilder.place.appending(name.utf8), with: readAll(content.raw, named: wheel.file))
  }

  private func failure(_ source: LockedWheel, _ status: ExitStatus, _ output: [String]) -> Report {
    let text = output.joined(separator: "\n")
    let compilers = ["gcc", "g++", "cc1", "clang", "cargo", "rustc", "cmake", "make"]
    let words = Set(text.split { !($0.isLetter || $0.isNumber || $0 == "+") }.map(String.init))
    var hints: [String] = []
    if let missing = compilers.first(where: { words.contains($0) }) {
      hints.append("it needs \(missing), which the image may lack: add its package to packages/apt.toml")
    } else if text.contains("Python.h") {
      hints.append("it needs Python's headers: add \"python3-dev\" to packages/apt.toml")
    } else if text.contains("ModuleNotFoundError") || text.contains("build requirement") {
      hints.append("a build has what build-system.requires of its pyproject.toml names, and no network")
    }
    hints.append("a version with a wheel needs no build")
    return Report(
      "cannot build \(source.file): the build backend \(status)", causes: output, hints: hints)
  }
}
