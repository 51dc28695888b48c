import Foundation
import TestSupport
import Testing

/// Whole builds of the real program, over an archive whose packages run nothing.
@Suite struct StagedBuildTests {
  let archive: SignedArchive

  init() throws { archive = try SignedArchive.shared.get() }

  private func site(_ user: TestUser = .ordinary) throws -> BuildSite {
    let site = try BuildSite(user)
    try site.configure(["greeting"], from: [archive.stanza])
    return site
  }

  @Test func `makes an image that holds what the packages ship`() throws {
    let site = try site()
    let result = try site.run(["build", "guest", "--until", "staged", "--progress", "none"])
    #expect(result.status == 0)
    #expect(result.output == "")
    #expect(result.errors.hasPrefix("built \(site.image), "))
    let lines = result.errors.split(separator: "\n")
    #expect(lines.count == 2 && lines[0].hasSuffix(" kB"))
    let tree = try runTool("sh", ["-c", "\(site.program) inspect \(site.image) --tree | sha256sum"])
    #expect(lines[1] == "tree \(tree.prefix(64))")
    try runTool("e2fsck", ["-fn", site.image])
    func look(_ path: String) throws -> String { try runTool("debugfs", ["-R", "stat \(path)", site.image]) }
    #expect(try look("/usr/bin/greeting").contains("Mode:  04755"))
    #expect(try look("/usr/bin/greeting").contains("User:     0   Group:     0"))
    #expect(try look("/var/lib/base").contains("Mode:  01777"))
    #expect(try look("/bin").contains("Fast link dest: \"usr/bin\""))
    #expect(
      try runTool("debugfs", ["-R", "cat /usr/lib/os-release", site.image]).hasPrefix("ID=fixture\n"))
    #expect(try site.leftovers() == [])
  }

  @Test func `needs no archive for a second build, and makes the same bytes`() throws {
    let site = try site()
    let server = LoopbackServer()
    try archive.serve(on: server)
    try site.configure(["greeting"], from: [archive.stanza(at: server.url(""))])
    #expect(try site.run(["build", "guest", "--until", "staged"]).status == 0)
    let (first, asked) = (try site.digest(site.image), server.requests.count)
    #expect(asked > 0)
    let second = try site.run(["build", "guest", "--until", "staged", "--output", "second"])
    #expect(second.status == 0)
    #expect(second.errors.hasPrefix("packages: resolved earlier, with package lists "))
    #expect(server.requests.count == asked)
    #expect(try site.digest("\(site.directory)/second/\(BuildSite.architecture)/rootfs.ext4") == first)
    let third = try site.run(["build", "guest", "--until", "staged", "--offline"])
    #expect(third.status == 0)
    #expect(server.requests.count == asked)
  }

  @Test(.enabled("needs root", { Requirement.root }))
  func `makes the same bytes as root and as a user`() throws {
    var digests: Set<String?> = []
    for user in [TestUser.ordinary, .root] {
      let site = try site(user)
      #expect(try site.run(["build", "guest", "--until", "staged"]).status == 0)
      digests.insert(try site.digest(site.image))
      #expect(try site.leftovers() == [])
    }
    #expect(digests.count == 1)
    #expect(!digests.contains(nil))
  }

  @Test func `lets several builds share a cache`() throws {
    let site = try site()
    let runs = try (1...4).map {
      try site.start(["build", "guest", "--until", "staged", "--output", "assets-\($0)"])
    }
    for run in runs {
      let result = try run.finish()
      #expect(result.status == 0, "\(result.errors)")
    }
    let digests = try (1...4).map {
      try site.digest("\(site.directory)/assets-\($0)/\(BuildSite.architecture)/rootfs.ext4")
    }
    #expect(Set(digests).count == 1)
    #expect(try site.leftovers() == [])
  }

  @Test func `says what it does in lines of JSON`() throws {
    let site = try site()
    let result = try site.run(["build", "guest", "--until", "staged", "--progress", "json", "--json"])
    #expect(result.status == 0)
    struct Event: Decodable {
      var event: String
      var stage: String?
    }
    let lines = result.errors.split(separator: "\n")
    let events = try lines.map { try JSONDecoder().decode(Event.self, from: Data($0.utf8)) }
    let started = events.filter { $0.event == "started" }.compactMap(\.stage)
    #expect(started == ["resolve", "fetch", "stage", "image", "clear"])
    #expect(Set(events.filter { $0.event == "finished" }.compactMap(\.stage)) == Set(started))
    struct Summary: Decodable {
      struct Image: Decodable { var architecture, image, tree: String }
      var images: [Image]
    }
    let summary = try JSONDecoder().decode(Summary.self, from: Data(result.output.utf8))
    #expect(summary.images.map(\.image) == [site.image])
    #expect(summary.images.map(\.tree.count) == [64])
  }
}
