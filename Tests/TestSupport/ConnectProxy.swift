import HostTools
import Threads

/// A proxy on 127.0.0.1 that tunnels for whoever says who they are (RFC 9110, CONNECT), and answers 407 to all
/// others: Python's web server with a method more.
package final class ConnectProxy: Sendable {
  package let port: Int
  private let cancellation = Cancellation()
  private let thread: SystemThread
  private let scratch: ScratchDirectory

  /// `words` are what Proxy-Authorization has to be.
  package init(demanding words: String) throws {
    let port = LoopbackServer.freePort()
    let scratch = try ScratchDirectory()
    self.port = port
    self.scratch = scratch
    let arguments = ["-c", ConnectProxy.program, "\(port)", words, scratch.file("tunnels")]
    thread = SystemThread { [cancellation] in
      let python = HostTool("python3", package: "python3")
      _ = try? python.run(arguments, directory: scratch.path, cancellation: cancellation)
    }
  }

  deinit {
    cancellation.cancel()
    thread.join()
  }

  package func url(user: String = "") -> String { "http://\(user)127.0.0.1:\(port)" }

  /// Who asked for each tunnel that came about, one a line: the client's own name for itself.
  package var tunnels: [String] {
    get throws {
      String(decoding: try scratch.read("tunnels") ?? [], as: UTF8.self).split(separator: "\n").map(
        String.init)
    }
  }

  private static let program = """
    import http.server, socket, sys, threading
    port, words, log = int(sys.argv[1]), sys.argv[2], sys.argv[3]
    def pump(source, target):
        try:
            while data := source.recv(65536): target.sendall(data)
        except OSError: pass
        finally:
            try: target.shutdown(socket.SHUT_WR)
            except OSError: pass
    class Proxy(http.server.BaseHTTPRequestHandler):
        def do_CONNECT(self):
            if self.headers.get("Proxy-Authorization") != words:
                self.send_response(407)
                self.send_header("Proxy-Authenticate", 'Basic realm="x"')
                self.send_header("Content-Length", "0")
                self.end_headers()
                return
            host, port = self.path.rsplit(":", 1)
            server = socket.create_connection((host, int(port)))
            with open(log, "a") as file: file.write(self.headers.get("User-Agent", "") + "\\n")
            self.send_response(200)
            self.end_headers()
            back = threading.Thread(target=pump, args=(server, self.connection))
            back.start()
            pump(self.connection, server)
            back.join()
            server.close()
            self.close_connection = True
    http.server.ThreadingHTTPServer(("127.0.0.1", port), Proxy).serve_forever()
    """
}
