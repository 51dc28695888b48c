import FileTree

/// A tree to be compared: its entries and the digests of their content.
package struct TreeListing: Sendable {
  /// Canonical: see `CanonicalTree`.
  package let entries: [FileEntry]
  /// Of each entry; nil for what is no regular file.
  package let digests: [Digest?]
  /// Of the tree's text.
  package let digest: Digest

  package init(_ entries: [FileEntry], digests: [Digest?]) {
    precondition(entries.count == digests.count, "every entry has a digest or none")
    self.entries = entries
    self.digests = digests
    digest = TreeText(of: entries, digests: digests).digest
  }
}
