import HostTools
import Threads

/// A certificate authority of one test's own, which openssl makes: `ca.pem`, `server.pem` for 127.0.0.1
/// and localhost, `client.pem` and `client.key`, and `both.pem` with client certificate and key.
package final class CertificateAuthority: Sendable {
  private let scratch: ScratchDirectory
  private static let openssl = HostTool("openssl", package: "openssl")

  package init() throws {
    scratch = try ScratchDirectory()
    try scratch.write(
      Array("subjectAltName=IP:127.0.0.1,DNS:localhost\n".utf8), to: "server.names")
    // Without an extension it would be of X.509's first version, which rustls refuses.
    try scratch.write(Array("extendedKeyUsage=clientAuth\n".utf8), to: "client.names")
    try make([
      "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=Fixture authority",
      "-keyout", "ca.key", "-out", "ca.pem",
    ])
    for name in ["server", "client"] {
      try make([
        "req", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=\(name)", "-keyout", "\(name).key", "-out",
        "\(name).csr",
      ])
      try make(
        ["x509", "-req", "-in", "\(name).csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial"]
          + ["-days", "2", "-out", "\(name).pem"] + ["-extfile", "\(name).names"])
    }
    let parts = try ["client.pem", "client.key"].map { try scratch.read($0) ?? [] }
    try scratch.write(parts[0] + parts[1], to: "both.pem")
    try scratch.write(Array("hello".utf8), to: "file")
    // For a program that another user runs.
    try runTool("chmod", ["-R", "u+rwX,go=rX", scratch.path])
  }

  package func path(_ name: String) -> String { scratch.file(name) }

  private func make(_ arguments: [String]) throws {
    let made = try CertificateAuthority.openssl.run(arguments, directory: scratch.path)
    guard made.status == .exited(0) else { throw ToolFailure(description: made.messages) }
  }

  /// Python's web server behind TLS, with the files of `directory`, else with "hello" as /file.
  package func server(demandsCertificate: Bool, directory: String? = nil) throws -> Server {
    let port = LoopbackServer.freePort()
    let stop = Cancellation()
    let words = ["-c", CertificateAuthority.program, "\(port)", path(""), demandsCertificate ? "1" : "0"]
    let place = directory ?? scratch.path
    let thread = SystemThread {
      let python = HostTool("python3", package: "python3")
      _ = try? python.run(words, directory: place, cancellation: stop)
    }
    return Server(port: port, cancellation: stop, thread: thread)
  }

  private static let program = """
    import http.server, ssl, sys
    port, keys, demands = int(sys.argv[1]), sys.argv[2], sys.argv[3] == "1"
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(keys + "/server.pem", keys + "/server.key")
    if demands:
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_verify_locations(keys + "/ca.pem")
    server = http.server.ThreadingHTTPServer(("127.0.0.1", port), http.server.SimpleHTTPRequestHandler)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    server.serve_forever()
    """

  package struct Server: Sendable {
    package let port: Int
    fileprivate let cancellation: Cancellation
    fileprivate let thread: SystemThread

    package func stop() {
      cancellation.cancel()
      thread.join()
    }
  }
}
