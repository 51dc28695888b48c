import FileTree

/// A path at which two trees differ.
package struct TreeDifference: Sendable, Equatable {
  package var path: TreePath
  /// Nil where nothing is at the path.
  package var before: FileEntry?
  package var after: FileEntry?
  /// What of it differs; empty when it is there in one tree only.
  package var attributes: [AttributeDifference] = []
  /// Where the contents of two regular files part; nil until somebody who can read them has looked, see
  /// `ByteDifference`.
  package var firstByte: ByteDifference?
  /// Whose it is, by the records of the tree that it is in. Empty for what no package has.
  package var packages: [PackageName] = []
  /// Maintainer scripts that name it, or its directory, where no package has it.
  package var scripts: [String] = []

  package enum Change: String, Sendable, CaseIterable { case added, removed, changed }

  package var change: Change {
    if before == nil { return .added }
    return after == nil ? .removed : .changed
  }

  /// Both are regular files, and what they hold is not the same.
  package var hasOtherContent: Bool { attributes.contains { $0.attribute == .content } }
}

/// One attribute of an entry with both values, in the words of `TreeText`; nil for what one of the two
/// does not have.
package struct AttributeDifference: Sendable, Equatable {
  package var attribute: Attribute
  package var before: String?
  package var after: String?

  package init(_ attribute: Attribute, _ before: String?, _ after: String?) {
    self.attribute = attribute
    self.before = before
    self.after = after
  }

  package enum Attribute: Sendable, Equatable {
    case kind, mode, owner, modified, size, content, target, device, hardLinks
    case extendedAttribute(String)

    /// For people and for JSON.
    package var name: String {
      switch self {
      case .kind: "kind"
      case .mode: "mode"
      case .owner: "owner"
      case .modified: "modified"
      case .size: "size"
      case .content: "content"
      case .target: "target"
      case .device: "device"
      case .hardLinks: "hard links"
      case .extendedAttribute(let name): "xattr \(name)"
      }
    }
  }
}
