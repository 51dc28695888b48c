/// What a build is put through to show that its result does not depend on it. Nothing of it may be seen
/// in an image.
package struct Surroundings: Sendable, Codable, Equatable {
  /// Of our own stages; nil for as many as there are processors.
  package var threads: Int?
  /// Bytes of a tmpfs to stage on, in place of the workspace's file system.
  package var memory: Int64?
  /// Every shortcut is left out: programs run as the image has them, and the tree lies on the workspace's
  /// file system unless `memory` says otherwise.
  package var isPlain = false
  /// What scripts take for the time.
  package var clock: ShiftedClock?
  /// Has a script in the configured tree answer `Question`'s questions.
  package var asks = false

  package init() {}
}

/// A clock that libfaketime shows to programs.
package struct ShiftedClock: Sendable, Codable, Equatable {
  /// The library, on the host.
  package var library: String
  /// How far it is ahead.
  package var seconds: Int64

  package init(library: String, seconds: Int64) {
    self.library = library
    self.seconds = seconds
  }

  /// What makes a program see it, where the library is lent to it under this path. Without shared memory,
  /// for a change of user would lock a process out of it.
  package var variables: [(name: String, value: String)] {
    [
      ("LD_PRELOAD", "/dev/.lent"), ("FAKETIME", "+\(seconds)"), ("FAKETIME_DISABLE_SHM", "1"),
      ("FAKETIME_DONT_FAKE_MONOTONIC", "1"), ("NO_FAKE_STAT", "1"),
    ]
  }
}
