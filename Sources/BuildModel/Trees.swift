import FileTree

/// A directory on disk that becomes an image. It is unique and changed in place, so it cannot be
/// copied: each stage consumes the tree that it is given, and imaging an unconfigured one does not
/// compile.
package struct Tree: ~Copyable, Sendable {
  /// The directory's name in the workspace.
  package let name: String
  package let root: Descriptor
  /// Entries that the tree holds by record only, because no unprivileged process can make them:
  /// device nodes. They are part of the image.
  package var recorded: [TreePath: FileEntry]
  /// Which package a path that is not a directory came from, by its place after merged-/usr links.
  package var owners: [TreePath: String]
  /// What is known of contents since they were written, for as long as nobody touches them.
  package var known: StampedContents

  package init(name: String, root: consuming Descriptor) {
    self.name = name
    self.root = root
    self.recorded = [:]
    self.owners = [:]
    self.known = StampedContents()
  }
}

/// Packages unpacked and registered with dpkg, none of their configure scripts run.
package struct StagedTree: ~Copyable, Sendable {
  package var tree: Tree
  /// What is to be configured now, in order.
  package var pending: [StagedPackage]

  package init(tree: consuming Tree, pending: [StagedPackage]) {
    self.tree = tree
    self.pending = pending
  }

  /// Ends this state; the stage that does so returns the next one.
  package consuming func release() -> Tree { tree }
}

extension StagedTree {
  /// A configured tree that more packages come into.
  package init(extending configured: consuming ConfiguredTree) {
    self.init(tree: configured.release(), pending: [])
  }
}

/// Every package that is in it is `install ok installed`.
package struct ConfiguredTree: ~Copyable, Sendable {
  package var tree: Tree

  package init(tree: consuming Tree) { self.tree = tree }

  /// Ends this state; the stage that does so returns the next one.
  package consuming func release() -> Tree { tree }
}

/// Nothing changes any more: ready to be imaged.
package struct SealedTree: ~Copyable, Sendable {
  package var tree: Tree

  package init(tree: consuming Tree) { self.tree = tree }

  /// Ends this state, for a tree that is to become another.
  package consuming func release() -> Tree { tree }
}

package struct StagedPackage: Sendable, Equatable {
  package var name: String
  package var version: String
  package var architecture: String
  /// As dpkg names its files: with the architecture for `Multi-Arch: same`.
  package var qualifiedName: String

  package init(name: String, version: String, architecture: String, qualifiedName: String) {
    self.name = name
    self.version = version
    self.architecture = architecture
    self.qualifiedName = qualifiedName
  }
}
