import Glibc

/// nginx on 127.0.0.1, with a directory as its root and nothing else in its configuration.
package final class StaticServer: Sendable {
  package let port: Int
  private let run: ProgramRun

  /// `scratch` is a directory for its own files. Returns when it answers.
  package init(serving directory: String, in scratch: String) throws {
    let port = LoopbackServer.freePort()
    let files = "\(scratch)/nginx-\(port)"
    let temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map { "\($0)_temp_path \(files);" }
    try runTool("mkdir", ["-p", files])
    try runTool(
      "tee", ["\(files)/nginx.conf"],
      input: Array(
        """
        daemon off;
        pid \(files)/pid;
        error_log stderr;
        \(getuid() == 0 ? "user root;" : "")
        events {}
        http {
          access_log off;
          \(temporary.joined(separator: " "))
          server { listen 127.0.0.1:\(port); root \(directory); }
        }

        """.utf8))
    self.port = port
    run = try ProgramRun(
      ["/usr/sbin/nginx", "-p", files, "-c", "\(files)/nginx.conf", "-e", "stderr"], in: files,
      environment: ["PATH": "/usr/sbin:/usr/bin:/sbin:/bin"])
    try runTool(
      "sh",
      [
        "-c", "for i in $(seq 100); do test -s \"$1\" && exit 0; sleep 0.1; done; exit 1", "sh",
        "\(files)/pid",
      ])
  }

  package var address: String { "http://127.0.0.1:\(port)" }

  deinit {
    // It takes its workers along.
    run.send(SIGTERM)
    _ = try? run.finish()
  }
}
