import FileTree
import Glibc
import Transfer

/// What one run of uv is told of the network: variables, and files in a directory that ends with the run.
struct UvNetwork {
  private(set) var environment: [String: String] = [:]
  private let credentials: HostCredentials

  /// uv knows one client certificate, which is the index's; and by netrc(5) no ports, schemes and paths,
  /// so what is limited by them it learns for the index alone.
  init(_ settings: TransferSettings, index: String, in directory: String) throws {
    credentials = settings.credentials
    if let certificates = settings.certificates { environment["SSL_CERT_FILE"] = certificates }
    let lines = credentials.entries.compactMap(UvNetwork.line)
    if !lines.isEmpty {
      environment["NETRC"] = try UvNetwork.write(Array(lines.joined().utf8), to: "\(directory)/netrc")
    }
    guard let location = try? Location(index), location.scheme != .file else { return }
    if let (user, password) = credentials.secret(for: location).map(UvNetwork.words),
      let scheme = location.url.firstRange(of: "://")
    {
      let identity = "\(UvNetwork.encoded(user)):\(UvNetwork.encoded(password))@"
      environment["UV_DEFAULT_INDEX"] =
        location.url[..<scheme.upperBound] + identity + location.url[scheme.upperBound...]
    }
    if let own = credentials.certificate(for: location) {
      var bytes: [UInt8] = []
      for path in [own.certificate, own.key].compactMap(\.self) {
        let file = try Descriptor(opening: path, O_RDONLY)
        bytes += try readAll(file.raw, named: path) + [UInt8(ascii: "\n")]
      }
      environment["SSL_CLIENT_CERT"] = try UvNetwork.write(bytes, to: "\(directory)/client.pem")
    }
  }

  /// What uv says, for others to read.
  func withoutSecrets(_ text: String) -> String {
    var text = text
    for word in credentials.words {
      for form in [UvNetwork.encoded(word), word] { text = text.replacing(form, with: "[secret]") }
    }
    return text
  }

  /// Package indexes take a token as the password of this user.
  private static func words(_ secret: HostCredentials.Secret) -> (user: String, password: String) {
    switch secret {
    case .basic(let user, let password): (user, password)
    case .bearer(let token): ("__token__", token)
    }
  }

  private static func line(_ entry: HostCredentials.Entry) -> String? {
    let place = entry.place
    guard let host = place.host, let secret = entry.secret, place.port == nil, place.path.isEmpty,
      place.schemes == [.http, .https]
    else { return nil }
    let (user, password) = words(secret)
    return "machine \(quoted(host)) login \(quoted(user)) password \(quoted(password))\n"
  }

  private static func quoted(_ word: String) -> String {
    "\"" + word.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"") + "\""
  }

  private static func encoded(_ text: String) -> String {
    let digits = Array("0123456789ABCDEF".utf8)
    let plain = Set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~".utf8)
    let bytes = text.utf8.flatMap { byte in
      plain.contains(byte) ? [byte] : [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  /// For this user alone.
  private static func write(_ bytes: [UInt8], to path: String) throws -> String {
    let file = try Descriptor(opening: path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, mode: 0o600)
    try bytes.withUnsafeBytes { try writeAll($0, to: file.raw, at: 0, named: path) }
    return path
  }
}
