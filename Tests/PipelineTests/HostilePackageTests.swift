import Foundation
import TestSupport
import Testing

/// Whole builds, as a user runs them, with a package of `fixtures/archives` in a signed archive.
@Suite struct HostilePackageTests {
  /// The first refused recipe of each of these files.
  static let recipes = [
    "climbing-names.txt", "claimed-sizes.txt", "hard-links.txt", "names-with-control-characters.txt",
    "writing-through-links.txt",
  ].compactMap { file in ArchiveRecipe.all(for: .deb, refused: true).first { $0.file == file } }

  @Test(arguments: recipes)
  func `ends with one error, and nothing of it is kept`(recipe: ArchiveRecipe) throws {
    let site = try BuildSite()
    try site.write("canary\n", to: "canary")
    var hostile = FixturePackage("hostile", "1.0")
    hostile.archive = try recipe.archives(for: .deb, canary: "\(site.directory)/canary")[0]
    let archive = try SignedArchive(packages: SignedArchive.packages + [hostile])
    try site.configure(["hostile"], from: [archive.stanza])
    let result = try site.run(["build", "guest", "--until", "staged", "--progress", "none"])
    #expect(result.status == 1 && result.output == "")
    let errors = result.errors.split(separator: "\n").filter { $0.hasPrefix("error: ") }
    #expect(errors.count == 1 && errors[0].contains("hostile"), "\(result.errors)")
    #expect(errors.first?.contains(recipe.expected ?? "") == true, "\(result.errors)")
    #expect(try contents(ofFile: "\(site.directory)/canary") == Array("canary\n".utf8))
    #expect(try site.leftovers() == [])
    // What came was what the index promised: the objects stay, by their digests. No state of a tree does.
    let kept = try files(below: site.cache).map { $0.prefix { $0 != "/" } }
    #expect(Set(kept).isSubset(of: ["lock", "logs", "objects", "records"]), "\(kept)")
  }
}
