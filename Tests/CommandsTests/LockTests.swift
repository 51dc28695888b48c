import TestSupport
import Testing

@Suite struct LockTests {
  let archive: SignedArchive
  let site: BuildSite

  init() throws {
    archive = try SignedArchive.shared.get()
    site = try BuildSite()
    try site.configure(["greeting"], from: [archive.stanza])
  }

  private var lock: String { "\(site.guest)/capsem.lock" }

  @Test func `locks twice to the same bytes, and builds what is locked`() throws {
    let first = try site.run(["lock", "guest", "--progress", "none"])
    #expect(first.status == 0)
    #expect(first.errors == "wrote guest/capsem.lock\n")
    let text = try #require(try contents(ofFile: lock))
    // With another cache, nothing of the first run is known.
    #expect(try site.run(["lock", "guest"], cache: "\(site.directory)/home/cache").status == 0)
    #expect(try contents(ofFile: lock) == text)
    let build = try site.run(["build", "guest", "--locked", "--until", "staged"])
    #expect(build.status == 0)
    #expect(build.errors.hasPrefix("packages: locked by guest/capsem.lock\n"))
    #expect(!build.errors.contains("resolve"))
  }

  @Test func `refuses --locked without a lock`() throws {
    let result = try site.run(["build", "guest", "--locked", "--until", "staged", "--progress", "none"])
    #expect(result.status == 1)
    #expect(
      result.errors == """
        error: cannot build with --locked: there is no guest/capsem.lock
        hint: run `capsem-native lock guest` first, and commit what it writes

        """)
  }

  @Test func `refuses --locked with a stale lock, and warns without it`() throws {
    #expect(try site.run(["lock", "guest"]).status == 0)
    let text = try #require(try contents(ofFile: lock))
    try site.configure(["libgreeting"], from: [archive.stanza])
    let refused = try site.run(["build", "guest", "--locked", "--until", "staged", "--progress", "none"])
    #expect(refused.status == 1)
    #expect(
      refused.errors == """
        error: cannot use guest/capsem.lock: it was made for another configuration
          cause: ~ apt "greeting" -> "libgreeting"
        hint: run `capsem-native lock guest` and review what changes

        """)
    let built = try site.run(["build", "guest", "--until", "staged"])
    #expect(built.status == 0)
    #expect(
      built.errors.hasPrefix(
        """
        warning: guest/capsem.lock was made for another configuration, so packages are resolved anew
        hint: run `capsem-native lock guest` and review what changes

        """), "\(built.errors)")
    #expect(try contents(ofFile: lock) == text)
  }

  @Test(arguments: [
    ("image_layout = 9\n", "it is for image layout 9, and this version writes layout 1"),
    ("", "it names no image layout, and this version writes layout 1"),
  ])
  func `a lock for other bytes is refused with --locked, and built with a warning without it`(
    line: String, reason: String
  ) throws {
    #expect(try site.run(["lock", "guest"]).status == 0)
    let text = String(decoding: try #require(try contents(ofFile: lock)), as: UTF8.self)
    #expect(text.contains("\nimage_layout = 1\n"))
    try site.write(text.replacing("image_layout = 1\n", with: line), to: "guest/capsem.lock")
    let hint = """
      hint: run `capsem-native lock guest` and review what changes, or build with the version that wrote it

      """
    let refused = try site.run(["build", "guest", "--locked", "--until", "staged", "--progress", "none"])
    #expect(refused.status == 1)
    #expect(refused.errors == "error: cannot build with --locked from guest/capsem.lock: \(reason)\n" + hint)
    let built = try site.run(["build", "guest", "--until", "staged"])
    #expect(built.status == 0)
    #expect(
      built.errors.hasPrefix(
        "warning: the image will not have the bytes that guest/capsem.lock stands for: \(reason)\n" + hint
          + "packages: locked by guest/capsem.lock\n"), "\(built.errors)")
  }

  @Test func `refuses a damaged lock with its place`() throws {
    try site.write("version = 1\nnonsense\n", to: "guest/capsem.lock")
    let result = try site.run(["build", "guest", "--until", "staged", "--progress", "none"])
    #expect(result.status == 1)
    #expect(result.errors.hasPrefix("error: "))
    #expect(result.errors.contains("guest/capsem.lock:2:"), "\(result.errors)")
  }

  @Test func `a lock that cannot be resolved leaves the earlier one`() throws {
    #expect(try site.run(["lock", "guest"]).status == 0)
    let text = try #require(try contents(ofFile: lock))
    try site.configure(["greting"], from: [archive.stanza])
    #expect(try site.run(["lock", "guest"]).status == 1)
    #expect(try contents(ofFile: lock) == text)
    #expect(site.names(in: site.guest) == ["artifacts", "capsem.lock", "config"])
  }
}
