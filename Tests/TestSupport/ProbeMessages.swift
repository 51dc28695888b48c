/// What a test asks the sandbox probe to run, and what came of it.
package struct ProbeRequest: Codable, Sendable {
  /// The program and its arguments, in a tree that has busybox and its links only.
  package var command: [String]
  package var environment: [String]
  package var throwAway = false
  package var silenced: [String] = []
  /// What is lent: files of this content, by the path that they stand at.
  package var lent: [String: String] = [:]
  package var directory = "/"
  /// Names in the tree that are made symbolic links before, in place of what is there.
  package var links: [String: String] = [:]

  /// Programs of the host that the tree has beside busybox, by their names in /bin.
  package var programs: [String: String] = [:]

  package init(_ command: [String], environment: [String] = ["PATH=/bin"]) {
    self.command = command
    self.environment = environment
  }

  package static func shell(_ text: String) -> ProbeRequest { ProbeRequest(["/bin/sh", "-c", text]) }
}

package struct ProbeAnswer: Codable, Sendable {
  package var status = ""
  package var output = ""
  /// What came on descriptor 3.
  package var report = ""
  /// The summary of an error, and its hints.
  package var error: String?
  package var hints: [String] = []

  package init() {}
}
