import Glibc

/// What is known of the contents of a tree's files, each for as long as its stamp is the same.
package struct StampedContents: Sendable {
  private var files: [TreePath: (stamp: FileStamp, content: PackedContent)] = [:]

  package init() {}

  package mutating func add(_ content: PackedContent, at path: TreePath, _ stamp: FileStamp) {
    files[path] = (stamp, content)
  }

  package mutating func merge(_ others: StampedContents) { files.merge(others.files) { $1 } }

  /// Nil when the file is not what it was.
  package func content(at path: TreePath, _ stamp: FileStamp) -> PackedContent? {
    guard let known = files[path], known.stamp == stamp else { return nil }
    return known.content
  }
}
