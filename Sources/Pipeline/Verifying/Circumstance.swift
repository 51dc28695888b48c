/// Something around a build that must not change its result.
package enum Circumstance: String, Sendable, CaseIterable {
  case user
  case subordinateIDs = "sub-ids"
  case home = "home directory"
  case directory = "working directory"
  case hostName = "host name"
  case umask
  case locale
  case timeZone = "time zone"
  case clock
  case temporaryDirectory = "TMPDIR"
  case processors = "number of processors"
  case parallelism
  case directoryOrder = "order of directories"
  case stagingFileSystem = "file system for staging"
  case freeSpace = "free space"

  /// The question that shows whether it is in force, and whether scripts have to see it: from some of
  /// them a build shields its scripts.
  var probe: (question: Question, inside: Bool)? {
    switch self {
    case .user: (.user, false)
    case .subordinateIDs: (.ids, true)
    case .home: (.home, false)
    case .directory: (.directory, false)
    case .hostName: (.host, false)
    case .umask: (.umask, false)
    case .locale: (.locale, false)
    case .timeZone: (.zone, false)
    case .clock: (.clock, true)
    case .temporaryDirectory: (.temporary, false)
    case .processors: (.processors, true)
    case .parallelism: nil
    case .directoryOrder: (.order, true)
    case .stagingFileSystem: (.staging, true)
    case .freeSpace: (.space, true)
    }
  }
}
