import Diagnosis

/// One table of `mcp/*.toml`: a tool server that the host offers to the guest's programs.
package struct MCPServer: Sendable, Equatable, Codable {
  /// The table's name.
  package var key: String
  package var position: SourcePosition
  package var name = ""
  package var description = ""
  package var transport = Transport.stdio
  /// Not empty with `stdio`.
  package var command: String?
  /// Not empty with `sse`.
  package var url: String?
  package var arguments: [String] = []
  package var environment: [NamedText] = []
  package var headers: [NamedText] = []
  package var builtin = false
  package var enabled = true

  package init(key: String, at position: SourcePosition) {
    self.key = key
    self.position = position
  }

  package enum Transport: String, Sendable, Codable, CaseIterable { case stdio, sse }
}

/// `[web]` of `security/web.toml`: what the host's proxy lets through.
package struct WebPolicy: Sendable, Equatable, Codable {
  package var allowRead = false
  package var allowWrite = false
  package var customAllow: [Located<String>] = []
  package var customBlock: [Located<String>] = []
  package var httpUpstreamPorts: [Int] = [80, 11434]
  package var search: [WebService] = []
  package var registry: [WebService] = []
  package var repository: [WebService] = []

  package init() {}
}

/// `[web.KIND.KEY]`
package struct WebService: Sendable, Equatable, Codable {
  package var key: String
  package var position: SourcePosition
  package var name = ""
  package var enabled = true
  package var domains: [Located<String>] = []
  package var allowGet = false
  package var allowPost = false

  package init(key: String, at position: SourcePosition) {
    self.key = key
    self.position = position
  }
}
