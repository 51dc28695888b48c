import Diagnosis
import FileTree
import Foundation
import Glibc
import Testing

@testable import Installing

/// A wheel made by Python's own zipfile, from a description that may be as wrong as a test likes.
struct WheelFixture {
  struct Entry {
    var name: String
    var content: String
    var mode: Int
    /// What RECORD says; nil for the truth, empty for no digest, "-" for no row.
    var recorded: String?

    init(_ name: String, _ content: String = "", mode: Int = 0o100644, recorded: String? = nil) {
      self.name = name
      self.content = content
      self.mode = mode
      self.recorded = recorded
    }
  }

  var name = "greeting"
  var version = "1.0"
  var tag = "py3-none-any"
  var metadata = ""
  var entries: [Entry]
  var entryPoints = ""
  /// Lines at the end of RECORD.
  var extraRows = ""

  var file: String { "\(name)-\(version)-\(tag).whl" }

  private static let program = """
    import base64, hashlib, json, sys, warnings, zipfile
    warnings.simplefilter("ignore")
    spec = json.load(sys.stdin)
    record = ""
    with zipfile.ZipFile(spec["path"], "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content, mode, recorded in spec["entries"]:
            info = zipfile.ZipInfo(name)
            info.external_attr = mode << 16
            if name.endswith("/"): info.external_attr |= 0x10
            content = content.encode()
            archive.writestr(info, content)
            if name.endswith("/") or recorded == "-": continue
            digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()
            digest = "sha256=" + digest if recorded is None else recorded
            quoted = '"' + name.replace('"', '""') + '"' if "," in name or '"' in name else name
            record += f"{quoted},{digest},{len(content)}\\n"
        if spec["record"] is not None:
            archive.writestr(spec["record"], record + spec["record"] + ",,\\n" + spec["extra"])
    """

  /// Writes the wheel into `directory` and returns its path.
  func write(to directory: String, record: Bool = true) throws -> String {
    let distInfo = "\(name)-\(version).dist-info"
    var all = entries
    all.append(
      Entry("\(distInfo)/METADATA", "Metadata-Version: 2.1\nName: \(name)\nVersion: \(version)\n\(metadata)"))
    all.append(Entry("\(distInfo)/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: \(tag)\n"))
    if !entryPoints.isEmpty { all.append(Entry("\(distInfo)/entry_points.txt", entryPoints)) }
    let path = "\(directory)/\(file)"
    let specification: [String: Any] = [
      "path": path, "record": record ? "\(distInfo)/RECORD" as Any : NSNull(), "extra": extraRows,
      "entries": all.map { [$0.name, $0.content, $0.mode, $0.recorded ?? NSNull()] as [Any] },
    ]
    let input = try JSONSerialization.data(withJSONObject: specification)
    let (status, output) = try run(["python3", "-c", WheelFixture.program], input: input)
    try #require(status == 0, "\(output)")
    return path
  }
}

/// Runs a program of PATH; returns its status and what it wrote.
func run(_ command: [String], input: Data = Data()) throws -> (status: Int32, output: String) {
  let process = Process()
  process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
  process.arguments = command
  let (from, to) = (Pipe(), Pipe())
  process.standardInput = to
  process.standardOutput = from
  process.standardError = from
  try process.run()
  to.fileHandleForWriting.write(input)
  try to.fileHandleForWriting.close()
  let output = from.fileHandleForReading.readDataToEndOfFile()
  process.waitUntilExit()
  return (process.terminationStatus, String(decoding: output, as: UTF8.self))
}

/// A directory of the test's own, with an empty tree in it; gone when the test is.
struct Scratch: ~Copyable {
  let path: String
  let root: Descriptor

  init() throws {
    path = NSTemporaryDirectory() + "capsem-install-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: "\(path)/tree", withIntermediateDirectories: true)
    root = try Descriptor(opening: "\(path)/tree", O_RDONLY | O_DIRECTORY)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  /// Opens a wheel; the descriptor stays open as long as the test process, which wheels may count on.
  func wheel(_ fixture: WheelFixture) throws -> WheelFile { try wheel(at: fixture.write(to: path)) }

  func wheel(at path: String) throws -> WheelFile {
    let descriptor = try Descriptor(opening: path, O_RDONLY).release()
    return try WheelFile(descriptor: descriptor, file: (path as NSString).lastPathComponent)
  }

  /// One line a name below `directory` of the tree: path, kind and mode, and a digest or target.
  func listing(of directory: String = "") throws -> String {
    try treeListing("\(path)/tree\(directory)")
  }

  func text(_ name: String) throws -> String {
    try String(contentsOfFile: "\(path)/tree/\(name)", encoding: .utf8)
  }

  func put(_ name: String, _ content: String = "", mode: mode_t = 0o644) throws {
    let file = "\(path)/tree/\(name)"
    try FileManager.default.createDirectory(
      atPath: (file as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
    try content.write(toFile: file, atomically: false, encoding: .utf8)
    chmod(file, mode)
  }
}

func treeListing(_ root: String) throws -> String {
  let program = """
    import hashlib, os, stat, sys
    os.chdir(sys.argv[1])
    lines = []
    for top, directories, files in os.walk("."):
        for name in directories + files:
            path = os.path.join(top, name)
            status = os.lstat(path)
            mode = f"{stat.S_IMODE(status.st_mode):04o}"
            if stat.S_ISLNK(status.st_mode): what = "link -> " + os.readlink(path)
            elif stat.S_ISDIR(status.st_mode): what = "directory " + mode
            else: what = "file " + mode + " " + hashlib.sha256(open(path, "rb").read()).hexdigest()[:8]
            lines.append(path[1:] + " " + what)
    print("\\n".join(sorted(lines)))
    """
  let (status, output) = try run(["python3", "-c", program, root])
  try #require(status == 0, "\(output)")
  return output
}

extension Trait where Self == ConditionTrait {
  /// Owners are set, as in the namespace where a build runs: `unshare --map-root-user` gives the right.
  static var asRoot: Self { .enabled(if: getuid() == 0, "needs uid 0: run under `unshare --map-root-user`") }
}
