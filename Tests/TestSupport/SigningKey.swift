import Diagnosis
import FileTree
import Glibc
import HostTools
import Threads

/// A throw-away OpenPGP key with a home of its own, made with gpg.
package final class SigningKey: Sendable {
  private let home: ScratchDirectory
  private let identity: String
  /// In gpg's form "20200101T000000"; nil is now.
  private let time: String?
  /// A binary keyring with the public key.
  package let keyring: String
  /// Of the primary key.
  package let fingerprint: String

  private static let gpg = HostTool("gpg", package: "gpg")

  /// Homes to close when the tests end: a key that a suite keeps in a static property never ends itself.
  private static let homes = Monitor<Set<String>>([])
  private static let closesHomesAtExit: Bool =
    atexit {
      for home in SigningKey.homes.access({ $0 }) { SigningKey.close(home) }
    } == 0

  /// Ends the home's gpg-agent and removes it.
  private static func close(_ home: String) {
    _ = try? HostTool("gpgconf", package: "gpgconf").run(["--homedir", home, "--kill", "all"])
    _ = try? HostTool("rm", package: "coreutils").run(["-rf", home])
  }

  /// `expiry` is in gpg's words: "0" is never, "1d". With `time`, the key is made and used then.
  package init(
    _ identity: String = "Fixture Archive", algorithm: String = "ed25519", expiry: String = "0",
    at time: String? = nil
  ) throws {
    home = try ScratchDirectory()
    let path = home.path
    precondition(SigningKey.closesHomesAtExit)
    SigningKey.homes.access { _ = $0.insert(path) }
    self.identity = identity
    self.time = time
    keyring = home.file("keyring.gpg")
    _ = try SigningKey.gpg(home.path, time, ["--quick-generate-key", identity, algorithm, "sign", expiry])
    try home.write(try SigningKey.gpg(home.path, time, ["--export"]), to: "keyring.gpg")
    let listing = String(
      decoding: try SigningKey.gpg(home.path, time, ["--with-colons", "--list-keys"]), as: UTF8.self)
    fingerprint =
      listing.split(separator: "\n").first { $0.hasPrefix("fpr:") }?
      .split(separator: ":").last.map(String.init) ?? ""
  }

  deinit {
    let path = home.path
    SigningKey.homes.access { _ = $0.remove(path) }
    SigningKey.close(path)
  }

  /// `text` as a clear-signed document.
  package func sign(_ text: String, digest: String = "SHA256") throws -> [UInt8] {
    try SigningKey.gpg(
      home.path, time, ["--digest-algo", digest, "--clearsign", "--output", "-", "-"],
      input: .bytes(Array(text.utf8)))
  }

  /// A keyring with this key and others.
  package func keyring(with others: [SigningKey]) throws -> String {
    var bytes: [UInt8] = []
    for key in [self] + others { bytes += try contents(ofFile: key.keyring) ?? [] }
    return try home.write(bytes, to: "keyring-\(others.count + 1).gpg")
  }

  private static func gpg(
    _ home: String, _ time: String?, _ arguments: [String], input: HostTool.Input = .none
  ) throws -> [UInt8] {
    let clock = time.map { ["--faked-system-time", "\($0)!"] } ?? []
    let result = try gpg.run(
      ["--homedir", home, "--batch", "--no-tty", "--passphrase", "", "--pinentry-mode", "loopback"]
        + ["--allow-weak-digest-algos"] + clock + arguments, environment: ["LC_ALL": "C"], input: input)
    guard result.status == .exited(0) else {
      throw Report("cannot run gpg: \(result.messages)")
    }
    return result.output
  }
}
