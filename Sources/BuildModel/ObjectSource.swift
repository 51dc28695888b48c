import FileTree

/// Where a stage takes verified content from. Asking waits until the object is there and its digest has
/// been checked; who asks need not know whether it was downloaded or cached.
package protocol ObjectSource: Sendable {
  /// A descriptor of the object, open for reading at any offset; `name` stands in errors.
  func open(_ digest: Digest, named name: String) throws -> Descriptor
}
