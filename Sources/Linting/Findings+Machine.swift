import BuildModel
import Diagnosis
import GuestConfig

/// `mcp/*.toml` and `vm/environment.toml`.
extension Findings {
  mutating func checkServers() {
    for server in guest.configuration.mcpServers {
      for variable in server.environment {
        checkVariable(variable.name, at: variable.position)
        checkSecret(
          in: variable.text, writtenAt: variable.textPosition,
          of: "variable \(quoted(variable.name)) of MCP server \(quoted(server.key))")
      }
      for header in server.headers {
        checkSecret(
          in: header.text, writtenAt: header.textPosition,
          of: "header \(quoted(header.name)) of MCP server \(quoted(server.key))")
      }
    }
  }

  mutating func checkEnvironment() {
    let shell = guest.configuration.environment.shell
    for (key, file) in [("bashrc", shell.bashrc), ("tmux_conf", shell.tmuxConf)] {
      guard let file else { continue }
      checkSecret(in: file.content, writtenAt: file.contentPosition, of: "the content of \(key)")
    }
    let directories = shell.path.value.split(separator: ":", omittingEmptySubsequences: false)
    if !directories.contains("/usr/bin") && !directories.contains("/bin") {
      add(
        .searchPath, at: shell.path.position, "the shell's path has neither /usr/bin nor /bin",
        hint: "append \":/usr/bin:/bin\"")
    }
  }
}
