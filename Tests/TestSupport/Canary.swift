/// What lies beside a tree that an archive is unpacked into: `canary/file`, which hostile archives aim at,
/// and everything else in the scratch directory. Nothing of it may change.
package struct Canary: Sendable {
  /// The directory that recipes call `{canary}`.
  package let path: String
  private let scratch: ScratchDirectory
  private let before: String

  /// Plants the canary, and remembers what is there. Names that begin with `tree` are not looked at.
  package init(in scratch: ScratchDirectory) throws {
    self.scratch = scratch
    path = scratch.file("canary")
    try scratch.write(Array("canary\n".utf8), to: "canary/file")
    before = try Canary.listing(scratch)
  }

  package func checkUntouched() throws {
    let after = try Canary.listing(scratch)
    guard after == before, try scratch.read("canary/file") == Array("canary\n".utf8) else {
      throw ToolFailure(description: "before:\n\(before)\nafter:\n\(after)")
    }
  }

  /// Path, kind, mode, owner, links, size and time of each entry, sorted.
  private static func listing(_ scratch: ScratchDirectory) throws -> String {
    let found = try runTool(
      "find",
      [
        scratch.path, "-mindepth", "1", "-name", "tree*", "-prune", "-o", "-mindepth", "1", "-printf",
        "%P %y %m %U %n %s %T@\\n",
      ])
    return found.split(separator: "\n").sorted().joined(separator: "\n")
  }
}
