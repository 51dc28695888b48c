import Foundation
import TestSupport
import Testing

/// One image of Debian's own packages, built by the program.
enum SealedImage {
  static let site = Result {
    let site = try BuildSite()
    try build(
      [
        "openssh-server", "ssl-cert", "dbus", "munge", "bind9", "dropbear", "open-iscsi", "nvme-cli", "xrdp",
        "install-info",
      ],
      on: site)
    return site
  }

  static func build(_ packages: [String], on site: BuildSite) throws {
    try site.configure(packages)
    let result = try site.run(["build", "guest", "--progress", "none"])
    guard result.status == 0 else { throw ToolFailure(description: result.errors) }
  }
}

/// What e2fsprogs finds in an image, and what it must not find.
@Suite(
  .serialized, .enabled("needs bookworm's archives", { Requirement.bookworm }),
  .enabled("needs root", { Requirement.root }))
struct SealedImageTests {
  let image: String
  /// Seconds since 1970.
  let date: Int

  init() throws {
    let site = try SealedImage.site.get()
    image = site.image
    let report = try Data(contentsOf: URL(filePath: "\(site.assets)/\(BuildSite.architecture)/build.json"))
    date = try JSONDecoder().decode(BuildReport.self, from: report).lock_date
  }

  private struct BuildReport: Decodable { var lock_date: Int }

  private func debugfs(_ command: String) throws -> String {
    // What is not found goes to standard error.
    try runTool("sh", ["-c", "debugfs -R \"$1\" \"$2\" 2>&1", "sh", command, image])
  }

  @Test func `an image has nothing that only its build had`() throws {
    for name in [
      "/etc/passwd-", "/etc/group-", "/etc/shadow-", "/etc/gshadow-", "/etc/subuid-", "/etc/.pwd.lock",
      "/etc/ld.so.preload", "/etc/apt/apt.conf.d/01autoremove-kernels", "/etc/fstab", "/boot/grub",
      "/usr/sbin/policy-rc.d", "/var/lib/dpkg/status-old", "/var/lib/dpkg/available",
      "/var/lib/dpkg/cmethopt",
      "/var/lib/dpkg/lock", "/var/lib/dpkg/lock-frontend", "/var/lib/dpkg/triggers/Lock",
      "/var/lib/apt/extended_states", "/var/lib/apt/lists/lock", "/var/cache/apt/pkgcache.bin",
      "/var/cache/apt/srcpkgcache.bin", "/var/cache/debconf/config.dat-old",
      "/var/cache/debconf/templates.dat-old", "/var/cache/ldconfig/aux-cache", "/var/log/dpkg.log",
      "/var/log/alternatives.log", "/var/log/bootstrap.log", "/usr/share/info/dir.old",
    ] {
      #expect(try debugfs("stat \(name)").contains("File not found"), "\(name)")
    }
    // Their twins are there.
    for name in ["/etc/passwd", "/var/lib/dpkg/status", "/var/cache/debconf/config.dat", "/var/log/wtmp"] {
      #expect(try debugfs("stat \(name)").contains("Type: regular"), "\(name)")
    }
    for name in ["/etc/machine-id", "/etc/resolv.conf", "/var/log/wtmp", "/var/log/lastlog"] {
      #expect(try debugfs("stat \(name)").contains("Size: 0\n"), "\(name)")
    }
    for directory in ["/root", "/tmp", "/var/tmp"] {
      #expect(
        try debugfs("ls -p \(directory)").split(separator: "\n").filter { $0.hasPrefix("/") }.count == 2)
    }
  }

  @Test func `the days in /etc/shadow are the lock's`() throws {
    let lines = try debugfs("cat /etc/shadow").split(separator: "\n").filter { $0.contains(":") }
    let days = lines.map { $0.split(separator: ":", omittingEmptySubsequences: false)[2] }
    #expect(lines.contains { $0.hasPrefix("sshd:") } && lines.contains { $0.hasPrefix("messagebus:") })
    #expect(Set(days) == ["\(date / 86400)"])
  }

  @Test func `every time in an image is the lock's or earlier`() throws {
    let tree = try runTool(BuildSite.built, ["inspect", "--tree", image]).split(separator: "\n")
    var latest = 0.0
    for line in tree {
      let fields = line.split(separator: " ")
      latest = max(latest, try #require(Double(fields[4])))
    }
    #expect(latest == Double(date))
    // What scripts made, what packages brought, and what is made for the image itself.
    for name in ["/etc/shadow", "/etc/ld.so.cache", "/etc/ssh", "/usr/sbin/sshd", "/lost+found", "/bin"] {
      let text = try debugfs("stat \(name)")
      let times = text.split(separator: "\n").filter { $0.contains("time: 0x") }.map { line in
        line.split(separator: " ").first { $0.hasPrefix("0x") } ?? ""
      }
      // In debugfs's order: change, access, modification, creation.
      try #require(times.count == 4, "\(name): \(text)")
      #expect(times[1] == times[2] && times[0] == times[3], "\(name): \(text)")
      #expect(times[0].hasPrefix("0x\(String(date, radix: 16)):"), "\(name): \(text)")
      #expect(text.contains("\nGeneration: 0 "), "\(name)")
    }
  }

  @Test func `the superblock tells nothing of its making`() throws {
    let lines = try runTool("dumpe2fs", ["-h", image], environment: ["TZ": "UTC"]).split(separator: "\n")
    func field(_ name: String) -> String? {
      lines.first { $0.hasPrefix(name + ":") }?.dropFirst(name.count + 1).trimmingCharacters(in: .whitespaces)
    }
    let made = try runTool("date", ["-u", "-d", "@\(date)", "+%a %b %e %H:%M:%S %Y"])
      .trimmingCharacters(in: .newlines)
    for name in ["Filesystem created", "Last write time", "Last checked"] {
      #expect(field(name) == made, "\(name)")
    }
    #expect(field("Last mounted on") == "<not available>")
    #expect(field("Last mount time") == "n/a")
    #expect(field("Mount count") == "0")
    #expect(field("Lifetime writes") == nil)
    // Version 8 of RFC 9562: made of the tree's digest. The seed is made of names: `PackTests`.
    let uuid = try #require(field("Filesystem UUID"))
    #expect(Array(uuid)[14] == "8")
    let report = try runTool("cat", ["\(image.dropLast("rootfs.ext4".count))build.json"])
    let digits = uuid.filter { $0 != "-" }
    #expect(report.contains("\"\(digits.prefix(12))"))
  }

  /// Debian's own script is the judge, with a find that sorts.
  @Test func `lists manuals in the order of their names`() throws {
    let machine = try MountedImage(image: image, directory: "\(SealedImage.site.get().directory)/manuals")
    let list = "\(machine.root)/usr/share/info/dir"
    let ours = try #require(try contents(ofFile: list))
    #expect(String(decoding: ours, as: UTF8.self).contains("(diffutils)"))
    let find = "\(machine.root)/usr/local/bin/find"
    try "#!/bin/sh\n/usr/bin/find \"$@\" | LC_ALL=C sort\n".write(
      toFile: find, atomically: false, encoding: .utf8)
    try runTool("chmod", ["755", find])
    try runTool("chroot", [machine.root, "/usr/sbin/update-info-dir"])
    #expect(try contents(ofFile: list) == ours)
  }
}
