import Archive
import BuildModel
import Diagnosis
import FileTree
import Glibc
import TestSupport
import Testing

@testable import Installing

/// What npm's registries, a provider's server or a Python index might send, from `fixtures/archives`. None of
/// it is signed: only its digest is known, from the day it was locked.
@Suite(.asRoot) struct HostileDownloadTests {
  private static let modified = Timestamp(seconds: 1_700_000_000)
  private let scratch: ScratchDirectory

  init() throws {
    scratch = try ScratchDirectory()
    mkdir(scratch.file("tree"), 0o755)
  }

  /// Unpacks a file into the tree; returns the directory that the archive's names lie in.
  private func unpack(_ file: String, as reader: ArchiveRecipe.Reader) throws -> String {
    let root = try Descriptor(opening: scratch.file("tree"), O_RDONLY | O_DIRECTORY)
    let content = try Descriptor(opening: file, O_RDONLY)
    switch reader {
    case .npm:
      var writer = TreeWriter(root: root.raw)
      try writer.makeDirectories("opt/hostile")
      try NpmTarball(name: "hostile 1.0.0", descriptor: content.raw)
        .unpack(into: "opt/hostile", of: root.raw, modified: Self.modified)
      return "opt/hostile"
    case .tar, .zip:
      try FetchedArchive(format: reader == .tar ? .tar : .zip, name: "hostile.bin", descriptor: content.raw)
        .unpack(into: "opt/hostile", of: root.raw, modified: Self.modified)
      return "opt/hostile"
    default:
      let scheme = PythonScheme.prefix("opt/hostile", python: "3.11")
      let wheel = try WheelFile(descriptor: content.raw, file: "hostile-1.0-py3-none-any.whl")
      let plan = try WheelPlan([WheelPlacement(wheel, scheme: scheme, isRequested: true)])
      try WheelInstaller(root: root.raw, modified: Self.modified).install(plan, threads: 1)
      return String(decoding: scheme.modules.bytes, as: UTF8.self)
    }
  }

  private func expectRefusal(_ recipe: ArchiveRecipe, as reader: ArchiveRecipe.Reader) throws {
    let archives = try recipe.archives(for: reader, canary: scratch.file("canary"))
    for (number, archive) in archives.enumerated() { try scratch.write(archive, to: "archive-\(number)") }
    let canary = try Canary(in: scratch)
    for number in archives.indices {
      try recipe.checkRefusal { _ = try unpack(scratch.file("archive-\(number)"), as: reader) }
    }
    try canary.checkUntouched()
  }

  private func expectAcceptance(_ recipe: ArchiveRecipe, as reader: ArchiveRecipe.Reader) throws {
    let archives = try recipe.archives(for: reader, canary: scratch.file("canary"))
    let file = try scratch.write(archives[0], to: "archive")
    let canary = try Canary(in: scratch)
    let place = try unpack(file, as: reader)
    try recipe.checkResults(below: scratch.file("tree/\(place)"))
    try canary.checkUntouched()
    // Whatever the archive said: root's, without set-id bits, attributes, devices and fifos.
    let odd = try runTool(
      "find",
      [
        scratch.file("tree"), "-not", "-uid", "0", "-o", "-perm", "/7000", "-o", "-not", "-type", "d", "-not",
        "-type", "f", "-not", "-type", "l",
      ])
    #expect(odd.isEmpty)
    #expect(try runTool("getfattr", ["-Rhm", "-", scratch.file("tree")]).isEmpty)
  }

  @Test(arguments: ArchiveRecipe.all(for: .npm, refused: true))
  func `a tarball of npm is refused`(recipe: ArchiveRecipe) throws { try expectRefusal(recipe, as: .npm) }

  @Test(arguments: ArchiveRecipe.all(for: .npm, refused: false))
  func `a tarball of npm is unpacked`(recipe: ArchiveRecipe) throws { try expectAcceptance(recipe, as: .npm) }

  @Test(arguments: ArchiveRecipe.all(for: .tar, refused: true))
  func `a tar archive is refused`(recipe: ArchiveRecipe) throws { try expectRefusal(recipe, as: .tar) }

  @Test(arguments: ArchiveRecipe.all(for: .tar, refused: false))
  func `a tar archive is unpacked`(recipe: ArchiveRecipe) throws { try expectAcceptance(recipe, as: .tar) }

  @Test(arguments: ArchiveRecipe.all(for: .zip, refused: true))
  func `a zip archive is refused`(recipe: ArchiveRecipe) throws { try expectRefusal(recipe, as: .zip) }

  @Test(arguments: ArchiveRecipe.all(for: .zip, refused: false))
  func `a zip archive is unpacked`(recipe: ArchiveRecipe) throws { try expectAcceptance(recipe, as: .zip) }

  @Test(arguments: ArchiveRecipe.all(for: .wheel, refused: true))
  func `a wheel is refused`(recipe: ArchiveRecipe) throws { try expectRefusal(recipe, as: .wheel) }

  @Test(arguments: ArchiveRecipe.all(for: .wheel, refused: false))
  func `a wheel is installed`(recipe: ArchiveRecipe) throws { try expectAcceptance(recipe, as: .wheel) }
}
