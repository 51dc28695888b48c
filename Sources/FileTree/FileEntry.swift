/// One name in a tree, with everything of it but its content.
package struct FileEntry: Sendable, Equatable {
  package var path: TreePath
  package var kind: Kind
  /// Permission, set-id and sticky bits: 0o7777 at most.
  package var mode: UInt16
  package var owner: Owner
  package var modified: Timestamp
  /// Bytes of content; 0 for what has none. A symbolic link's is its target's length.
  package var size: Int64
  /// Sorted by name.
  package var extendedAttributes: [ExtendedAttribute]
  /// Entries with the same number are names of one file; nil when it has only this name. The first
  /// entry of a group in path order carries the metadata that counts.
  package var hardLinkGroup: Int?

  package enum Kind: Sendable, Equatable {
    case directory
    case file
    case symbolicLink(target: [UInt8])
    case characterDevice(major: UInt32, minor: UInt32)
    case blockDevice(major: UInt32, minor: UInt32)
    case fifo
    case socket
  }

  package init(
    path: TreePath, kind: Kind, mode: UInt16, owner: Owner = .root, modified: Timestamp = .epoch,
    size: Int64 = 0, extendedAttributes: [ExtendedAttribute] = [], hardLinkGroup: Int? = nil
  ) {
    self.path = path
    self.kind = kind
    self.mode = mode
    self.owner = owner
    self.modified = modified
    self.size = size
    self.extendedAttributes = extendedAttributes
    self.hardLinkGroup = hardLinkGroup
  }
}

/// Numeric owner and group, as the image's own /etc/passwd counts them.
package struct Owner: Sendable, Hashable, Codable {
  package var user: UInt32
  package var group: UInt32

  package init(user: UInt32, group: UInt32) {
    self.user = user
    self.group = group
  }

  package static let root = Owner(user: 0, group: 0)
}

/// Seconds and nanoseconds since 1970 in UTC.
package struct Timestamp: Sendable, Hashable, Comparable, Codable {
  package var seconds: Int64
  package var nanoseconds: UInt32

  package init(seconds: Int64, nanoseconds: UInt32 = 0) {
    self.seconds = seconds
    self.nanoseconds = nanoseconds
  }

  package static let epoch = Timestamp(seconds: 0)

  package static func < (a: Timestamp, b: Timestamp) -> Bool {
    (a.seconds, a.nanoseconds) < (b.seconds, b.nanoseconds)
  }
}

package struct ExtendedAttribute: Sendable, Hashable {
  /// With its prefix: "security.capability", "user.note".
  package var name: String
  package var value: [UInt8]

  package init(name: String, value: [UInt8]) {
    self.name = name
    self.value = value
  }
}

/// Where the content of a tree's regular files is read from: a staging directory, a tar archive.
/// Called from several threads at once.
package protocol FileContents: Sendable {
  /// Calls `body` with an open descriptor and the offset at which the content of `entry` begins. The
  /// descriptor is only good during the call.
  func withContent<R>(of entry: FileEntry, _ body: (_ descriptor: CInt, _ offset: Int64) throws -> R) throws
    -> R

  /// The same for the content from byte `position` on, up to the end of what is stored together there.
  func withContent<R>(
    of entry: FileEntry, at position: Int64, _ body: (_ descriptor: CInt, _ offset: Int64) throws -> R
  ) throws -> R
}

extension FileContents {
  /// For what is stored in one piece.
  package func withContent<R>(
    of entry: FileEntry, at position: Int64, _ body: (_ descriptor: CInt, _ offset: Int64) throws -> R
  ) throws -> R {
    try withContent(of: entry) { try body($0, $1 + position) }
  }
}
