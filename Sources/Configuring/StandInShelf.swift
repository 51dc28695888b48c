import FileTree
import Glibc
import Sandbox

/// A directory of the workspace, beside the tree, with what stands in for programs of the tree. It is lent to
/// commands; the tree has nothing of it.
struct StandInShelf: ~Copyable {
  static let directory = "stand-ins"

  /// What a command is lent so that it runs the other versions.
  private(set) var loans: [SandboxPlan.Loan] = []
  /// Whether programs take byte code that is ready.
  private(set) var takesByteCode = false

  /// The shelf for a tree as it is now; nil when no program in it is known.
  init?(root: CInt) throws {
    var tree = TreeWriter(root: root)
    let workspace = try Descriptor(opening: ".", O_RDONLY | O_DIRECTORY)
    var shelf = TreeWriter(root: workspace.raw)
    let directory = TreePath(stringLiteral: StandInShelf.directory)
    try shelf.removeTree(directory)
    var names: Set<String> = []
    for (number, standIn) in StandIn.all.enumerated() {
      if let name = standIn.requires, !names.contains(name) { continue }
      guard try tree.kind(standIn.program) == S_IFREG, let original = try tree.read(standIn.program),
        let text = standIn.text(insteadOf: original)
      else { continue }
      let name = if case .shelf(let name) = standIn.place { name } else { "\(number)" }
      if names.isEmpty { try shelf.makeDirectory(directory) }
      names.insert(name)
      try shelf.replaceFile(directory.appending(name.utf8), with: text, mode: 0o755)
      if standIn.place == .overItself {
        loans.append(
          SandboxPlan.Loan("\(StandInShelf.directory)/\(name)", as: standIn.program.description))
      }
    }
    if names.isEmpty { return nil }
    takesByteCode = names.contains(StandIn.compiler)
    if takesByteCode { try shelf.makeDirectory(directory.appending("compiled".utf8)) }
    loans.append(SandboxPlan.Loan(StandInShelf.directory, as: StandIn.shelf))
  }

  /// A name on the shelf, relative to the workspace.
  static func path(_ name: String) -> String { "\(directory)/\(name)" }

  consuming func remove() throws {
    let workspace = try Descriptor(opening: ".", O_RDONLY | O_DIRECTORY)
    var writer = TreeWriter(root: workspace.raw)
    try writer.removeTree(TreePath(stringLiteral: StandInShelf.directory))
  }
}
