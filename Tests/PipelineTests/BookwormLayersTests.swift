import Foundation
import Glibc
import Json
import TestSupport
import Testing

/// States that are kept between builds: faster, and never another image.
extension BookwormBuildTests {
  /// An edit after which only the image is made again.
  struct KeptEdit: Sendable, CustomTestStringConvertible {
    var file: String
    var from: String
    var to: String
    var testDescription: String { "\(file): \(to)" }
  }

  static let keptEdits = [
    KeptEdit(file: "artifacts/tips.txt", from: "#", to: "A tip of mine.\n#"),
    KeptEdit(file: "artifacts/capsem-bench", from: "\n", to: "\n# mine\n"),
    KeptEdit(
      file: "config/build.toml", from: "[build.image]\n", to: "[build.image]\nlabel = \"mine\"\n"),
    KeptEdit(
      file: "config/build.toml", from: "[build]\n",
      to: "[build]\nversion_commands = { less = \"less --version\" }\n"),
  ]

  private static let kept = ["stage", "configure", "seal"]

  /// A site whose cache has the states of the config's build, too.
  private func layeredSite() throws -> BuildSite {
    let site = try site()
    if try FileManager.default.fileExists(atPath: "\(BookwormBuildTests.warmCache)/layers") {
      try runTool("cp", ["-a", "\(BookwormBuildTests.warmCache)/layers", site.cache])
      try site.user.own(site.cache)
    }
    _ = try build(site)
    return site
  }

  /// A build's stages that did not run.
  private func reused(_ result: ProgramResult) throws -> [String] {
    try result.errors.split(separator: "\n").compactMap { line in
      guard line.hasPrefix("{"), case .object(let event) = try JSONValue(parsing: String(line)),
        event["event"]?.string == "finished", event["reused"] == .boolean(true)
      else { return nil }
      return event["stage"]?.string
    }
  }

  private func build(_ site: BuildSite) throws -> ProgramResult {
    let result = try site.run(["build", "guest", "--progress", "json"])
    #expect(result.status == 0, "\(result.errors)")
    return result
  }

  @Test func `what follows from an edit is built again, and the image is that of a build from nothing`()
    throws
  {
    let site = try layeredSite()
    #expect(try site.digest(site.image) == BookwormBuildTests.warmImage)
    for edit in BookwormBuildTests.keptEdits {
      let before = try String(contentsOfFile: "\(site.guest)/\(edit.file)", encoding: .utf8)
      let start = try #require(before.range(of: edit.from))
      try site.write(before.replacingCharacters(in: start, with: edit.to), to: "guest/\(edit.file)")
      let plan = try site.run(["build", "guest", "--dry-run"]).output
      let result = try build(site)
      #expect(try reused(result) == BookwormBuildTests.kept, "\(edit): \(result.errors)")
      for stage in BookwormBuildTests.kept {
        #expect(plan.contains(try Regex("  \(stage) +reused +its result is in the cache\n")), "\(plan)")
      }
    }
    let fast = try site.digest(site.image)
    let versions = try contents(ofFile: "\(site.assets)/\(BuildSite.architecture)/tool-versions.txt")
    #expect(versions != nil)
    let cleaned = try site.run(["cache", "gc", "--stages"])
    #expect(cleaned.status == 0, "\(cleaned.errors)")
    #expect(cleaned.output.contains("removed 2 stage results, "), "\(cleaned.output)")
    #expect(site.names(in: "\(site.cache)/layers") == [])
    try FileManager.default.removeItem(atPath: "\(site.assets)/\(BuildSite.architecture)/build.json")
    #expect(try reused(build(site)) == [])
    #expect(try site.digest(site.image) == fast)
    #expect(
      try contents(ofFile: "\(site.assets)/\(BuildSite.architecture)/tool-versions.txt") == versions)
    #expect(try site.leftovers() == [])
    #expect(site.names(in: "\(site.cache)/partial") == [])
  }

  @Test func `a damaged layer is told, dropped and made again, whichever of its files it is`() throws {
    let site = try layeredSite()
    let image = try #require(BookwormBuildTests.warmImage)
    for damage in [
      """
      at=$(($(stat -c %s $pack) / 8192))
      head -c 65536 /dev/urandom | dd of=$pack bs=4k seek=$at conv=notrunc status=none
      """,
      "truncate -s -1 $index",
    ] {
      // Both layers, and the image under its second name with them.
      try runTool(
        "sh",
        ["-ec", "for index in *.index; do pack=${index%.index}.pack; \(damage); done"],
        in: "\(site.cache)/layers")
      try FileManager.default.removeItem(atPath: site.image)
      let result = try build(site)
      #expect(result.errors.contains("it was dropped, and what it held is built again"), "\(damage)")
      #expect(try reused(result) == [], "\(damage)")
      #expect(try site.digest(site.image) == image, "\(damage)")
    }
  }

  @Test func `cache verify names what is damaged and removes it`() throws {
    let site = try layeredSite()
    let sound = try site.run(["cache", "verify"])
    #expect(sound.status == 0, "\(sound.output)\(sound.errors)")
    let list = try site.run(["cache", "list"]).output
    #expect(list.contains("  downloads"), "\(list)")
    #expect(list.contains(try Regex("  stage results +2 ")), "\(list)")
    try runTool(
      "sh",
      [
        "-ec",
        """
        for pack in layers/*.pack; do
          t=$(stat -c @%.9Y "$pack")
          dd if=/dev/urandom of="$pack" bs=4k seek=2000 count=9000 conv=notrunc status=none
          touch -d "$t" "$pack"
        done
        o=$(find objects -type f -size +100k | sort | head -n1); chmod u+w "$o"; printf X >>"$o"
        """,
      ], in: site.cache)
    let found = try site.run(["cache", "verify"])
    #expect(found.status == 1)
    #expect(found.output.split(separator: "\n").count { $0.hasPrefix("removed stage result ") } == 2)
    #expect(found.output.split(separator: "\n").count { $0.hasPrefix("removed download ") } == 1)
    #expect(try site.run(["cache", "verify"]).status == 0)
    #expect(try site.run(["cache", "gc", "--all"]).status == 0)
    #expect(try runTool("find", ["objects", "layers", "-type", "f"], in: site.cache) == "")
  }

  @Test func `the longest unused go first, until the rest fits`() throws {
    let site = try layeredSite()
    try runTool("sh", ["-c", "find objects -type f -exec touch -d 2020-01-01 {} +"], in: site.cache)
    let size = try site.names(in: "\(site.cache)/layers").reduce(Int64(0)) { sum, name in
      let attributes = try FileManager.default.attributesOfItem(atPath: "\(site.cache)/layers/\(name)")
      return sum + (attributes[.size] as? Int64 ?? 0)
    }
    let result = try site.run(["cache", "gc", "--max-size", "\(size)"])
    #expect(result.status == 0, "\(result.errors)")
    #expect(try runTool("find", ["objects", "-type", "f"], in: site.cache) == "")
    #expect(site.names(in: "\(site.cache)/layers").count == 6)
    #expect(try site.run(["cache", "gc", "--max-size", "7x"]).status == 2)
  }

  @Test func `a cache that was copied without owners and times works, and two builds share one`() throws {
    let first = try layeredSite()
    let site = try BuildSite(.ordinary)
    try site.configure(["less"], extra: BookwormBuildTests.extra)
    try runTool(
      "sh",
      ["-ec", "cp -r --no-preserve=all \(first.cache)/. \(site.cache)/ && rm -rf \(site.cache)/work"])
    try site.user.own(site.cache)
    let runs = try ["one", "two"].map { name in
      try site.start(["build", "guest", "--progress", "json", "--output", "assets/\(name)"])
    }
    for (run, name) in zip(runs, ["one", "two"]) {
      let result = try run.finish()
      #expect(result.status == 0, "\(result.errors)")
      #expect(try reused(result) == BookwormBuildTests.kept, "\(result.errors)")
      let image = "\(site.assets)/\(name)/\(BuildSite.architecture)/rootfs.ext4"
      #expect(try site.digest(image) == BookwormBuildTests.warmImage)
    }
  }
}
