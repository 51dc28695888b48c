import FileTree
import Foundation
import Json
import TestSupport
import Testing

/// Kernel and initrd, compiled with Debian's compiler in a build root. The kernel's source is a small one of
/// our own, with the makefile's targets and Kconfig files that a real one has: a real kernel is compiled by
/// `make test-slow`.
@Suite(.tags(.network), .serialized, .enabled("needs bookworm's archives", { Requirement.bookworm }))
struct CompiledPartsTests {
  private static let makefile = """
    # SPDX-License-Identifier: GPL-2.0
    VERSION = 9
    PATCHLEVEL = 8
    SUBLEVEL = 7

    olddefconfig:
    \tsed -i -e '/CONFIG_TEST_DROPPED/d' $(O)/.config

    bzImage:
    \tmkdir -p $(O)/arch/x86/boot
    \tprintf 'const char banner[] = "%s";\\n' \\
    \t\t'$(KBUILD_BUILD_TIMESTAMP) $(KBUILD_BUILD_USER) $(KBUILD_BUILD_HOST) $(LOCALVERSION)' >$(O)/kernel.c
    \t@echo '  CC      kernel.o'
    \t$(CROSS_COMPILE)gcc -c -o $(O)/arch/x86/boot/bzImage $(O)/kernel.c

    """

  private static let kconfig = """
    config TEST_DROPPED
    \tbool "An option that needs another one"
    \tdepends on TEST_NOTHING

    config TEST_NOTHING
    \tbool "That other one"

    """

  /// Its objects are shared by what follows it.
  private final class Site {
    let site: BuildSite
    private let server = LoopbackServer()

    init(defconfig: (String) -> String = { $0 }) throws {
      site = try BuildSite()
      let source = try ScratchDirectory()
      try source.write(Array(CompiledPartsTests.makefile.utf8), to: "linux-9.8.7/Makefile")
      try source.write(Array(CompiledPartsTests.kconfig.utf8), to: "linux-9.8.7/Kconfig")
      try runTool("touch", ["-d", "2001-02-03T04:05:06Z", source.file("linux-9.8.7/Makefile")])
      let archive = source.file("linux-9.8.7.tar.xz")
      try runTool("tar", ["-cJf", archive, "-C", source.path, "linux-9.8.7"])
      let bytes = try #require(try contents(ofFile: archive))
      server.on("/linux-9.8.7.tar.xz", .serve(bytes))
      try site.configure(
        ["less"],
        extra: """

          [build.kernel]
          source = "\(server.url("/linux-9.8.7.tar.xz"))"
          version = "9.8"
          sha256 = "\(Digest(of: bytes).hex)"

          """)
      let kernel = try defconfig(GuestFiles.kernel() + "CONFIG_TEST_DROPPED=y\n")
      try site.write(kernel, to: "guest/config/kernel/defconfig.x86_64")
    }

    func build(_ part: String, _ more: [String] = []) throws -> ProgramResult {
      try site.run(["build", "guest", "--template", part, "--progress", "plain"] + more)
    }

    func asset(_ name: String) -> String { "\(site.assets)/\(BuildSite.architecture)/\(name)" }

    func states() throws -> [String: String] {
      let status = try site.run(["status", "--json"])
      let parts = try JSONValue(parsing: status.output)["architectures"]?[BuildSite.architecture]
      return Dictionary(
        uniqueKeysWithValues: ["rootfs", "kernel", "initrd"].map {
          ($0, parts?[$0]?["state"]?.string ?? "")
        })
    }
  }

  @Test func `a kernel and an initrd are compiled once, and again only for what they are made of`() throws {
    let made = try Site()
    let first = try made.build("kernel")
    #expect(first.status == 0, "\(first.errors)")
    // What olddefconfig dropped is told, with its reason.
    #expect(first.errors.contains("CONFIG_TEST_DROPPED=y became n in 9.8.7\n"))
    #expect(first.errors.contains("cause: it depends on TEST_NOTHING, which is n\n"))
    let kernel = try #require(try made.site.digest(made.asset("vmlinuz")))
    let text = try runTool("strings", [made.asset("vmlinuz")])
    #expect(text.contains("2001-02-03T04:05:06Z capsem capsem-native \n"), "\(text)")
    #expect(try made.site.leftovers() == [])

    // The same again, from nothing, has the same bytes.
    try FileManager.default.removeItem(atPath: "\(made.site.cache)/records/kernels")
    try FileManager.default.removeItem(atPath: made.asset("vmlinuz"))
    let second = try made.build("kernel", ["--offline"])
    #expect(second.status == 0 && second.errors.contains("kernel …"), "\(second.errors)")
    #expect(try made.site.digest(made.asset("vmlinuz")) == kernel)
    // An unchanged one is there, and one that was deleted is in the cache.
    #expect(try made.build("kernel", ["--offline"]).errors.contains("has not changed since the last build"))
    try FileManager.default.removeItem(atPath: made.asset("vmlinuz"))
    let cached = try made.build("kernel", ["--offline"])
    #expect(cached.status == 0 && !cached.errors.contains("compiling"), "\(cached.errors)")
    #expect(try made.site.digest(made.asset("vmlinuz")) == kernel)

    let initrd = try made.build("initrd")
    #expect(initrd.status == 0, "\(initrd.errors)")
    #expect(try made.states() == ["rootfs": "not built yet", "kernel": "up to date", "initrd": "up to date"])
    let list = try runTool("sh", ["-c", "gzip -dc \"$1\" | cpio -t --quiet", "sh", made.asset("initrd.img")])
    let names = Set(list.split(separator: "\n"))
    #expect(names.isSuperset(of: ["init", "bin/busybox", "capsem-run-agent", "dev", "proc"]))
    try runTool("b3sum", ["--check", "B3SUMS"], in: made.site.assets)

    // An edit of the one leaves the other.
    let script = "\(made.site.guest)/artifacts/capsem-init"
    let before = try String(contentsOfFile: script, encoding: .utf8)
    try made.site.write(before + "# more\n", to: "guest/artifacts/capsem-init")
    #expect(try made.states() == ["rootfs": "not built yet", "kernel": "up to date", "initrd": "changed"])
    let repacked = try made.build("initrd", ["--offline"])
    #expect(repacked.status == 0 && !repacked.errors.contains("configure"), "\(repacked.errors)")
    let options = try GuestFiles.kernel() + "CONFIG_TEST_DROPPED=y\nCONFIG_TEST_MORE=n\n"
    try made.site.write(options, to: "guest/config/kernel/defconfig.x86_64")
    #expect(try made.states() == ["rootfs": "not built yet", "kernel": "changed", "initrd": "up to date"])
    try made.site.write(
      "# only a comment\n" + GuestFiles.kernel() + "CONFIG_TEST_DROPPED=y\n",
      to: "guest/config/kernel/defconfig.x86_64")
    #expect(try made.states() == ["rootfs": "not built yet", "kernel": "up to date", "initrd": "up to date"])
  }

  @Test func `a kernel without an option that images need, or of another version, is refused`() throws {
    let made = try Site { $0.replacing("CONFIG_EXT4_FS=y\n", with: "CONFIG_EXT4_FS=n\n") }
    let result = try made.build("kernel")
    #expect(result.status == 1)
    #expect(result.errors.contains("its configuration ends without CONFIG_EXT4_FS\n"), "\(result.errors)")
    #expect(result.errors.contains("the image's format"), "\(result.errors)")
    #expect(try made.site.digest(made.asset("vmlinuz")) == nil)
    #expect(try made.site.leftovers() == [])
    let build = "\(made.site.guest)/config/build.toml"
    let text = try String(contentsOfFile: build, encoding: .utf8)
    try made.site.write(text.replacing("\"9.8\"", with: "\"9.9\""), to: "guest/config/build.toml")
    let other = try made.build("kernel")
    #expect(other.status == 1)
    #expect(
      other.errors.contains("the config asks for version 9.9, and the source is 9.8.7\n"), "\(other.errors)")
  }

  @Test func `a part that the guest has no sources of is refused before anything is fetched`() throws {
    let made = try Site()
    try FileManager.default.removeItem(atPath: "\(made.site.guest)/artifacts/capsem-init")
    let result = try made.build("all")
    #expect(result.status == 1)
    #expect(result.errors.contains("the guest has no guest/artifacts/capsem-init\n"), "\(result.errors)")
    #expect(try made.states()["initrd"] == "absent")
  }
}
