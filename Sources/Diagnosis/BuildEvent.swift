/// A stage of a build, in the order in which a build passes them. `clear` removes the workspace,
/// and `keep` puts into the cache what later builds begin with.
package enum Stage: String, Codable, Sendable, CaseIterable {
  case resolve, fetch, stage, configure, kernel, initrd, install, seal, image, clear, keep, compress, manifest
}

/// What a build tells while it runs. One enum is the log, the progress bar, `--progress json` and the
/// ledger. It carries no times: who shows an event knows when it came.
package enum BuildEvent: Codable, Sendable, Equatable {
  /// What follows is of this architecture; nil: of all, as what comes first.
  case turned(to: String?)
  case started(Stage)
  /// `reused` is true when a result with the same identity was there already.
  case finished(Stage, reused: Bool)
  /// The stage goes on when another one has: until it does something again.
  case waiting(Stage)
  /// `done` of `total` (when known) in `unit`, cumulative.
  case advanced(Stage, done: Int64, total: Int64?, unit: Unit)
  /// What the stage does at this moment, and nothing else: a package, a file, a command.
  case activity(Stage, String)
  /// One of several things that the stage does at once, until it has ended.
  case began(Stage, String)
  case ended(Stage, String)
  /// A line that a command inside the image printed.
  case output(Stage, String)
  case note(String)
  case warning(Report)

  package enum Unit: String, Codable, Sendable { case bytes, items }
}

/// Takes events from any thread. No module imports upward to speak: it is handed one of these.
package typealias EventHandler = @Sendable (BuildEvent) -> Void
