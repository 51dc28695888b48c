import Diagnosis

/// Something that a build would do, tried through the same door: the evidence that it works, or the
/// error that the build would show, with its remedy.
package typealias Attempt = Result<String, Report>

/// What was seen of a host, once. All checks are functions of this.
package struct HostFacts: Sendable {
  package var system: System
  package var libraries: [Library]
  package var tools: [Attempt]
  /// Those that map sub-ids; none for root.
  package var mappers: [Attempt]
  /// Nil for root, who needs none.
  package var subordinateIDs: Attempt?
  /// Nil when there was no place to try it in.
  package var worker: Attempt?
  /// Whether the worker did without sub-ids.
  package var recordsOwners: Bool
  package var places: [Place]
  package var certificates: Attempt
  package var pythonIndex: Attempt
  package var guest: Guest

  package struct System: Sendable {
    /// uname(2)'s release: "6.1.0-28-amd64".
    package var kernel: String
    /// Seconds since 1970.
    package var now: Int64
    /// The same in words.
    package var clock: String
    package var isRoot: Bool
    /// PR_GET_NO_NEW_PRIVS.
    package var forbidsPrivileges: Bool
    /// What a system call filter may answer; nil when the kernel does not say.
    package var filterActions: [String]?

    package init(
      kernel: String, now: Int64, clock: String, isRoot: Bool, forbidsPrivileges: Bool,
      filterActions: [String]?
    ) {
      self.kernel = kernel
      self.now = now
      self.clock = clock
      self.isRoot = isRoot
      self.forbidsPrivileges = forbidsPrivileges
      self.filterActions = filterActions
    }
  }

  package struct Library: Sendable {
    /// "libcurl 7.88.1"
    package var version: String
    /// What we use and it was built without.
    package var missing: [String]

    package init(_ version: String, missing: [String] = []) {
      self.version = version
      self.missing = missing
    }
  }

  /// A directory that a build writes to.
  package struct Place: Sendable {
    /// "the cache", "the assets"
    package var name: String
    package var path: String
    /// Whether files can be made and locked there.
    package var isUsable: Attempt
    package var freeBytes: Int64
    /// Nil when the file system does not count them.
    package var freeInodes: Int64?
    package var isNoexec: Bool
    package var demand: Demand
    /// How to name another one.
    package var alternative: String

    package init(
      name: String, path: String, isUsable: Attempt, freeBytes: Int64, freeInodes: Int64?, isNoexec: Bool,
      demand: Demand, alternative: String
    ) {
      self.name = name
      self.path = path
      self.isUsable = isUsable
      self.freeBytes = freeBytes
      self.freeInodes = freeInodes
      self.isNoexec = isNoexec
      self.demand = demand
      self.alternative = alternative
    }
  }

  /// What a build of the default guest needs of a place.
  package struct Demand: Sendable {
    package var bytes: Int64
    package var inodes: Int64
    /// Programs of the image run there.
    package var runsPrograms: Bool

    package init(bytes: Int64, inodes: Int64, runsPrograms: Bool) {
      self.bytes = bytes
      self.inodes = inodes
      self.runsPrograms = runsPrograms
    }
  }

  package struct Guest: Sendable {
    package var configuration: Attempt
    /// What follows is empty when the configuration does not load.
    package var keyrings: [Attempt]
    /// Nil when there are mirrors to ask.
    package var mirrorChoice: Report?
    /// Empty when nobody was to be asked.
    package var releases: [Release]
    /// How the programs of each architecture run that the host is not of.
    package var foreignPrograms: [Attempt]
    package var artifacts: [Attempt]
    package var kernelConfigurations: [Attempt]

    package init(
      configuration: Attempt, keyrings: [Attempt] = [], mirrorChoice: Report? = nil, releases: [Release] = [],
      foreignPrograms: [Attempt] = [], artifacts: [Attempt] = [], kernelConfigurations: [Attempt] = []
    ) {
      self.configuration = configuration
      self.keyrings = keyrings
      self.mirrorChoice = mirrorChoice
      self.releases = releases
      self.foreignPrograms = foreignPrograms
      self.artifacts = artifacts
      self.kernelConfigurations = kernelConfigurations
    }
  }

  /// A suite of an archive, as its mirror has it at this moment.
  package struct Release: Sendable {
    package var answer: Attempt
    /// It did not answer, or not in time: another day it may.
    package var isUnreachable: Bool

    package init(answer: Attempt, isUnreachable: Bool) {
      self.answer = answer
      self.isUnreachable = isUnreachable
    }
  }

  package init(
    system: System, libraries: [Library], tools: [Attempt], mappers: [Attempt], subordinateIDs: Attempt?,
    worker: Attempt?, recordsOwners: Bool, places: [Place], certificates: Attempt, pythonIndex: Attempt,
    guest: Guest
  ) {
    self.system = system
    self.libraries = libraries
    self.tools = tools
    self.mappers = mappers
    self.subordinateIDs = subordinateIDs
    self.worker = worker
    self.recordsOwners = recordsOwners
    self.places = places
    self.certificates = certificates
    self.pythonIndex = pythonIndex
    self.guest = guest
  }
}
