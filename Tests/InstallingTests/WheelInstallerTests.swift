import BuildModel
import Diagnosis
import FileTree
import Foundation
import Glibc
import Testing

@testable import Installing

@Suite(.asRoot) struct WheelInstallerTests {
  static let modified = Timestamp(seconds: 1_700_000_000)

  /// Every part that a wheel can have, and every kind of first line.
  static let spread = WheelFixture(
    name: "spread",
    entries: [
      .init("spread/__init__.py", "x = 1\n"), .init("spread/a,b.txt", "comma"),
      .init("spread/q\"q.txt", "quote"),
      .init("spread/ sp.txt", "space", mode: 0o100777), .init("spread/empty/"),
      .init("spread-1.0.data/scripts/py", "#!python\nprint(1)\n"),
      .init("spread-1.0.data/scripts/pyw", "#!pythonw -E\r\nprint(1)\r\n"),
      .init("spread-1.0.data/scripts/bare", "#!python"),
      .init("spread-1.0.data/scripts/sh", "#!/bin/sh\necho\n"),
      .init("spread-1.0.data/scripts/nothing", ""),
      .init("spread-1.0.data/data/share/man/man1/x.1", "man"),
      .init("spread-1.0.data/data/bin/ex", "#!python\n"),
      .init("spread-1.0.data/headers/spread.h", "h"), .init("spread-1.0.data/purelib/spread/pure.py", "p"),
      .init("spread-1.0.data/platlib/spread/plat.py", "q"),
    ],
    entryPoints: """
      # a comment
      [console_scripts]
      one = spread:main
      Two = spread.sub : cls.method [extra1,extra2]
      [gui_scripts]
      gui=spread:gui
      [other]
      x = y:z

      """)

  private func install(
    _ wheels: [WheelFile], _ scheme: PythonScheme, in scratch: borrowing Scratch, threads: Int = 2
  ) throws {
    let plan = try WheelPlan(wheels.map { WheelPlacement($0, scheme: scheme, isRequested: true) })
    try WheelInstaller(root: scratch.root.raw, modified: Self.modified).install(plan, threads: threads)
  }

  @Test func `installs beside what dpkg owns`() throws {
    let scratch = try Scratch()
    try install([scratch.wheel(Self.spread)], .system(python: "3.11"), in: scratch)
    let listing = try scratch.listing(of: "/usr/local").split(separator: "\n").map {
      $0.split(separator: " ").prefix(while: { $0 != "file" && $0 != "directory" }).joined(separator: " ")
    }
    #expect(listing.contains("/bin/one"))
    #expect(listing.contains("/include/python3.11/spread/spread.h"))
    #expect(listing.contains("/lib/python3.11/dist-packages/spread/plat.py"))
    #expect(listing.contains("/share/man/man1/x.1"))
    #expect(try scratch.text("usr/local/bin/py") == "#!/usr/bin/python3\nprint(1)\n")
    #expect(try scratch.text("usr/local/bin/pyw") == "#!/usr/bin/python3\nprint(1)\r\n")
    let record = try scratch.text("usr/local/lib/python3.11/dist-packages/spread-1.0.dist-info/RECORD")
    #expect(record.hasPrefix("../../../bin/Two,sha256="))
    #expect(record.contains("\n\"spread/q\"\"q.txt\",sha256="))
    #expect(record.contains("\nspread-1.0.dist-info/RECORD,,\n"))
    var status = stat()
    for name in ["bin/one", "lib/python3.11/dist-packages/spread", "bin", "lib"] {
      lstat("\(scratch.path)/tree/usr/local/\(name)", &status)
      #expect(status.st_mtim.tv_sec == 1_700_000_000, "\(name)")
    }
  }

  @Test func `makes one tree with one thread and with two`() throws {
    var listings: Set<String> = []
    for threads in [1, 2, 2] {
      let scratch = try Scratch()
      let wheels = try (1...6).map { number in
        try scratch.wheel(
          WheelFixture(
            name: "part\(number)",
            entries: [.init("shared/part\(number).py", String(repeating: "x", count: number * 9999))],
            entryPoints: "[console_scripts]\npart\(number) = part\(number):main\n"))
      }
      try install(wheels, .prefix("opt/parts", python: "3.11"), in: scratch, threads: threads)
      listings.insert(try scratch.listing())
    }
    #expect(listings.count == 1)
  }

  /// A tree that has some of the directories, one of them by a link.
  private func prepared() throws -> Scratch {
    let scratch = try Scratch()
    let made = try run([
      "sh", "-c",
      """
      cd "$1"/tree; mkdir -p usr/local/bin usr/local/lib/python3.11/dist-packages usr/real/include
      ln -s ../real/include usr/local/include; find . -exec touch -h -d @1500000000 {} +
      """, "sh", scratch.path,
    ])
    try #require(made.status == 0, "\(made.output)")
    return scratch
  }

  private func ahead(_ wheel: WheelFile, beside scratch: borrowing Scratch) throws -> WheelsAhead {
    let plan = try WheelPlan([WheelPlacement(wheel, scheme: .system(python: "3.11"), isRequested: true)])
    return try WheelsAhead(named: "\(scratch.path)/ahead") { root, cancellation in
      try WheelInstaller(root: root, modified: Self.modified)
        .install(plan, threads: 2, cancellation: cancellation)
    }
  }

  @Test func `makes the same tree ahead of it`() throws {
    let direct = try prepared()
    let later = try prepared()
    try install([direct.wheel(Self.spread)], .system(python: "3.11"), in: direct)
    let known = try ahead(later.wheel(Self.spread), beside: later)
      .move(into: later.root.raw, modified: Self.modified)
    #expect(try later.listing() == direct.listing())
    #expect(try FileManager.default.contentsOfDirectory(atPath: "\(later.path)/ahead") == ["usr"])
    // What moved with its directory is what it was.
    let path: TreePath = "usr/local/lib/python3.11/dist-packages/spread/__init__.py"
    var writer = TreeWriter(root: later.root.raw)
    let status = try #require(try writer.status(path))
    #expect(known.content(at: path, FileStamp(status))?.digest == Digest(of: Array("x = 1\n".utf8)))
  }

  @Test func `takes no name that the tree has`() throws {
    let scratch = try prepared()
    try "mine".write(
      toFile: "\(scratch.path)/tree/usr/local/bin/one", atomically: false, encoding: .utf8)
    let ahead = try ahead(scratch.wheel(Self.spread), beside: scratch)
    #expect(throws: SystemFailure("create", "/usr/local/bin/one", code: EEXIST)) {
      try ahead.move(into: scratch.root.raw, modified: Self.modified)
    }
    #expect(try scratch.text("usr/local/bin/one") == "mine")
  }

  @Test func `says when it is moved what was wrong ahead`() throws {
    let scratch = try prepared()
    let wrong = "sha256=" + String(repeating: "A", count: 43)
    let ahead = try ahead(
      scratch.wheel(WheelFixture(entries: [.init("a.py", "1", recorded: wrong)])), beside: scratch)
    #expect(throws: WheelError.self) { try ahead.move(into: scratch.root.raw, modified: Self.modified) }
  }

  @Test func `refuses two wheels that make one path`() throws {
    let scratch = try Scratch()
    let first = try scratch.wheel(WheelFixture(name: "first", entries: [.init("same.py", "1")]))
    let second = try scratch.wheel(WheelFixture(name: "second", entries: [.init("same.py", "1")]))
    let third = try scratch.wheel(WheelFixture(name: "third", entries: [.init("same.py/x", "1")]))
    let scheme = PythonScheme.system(python: "3.11")
    func plan(_ wheels: [WheelFile]) throws -> WheelPlan {
      try WheelPlan(wheels.map { WheelPlacement($0, scheme: scheme, isRequested: false) })
    }
    #expect(throws: WheelError.self) { try plan([first, second]) }
    #expect(throws: WheelError.self) { try plan([first, third]) }
    #expect(try plan([second, third].suffix(1)).wheels.count == 1)
    // Two providers with one prefix may need the same wheel.
    #expect(try plan([first, first]).wheels.count == 1)
  }

  @Test func `refuses content that RECORD does not describe`() throws {
    let scratch = try Scratch()
    let wrong = "sha256=" + String(repeating: "A", count: 43)
    let wheel = try scratch.wheel(WheelFixture(entries: [.init("a.py", "1", recorded: wrong)]))
    let error = #expect(throws: WheelError.self) {
      try install([wheel], .system(python: "3.11"), in: scratch)
    }
    #expect(error?.problem.hasPrefix("/a.py does not match RECORD: expected sha256 0000") == true)
  }

  @Test func `refuses what would be written through a directory of scripts`() throws {
    let scratch = try Scratch()
    for name in ["scripts/x/deep", "unknown/x"] {
      let wheel = try scratch.wheel(WheelFixture(entries: [.init("greeting-1.0.data/\(name)", "")]))
      #expect(throws: WheelError.self, "\(name)") {
        try install([wheel], .system(python: "3.11"), in: scratch)
      }
    }
  }

  /// `CAPSEM_TEST_WHEELS` may name a directory of real wheels to compare, too.
  @Test(.enabled(if: uv != nil, "uv is not on PATH and not named by CAPSEM_TEST_UV"))
  func `equals what uv installs`() throws {
    let uv = try #require(Self.uv)
    let scratch = try Scratch()
    var paths = [try Self.spread.write(to: scratch.path)]
    if let directory = ProcessInfo.processInfo.environment["CAPSEM_TEST_WHEELS"] {
      paths += try FileManager.default.contentsOfDirectory(atPath: directory).sorted().map {
        "\(directory)/\($0)"
      }
    }
    let python = try run(["python3", "-c", "import sys; print(sys.executable, *sys.version_info[:2])"])
      .output.split(separator: " ").map { $0.filter { !$0.isWhitespace } }
    let (status, output) = try run(
      [
        // uv follows the umask.
        "sh", "-c", "umask 022; exec \"$@\"", "sh", uv, "pip", "install", "--no-index", "--no-deps",
        "--no-cache", "--no-config", "--link-mode", "copy",
        "--python", python[0], "--prefix", "\(scratch.path)/expected",
        "--find-links", scratch.path,
      ] + Self.findLinks
        + paths.map { path in
          let name = WheelName((path as NSString).lastPathComponent)!
          return "\(name.distribution)==\(name.version)"
        })
    try #require(status == 0, "\(output)")
    try install(
      paths.map { try scratch.wheel(at: $0) },
      .prefix(.root, python: "\(python[1]).\(python[2])", interpreter: python[0]), in: scratch)
    try Self.forgetCacheFiles(below: "\(scratch.path)/expected")
    let (expected, found) = (try treeListing("\(scratch.path)/expected"), try scratch.listing())
    let difference = found.split(separator: "\n").difference(from: expected.split(separator: "\n"))
    #expect(expected.count > 1000 && difference.isEmpty)
  }

  static let uv: String? =
    ProcessInfo.processInfo.environment["CAPSEM_TEST_UV"]
    ?? (try? run(["sh", "-c", "command -v uv"])).flatMap {
      $0.status == 0 ? $0.output.filter { !$0.isNewline } : nil
    }

  private static let findLinks =
    ProcessInfo.processInfo.environment["CAPSEM_TEST_WHEELS"].map { ["--find-links", $0] } ?? []

  /// `uv_cache.json` holds the ctime of the wheel's file; its row in RECORD goes with it.
  private static func forgetCacheFiles(below root: String) throws {
    let program = """
      import os, sys
      for top, directories, files in os.walk(sys.argv[1]):
          if "uv_cache.json" in files:
              os.remove(os.path.join(top, "uv_cache.json"))
              record = os.path.join(top, "RECORD")
              lines = [l for l in open(record, newline="") if ".dist-info/uv_cache.json," not in l]
              open(record, "w", newline="").writelines(lines)
      lock = os.path.join(sys.argv[1], ".lock")
      if os.path.exists(lock): os.remove(lock)
      """
    let (status, output) = try run(["python3", "-c", program, root])
    try #require(status == 0, "\(output)")
  }
}
