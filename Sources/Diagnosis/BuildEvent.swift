/// A stage of a build, in the order in which a build passes them.
package enum Stage: String, Codable, Sendable, CaseIterable {
  case resolve, fetch, stage, configure, kernel, initrd, install, seal, image, compress, manifest
}

/// What a build tells while it runs. One enum is the log, the progress bar, `--progress json` and the
/// ledger in `build.json`. It carries no times: who shows an event knows when it came.
package enum BuildEvent: Codable, Sendable, Equatable {
  case started(Stage)
  /// `reused` is true when a result with the same identity was there already.
  case finished(Stage, reused: Bool)
  /// `done` of `total` (when known) in `unit`, cumulative.
  case advanced(Stage, done: Int64, total: Int64?, unit: Unit)
  /// What the stage does at this moment: a package, a file, a command.
  case activity(Stage, String)
  /// A line that a command inside the image printed.
  case output(Stage, String)
  case note(String)
  case warning(Report)

  package enum Unit: String, Codable, Sendable { case bytes, items }
}

/// Takes events from any thread. No module imports upward to speak: it is handed one of these.
package typealias EventHandler = @Sendable (BuildEvent) -> Void
