import Glibc

/// A guest directory of its own for each test, removed at the end.
struct GuestFixture: ~Copyable {
  let path: String

  /// Writes `files`, named below `config/`; `build.toml` is a sound one unless it is among them.
  init(_ files: [String: String] = [:]) {
    var template = Array("/tmp/guest-fixture-XXXXXX".utf8CString)
    path = String(cString: mkdtemp(&template))
    for directory in ["", "/ai", "/packages", "/mcp", "/security", "/vm", "/kernel"] {
      mkdir("\(path)/config\(directory)", 0o755)
    }
    for (name, text) in ["build.toml": GuestFixture.build].merging(files, uniquingKeysWith: { $1 }) {
      write(name, Array(text.utf8))
    }
  }

  func write(_ name: String, _ bytes: [UInt8]) {
    let file = fopen("\(path)/config/\(name)", "w")!
    fwrite(bytes, 1, bytes.count, file)
    fclose(file)
  }

  func remove(_ name: String) { unlink("\(path)/config/\(name)") }

  deinit { GuestFixture.remove(path) }

  private static func remove(_ path: String) {
    if let stream = opendir(path) {
      while let entry = readdir(stream) {
        let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
          String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
        }
        if name != "." && name != ".." { remove("\(path)/\(name)") }
      }
      closedir(stream)
    }
    Glibc.remove(path)
  }

  static let build = """
    [build]

    [build.architectures.x86_64]
    docker_platform = "linux/amd64"
    rust_target = "x86_64-unknown-linux-musl"
    kernel_image = "arch/x86_64/boot/bzImage"
    defconfig = "kernel/defconfig.x86_64"

    """

  static let provider = """
    name = "Acme"
    [acme.api_key]
    name = "Acme key"
    env_vars = ["ACME_KEY"]
    [acme.network]
    domains = ["acme.example"]

    """
}
