import BuildModel
import Diagnosis
import GuestConfig

/// `mcp/*.toml` and `vm/environment.toml`.
extension Findings {
  mutating func checkServers() {
    for server in guest.configuration.mcpServers {
      let source = server.position.file
      for variable in server.environment {
        checkVariable(variable.name, at: variable.position)
        checkSecret(
          in: variable.text, writtenAt: guest.position(of: server.key, "env", variable.name, in: source),
          of: "variable \(quoted(variable.name)) of MCP server \(quoted(server.key))")
      }
      for header in server.headers {
        checkSecret(
          in: header.text, writtenAt: guest.position(of: server.key, "headers", header.name, in: source),
          of: "header \(quoted(header.name)) of MCP server \(quoted(server.key))")
      }
    }
  }

  mutating func checkEnvironment() {
    let shell = guest.configuration.environment.shell
    let source = file("vm/environment.toml")
    for (key, content) in [("bashrc", shell.bashrc?.content), ("tmux_conf", shell.tmuxConf?.content)] {
      guard let content else { continue }
      checkSecret(
        in: content, writtenAt: guest.position(of: "environment", "shell", key, "content", in: source),
        of: "the content of \(key)")
    }
    let directories = shell.path.value.split(separator: ":", omittingEmptySubsequences: false)
    if !directories.contains("/usr/bin") && !directories.contains("/bin") {
      add(
        .searchPath, at: shell.path.position, "the shell's path has neither /usr/bin nor /bin",
        hint: "append \":/usr/bin:/bin\"")
    }
  }
}
